"""What the compiled loops of the engine work on: constants, weights, neurons and scratch, as tuples of arrays."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

# Not cached by themselves: golden/engine/kernel.py stores the one entry point with everything it calls inside.
compiled: Any = njit(nogil=True)


class Constants(NamedTuple):
    """Numbers of the configuration and the settings; names as in :class:`golden.spec.config.Network`."""

    layers: int
    neurons: int
    inputs: int
    classes: int
    population: int
    steps: int
    bins: int
    levels: bool
    recurrent: bool
    leak_shift: int
    nominal_threshold: int
    threshold_fraction: int
    threshold_low: int
    threshold_high: int
    homeostasis_gain: int
    homeostasis_decay: int
    adaptation_increment: int
    adaptation_decay: int
    adaptation_shift: int
    adaptation_high: int
    pre_high: int
    post_high: int
    count_high: int
    trace_high: int
    trace_shift: int
    trace_increment: int
    centred_input: bool
    first_heard: int  # first step whose spikes reach the readout
    first_recall: int  # first recall bin
    recall_high: int
    weight_limit: int
    readout_limit: int
    margin_potential: int
    broadcast_limit: int
    frozen: int  # a bit for each layer, then for the readout
    fixed_recurrence: bool
    plain_rounding: bool
    prototypes: bool
    prototype_shift: int
    no_prototype: int  # potential of a class without any


class Matrix(NamedTuple):
    """Weights with what is needed to walk and update them, in blocks of 16 columns (golden/engine/vectors.py).

    ``weights`` int16 (rows + 1, columns), the last row 0, columns a multiple of 16; row i has synapses in the blocks
    ``columns[starts[i]:starts[i + 1]]``, each named by its first column, bit j of ``exists`` set where its column j
    is a synapse; ``whole`` bool (rows,) of those that are summed over all columns; ``masks`` int16 (columns,) of the
    dither, 0 with plain rounding; ``coefficients`` uint64 (rows, columns) of the digest.
    """

    weights: NDArray[np.int16]
    starts: NDArray[np.int32]
    columns: NDArray[np.int32]
    exists: NDArray[np.uint16]
    whole: NDArray[np.bool_]
    masks: NDArray[np.int16]
    coefficients: NDArray[np.uint64]


class Neurons(NamedTuple):
    """Per-neuron and per-generator state with digest coefficients, and the fixed matrices of the modulators."""

    thresholds: NDArray[np.int32]  # (K, N)
    threshold_coefficients: NDArray[np.uint64]  # (K, N)
    generators: NDArray[np.uint32]  # (K + 1,)
    generator_coefficients: NDArray[np.uint64]  # (K + 1,)
    prototypes: NDArray[np.int32]  # (C P,): thresholds of the readout; (0,) without prototypes
    prototype_coefficients: NDArray[np.uint64]
    modulation: NDArray[np.int32]  # (D, C)
    feedback: NDArray[np.int32]  # (K, D, N)
    axon_offsets: NDArray[np.int32]  # (K + 1,): rows of layer k in the common matrix


class Scratch(NamedTuple):
    """Work space of one sample."""

    by_level: NDArray[np.int32]  # (17, columns): row l becomes the current of a step with l - 1 = rev4(t)
    current: NDArray[np.int32]  # (columns,)
    theta: NDArray[np.int32]  # (K, N): effective thresholds of the step
    adaptation: NDArray[np.int32]  # (K, N)
    potential: NDArray[np.int32]  # (K, N)
    flags: NDArray[np.uint8]  # (N,): spikes of the layer being ticked
    spiking: NDArray[np.int32]  # (K, N): neurons that spiked last, ascending
    spike_counts: NDArray[np.int64]  # (K,): how many
    fired: NDArray[np.int32]  # (K, N): spikes of the sample, exact
    heard: NDArray[np.int32]  # (K, N): those that the readout takes, exact
    post: NDArray[np.int32]  # (K, B, N)
    pre: NDArray[np.int32]  # (B, rows)
    trace: NDArray[np.int32]  # (rows,)
    delivered: NDArray[np.int32]  # (longest layer,)
    summed: NDArray[np.int32]  # rows to be summed, in groups of 8
    tallies: NDArray[np.int32]  # (T + 2,): neurons by spikes heard, then where each group of them ends
    readout: NDArray[np.int64]  # (columns,)
    potentials: NDArray[np.int64]  # (C,)
    errors: NDArray[np.int32]  # (C,)
    learning: NDArray[np.int32]  # (N,)
    recall: NDArray[np.int32]  # (N,)
    gated: NDArray[np.int32]  # (columns,)
    narrow_gated: NDArray[np.int16]  # (columns,)
    readout_gated: NDArray[np.int32]  # (columns,)
    narrow_readout_gated: NDArray[np.int16]  # (columns,)
    readout_pre: NDArray[np.int32]  # (K N,)


class Results(NamedTuple):
    """Filled by :func:`golden.engine.kernel.run_samples`; digests and potentials have length 0 unless asked for."""

    predictions: NDArray[np.uint8]
    updated: NDArray[np.bool_]
    spikes: NDArray[np.int32]
    digests: NDArray[np.uint64]
    potentials: NDArray[np.int64]


def _floor_shift_code(typing_context: Any, value: Any, count: Any) -> Any:
    """32-bit arithmetic shift right; Numba's own ``>>`` widens to 64 bits, for which AVX2 has no vector shift."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ashr(*arguments)

    return types.int32(types.int32, types.int32), generate


floor_shift: Any = intrinsic(_floor_shift_code)
