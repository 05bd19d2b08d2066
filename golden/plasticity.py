"""The three-factor update of a weight matrix, row by row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp, dither_masks, dithered_shift, plain_shift
from golden.generator import stepped
from golden.spec.network import DITHER_BITS


def update_rows(
    weights: NDArray[np.int16],
    exists: NDArray[np.bool_],
    pre: Int,
    gated: Int,
    shift: int,
    limit: int,
    generator: int,
    rounding: str = "stochastic",
) -> int:
    """Update ``weights`` in place and return the generator's new state.

    For axons i ascending with x_i not 0 and any synapse the generator steps once, r = its upper 16 bits, and for every
    existing synapse::

        w_ij = clamp(w_ij + ((x_i g_j + ((r ^ mask_j) mod 2^shift)) >> shift), -limit, limit)

    Parameters
    ----------
    weights, exists
        Weights and which of them exist, shape (axons, targets).
    pre, gated
        x, shape (axons,), signed where inputs are centred or signed; g = learning signal times postsynaptic factor,
        shape (targets,).
    shift
        Learning rate.
    limit
        Weights stay in -limit..limit; the code below is kept for absent synapses.
    generator
        State before the update.
    rounding
        ``plain`` puts floor(2^shift / 2) in the place of the dither; the generator steps all the same.
    """
    masks = dither_masks(weights.shape[1])
    for axon in np.flatnonzero((pre != 0) & exists.any(axis=1)):
        generator = stepped(generator)
        product = pre[axon] * gated
        if rounding == "plain":
            change = plain_shift(product, shift)
        else:
            change = dithered_shift(product, shift, generator >> DITHER_BITS, masks)
        row = clamp(weights[axon] + change, -limit, limit)
        weights[axon] = np.where(exists[axon], row, 0)
    return generator
