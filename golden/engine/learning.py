"""Compiled loops of the engine, second half: teacher, homeostasis and plasticity after a sample.

The xorshift step is written out here, since golden/generator.py is plain Python for reading.
"""

from __future__ import annotations

import numpy as np

from golden.engine.arrays import compiled
from golden.engine.vectors import LANES, update_block


@compiled
def stepped(state):  # type: ignore[no-untyped-def]
    """One xorshift32 step of a 32-bit state held in 64 bits (golden/generator.py)."""
    state ^= state << 13 & 0xFFFF_FFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFF_FFFF)


@compiled
def teach(constants, potentials, label, errors):  # type: ignore[no-untyped-def]
    """Write the class errors and return True, or return False when the teacher is content (golden/teacher.py)."""
    rival = 1 if label == 0 else 0
    for c in range(constants.classes):
        if c != label and potentials[c] > potentials[rival]:
            rival = c
    lead = potentials[label] - potentials[rival]
    if lead >= constants.margin_potential:
        return False
    errors[:] = 0
    errors[label] = 2 if lead <= 0 else 1
    errors[rival] = -errors[label]
    return True


@compiled
def _largest(values):  # type: ignore[no-untyped-def]
    """Largest absolute value."""
    low = high = np.int32(0)
    for index in range(values.shape[0]):
        low, high = min(low, values[index]), max(high, values[index])
    return np.int64(max(high, -low))


@compiled
def _update_row(matrix, row, gated, pre, draw, shift, limit):  # type: ignore[no-untyped-def]
    """Make w = clamp(w + ((x g + ((r ^ mask) mod 2^shift)) >> shift), -limit, limit) over the blocks of a row."""
    for block in range(matrix.starts[row], matrix.starts[row + 1]):
        column, exists = matrix.columns[block], matrix.exists[block]
        update_block(matrix.weights, gated, matrix.masks, row, column, exists, pre, draw, shift, limit)


@compiled
def _digested(matrix, row):  # type: ignore[no-untyped-def]
    """What a row is in the digest (golden/digest.py)."""
    total = np.uint64(0)
    for block in range(matrix.starts[row], matrix.starts[row + 1]):
        first = matrix.columns[block]
        for j in range(first, first + LANES):
            total += np.uint64(np.int64(matrix.weights[row, j])) * matrix.coefficients[row, j]
    return total


@compiled
def _update_rows(matrix, first, last, pre, gated, narrow, shift, limit, plain, generator, digesting):  # type: ignore[no-untyped-def]
    """Update rows first..last-1 that have synapses and pre[row - first] not 0; return generator, change of digest.

    ``narrow`` is space for ``gated`` in 16 bits, in which the arithmetic is done where nothing can overflow.
    """
    digest = np.uint64(0)
    narrowly = _largest(pre) * _largest(gated) + (1 << shift) <= 32768 and limit <= 16383
    if narrowly:
        for j in range(gated.shape[0]):
            narrow[j] = gated[j]
    for row in range(first, last):
        x = pre[row - first]
        if x == 0 or matrix.starts[row] == matrix.starts[row + 1]:
            continue
        generator = stepped(generator)
        draw = 1 << shift >> 1 if plain else generator >> 16
        if digesting:
            digest -= _digested(matrix, row)
        if narrowly:
            _update_row(matrix, row, narrow, x, draw, shift, limit)
        else:
            _update_row(matrix, row, gated, x, draw, shift, limit)
        if digesting:
            digest += _digested(matrix, row)
    return generator, digest


@compiled
def adapt_thresholds(constants, neurons, fired):  # type: ignore[no-untyped-def]
    """Homeostasis (golden/neuron.py); returns the change of the digest."""
    digest = np.uint64(0)
    for k in range(constants.layers):
        if constants.frozen >> k & 1:
            continue
        for j in range(constants.neurons):
            old = neurons.thresholds[k, j]
            count = min(fired[k, j], constants.count_high)
            new = old + constants.homeostasis_gain * count - constants.homeostasis_decay
            new = min(max(new, constants.threshold_low), constants.threshold_high)
            neurons.thresholds[k, j] = new
            digest += np.uint64(new - old) * neurons.threshold_coefficients[k, j]
    return digest


