"""Prototypes: readout neurons that are means of what they stand for; classes learned later take nothing away."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, dither_masks, dithered_shift, plain_shift
from golden.generator import stepped
from golden.spec.config import Network
from golden.spec.network import DITHER_BITS


def prototype_potentials(network: Network, readout: Int, thresholds: Int) -> Int:
    """Return y[c], shape (C,): the largest o_r - q_r among the prototypes of class c that have found their place.

    q_r >= 0 says that one has; a class without any has the lowest code of its format. With weights w = 2^a E[x] and
    q = E[o] / 2 over the prototype's own samples, o - q is -2^a |x - E[x]|^2 / 2 but for a term that is common to all:
    the winner is the nearest mean.

    Parameters
    ----------
    readout, thresholds
        o and q, shape (C P,).
    """
    lead = np.where(thresholds >= 0, readout - thresholds, network.class_potential.low)
    best: Int = lead.reshape(network.population, network.classes).max(axis=0)
    return best


def chosen_prototype(network: Network, readout: Int, thresholds: Int, label: int) -> int:
    """Return the neuron of the label with the largest o_r - q_r, the lowest among equals: vacant ones come first."""
    return label + network.classes * int((readout - thresholds)[label :: network.classes].argmax())


def adapted_threshold(readout: int, threshold: int, shift: int) -> int:
    """Return q + ((o - 2 q + 2^s) >> (s + 1)): q goes to the mean of o / 2 over the samples of a prototype."""
    return threshold + ((readout - 2 * threshold + (1 << shift)) >> (shift + 1))


def attract(
    network: Network,
    weights: NDArray[np.int16],
    exists: NDArray[np.bool_],
    pre: Int,
    chosen: int,
    shift: int,
    generator: int,
) -> int:
    """Move the weights of the chosen neuron towards its eligibilities; return the generator's new state.

    For axons i ascending with any synapse the generator steps once, r = its upper 16 bits, and where the link from i to
    the chosen neuron exists, with a = ``prototype_shift``::

        w = w + ((2^a x_i - w + ((r ^ mask_chosen) mod 2^shift)) >> shift)

    which is between w and 2^a x_i, so that nothing saturates. With plain rounding floor(2^shift / 2) takes the place of
    the dither.

    Parameters
    ----------
    weights, exists
        Weights, changed in place, and which of them exist, shape (axons, C P).
    pre
        x, shape (axons,).
    """
    masks = dither_masks(weights.shape[1])[chosen : chosen + 1]
    for axon in np.flatnonzero(exists.any(axis=1)):
        generator = stepped(generator)
        if not exists[axon, chosen]:
            continue
        distance = (pre[axon : axon + 1] << network.prototype_shift) - weights[axon, chosen]
        if network.rounding == "plain":
            change = plain_shift(distance, shift)
        else:
            change = dithered_shift(distance, shift, generator >> DITHER_BITS, masks)
        weights[axon, chosen] += int(change[0])
    return generator