@compiled
def _broadcast(constants, modulation, feedback, errors, learning):  # type: ignore[no-untyped-def]
    """L_j = clamp(sum_d F_jd m_d, -127, 127) with m = A e (golden/modulators.py)."""
    learning[:] = 0
    for d in range(modulation.shape[0]):
        modulator = np.int32(0)
        for c in range(constants.classes):
            modulator += modulation[d, c] * errors[c]
        if modulator:
            for j in range(constants.neurons):
                learning[j] += feedback[d, j] * modulator
    for j in range(constants.neurons):
        learning[j] = min(max(learning[j], -constants.broadcast_limit), constants.broadcast_limit)


@compiled
def _centre_input(inputs, pre):  # type: ignore[no-untyped-def]
    """Reduce the eligibility of every input by the floor of their mean (golden/eligibility.py)."""
    total = 0
    for axon in range(inputs):
        total += pre[axon]
    mean = total // inputs
    for axon in range(inputs):
        pre[axon] -= mean


@compiled
def _recall(constants, post, recall):  # type: ignore[no-untyped-def]
    """Window hits during recall, from the post registers: a saturated one holds at least ``recall_high``."""
    recall[:] = 0
    for bin_index in range(constants.first_recall, constants.bins):
        for j in range(constants.neurons):
            recall[j] = min(recall[j] + post[bin_index, j], constants.recall_high)


@compiled
def _gate(recalls, learning, post, recall, gated):  # type: ignore[no-untyped-def]
    """g_j = L_j h_j, or before the recall bins -L_j ((h_j r_j) >> 3) (golden/modulators.py)."""
    if recalls:
        for j in range(learning.shape[0]):
            gated[j] = learning[j] * post[j]
    else:
        for j in range(learning.shape[0]):
            gated[j] = learning[j] * -(post[j] * recall[j] >> 3)


@compiled
def update(constants, layers, readout, neurons, scratch, layer_shift, readout_shift, digesting):  # type: ignore[no-untyped-def]
    """Plasticity of all layers and of the readout after an error; returns the change of the digest."""
    digest = np.uint64(0)
    for k in range(constants.layers + 1):
        if constants.frozen >> k & 1:
            continue
        old = np.int64(neurons.generators[k])
        generator = old
        if k == constants.layers:
            for r in range(constants.classes * constants.population):
                scratch.readout_gated[r] = scratch.errors[r % constants.classes]
            for row in range(scratch.readout_pre.shape[0]):
                heard = scratch.heard[row // constants.neurons, row % constants.neurons]
                scratch.readout_pre[row] = min(heard, constants.pre_high)
            generator, change = _update_rows(
                readout,
                np.int64(0),
                np.int64(scratch.readout_pre.shape[0]),
                scratch.readout_pre,
                scratch.readout_gated,
                scratch.narrow_readout_gated,
                readout_shift,
                constants.readout_limit,
                constants.plain_rounding,
                generator,
                digesting,
            )
            digest += change
        else:
            _broadcast(constants, neurons.modulation, neurons.feedback[k], scratch.errors, scratch.learning)
            first, last = np.int64(neurons.axon_offsets[k]), np.int64(neurons.axon_offsets[k + 1])
            if constants.fixed_recurrence:
                last -= constants.neurons
            if k == 0 and constants.centred_input:
                _centre_input(constants.inputs, scratch.pre[0])
            if constants.first_recall:
                _recall(constants, scratch.post[k], scratch.recall)
            for bin_index in range(constants.bins):
                post, recalls = scratch.post[k, bin_index], bin_index >= constants.first_recall
                _gate(recalls, scratch.learning, post, scratch.recall, scratch.gated)
                generator, change = _update_rows(
                    layers,
                    first,
                    last,
                    scratch.pre[bin_index, first:last],
                    scratch.gated,
                    scratch.narrow_gated,
                    layer_shift,
                    constants.weight_limit,
                    constants.plain_rounding,
                    generator,
                    digesting,
                )
                digest += change
        neurons.generators[k] = generator
        digest += np.uint64(generator - old) * neurons.generator_coefficients[k]
    return digest
