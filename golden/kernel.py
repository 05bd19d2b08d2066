"""The compiled loops of the engine: a sample in integers, as in golden/network.py, but fast.

Every function here is exact: sums are regrouped, never rounded. Three regroupings carry the speed:

* levels: a level l gives spikes at the steps with rev4(t) < l, so the input current of a step is a suffix sum over
  the rows grouped by level, and each input row is read once a sample;
* the readout has no leak, so its potential is the sum of spike count times row, once a sample;
* rows are stored whole, with zeros for absent synapses, and walked by runs of columns, so that loops vectorise.

All compiled code is in this one file, and the xorshift step is written out here, because Numba's cache on disk looks
only at the file of the function it stores: a change in an imported one would go unnoticed.

Casts to ``int32`` keep the arithmetic in 32 bits where Numba would widen it; the limits in
:class:`golden.spec.config.Network` bound every intermediate below 2^31 (a current by 8192 * 32767, a product of
eligibilities by 255 * 127 * 255); readout potentials, up to 2^40, are 64-bit.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit, types
from numba.extending import intrinsic
from numpy.typing import NDArray

_compiled: Any = njit(nogil=True, cache=True)


class Constants(NamedTuple):
    """Numbers of the configuration; names as in :class:`golden.spec.config.Network`."""

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
    pre_high: int
    post_high: int
    count_high: int
    trace_high: int
    trace_shift: int
    trace_increment: int
    centred_input: bool
    weight_limit: int
    readout_limit: int
    margin_potential: int
    broadcast_limit: int
    plastic_layers: bool


class Matrix(NamedTuple):
    """Weights with what is needed to walk and update them.

    ``weights`` int16 (rows, columns); ``exists`` int16, -1 where a synapse is, else 0; row i owns the column runs
    ``runs[starts[i]:starts[i + 1]]``, each [start, stop); ``masks`` int32 (columns,) of the dither; ``coefficients``
    uint64 (rows, columns) of the digest.
    """

    weights: NDArray[np.int16]
    exists: NDArray[np.int16]
    starts: NDArray[np.int32]
    runs: NDArray[np.int32]
    masks: NDArray[np.int32]
    coefficients: NDArray[np.uint64]


class Neurons(NamedTuple):
    """Per-neuron and per-generator state with digest coefficients, and the fixed matrices of the modulators."""

    thresholds: NDArray[np.int32]  # (K, N)
    threshold_coefficients: NDArray[np.uint64]  # (K, N)
    generators: NDArray[np.uint32]  # (K + 1,)
    generator_coefficients: NDArray[np.uint64]  # (K + 1,)
    modulation: NDArray[np.int32]  # (D, C)
    feedback: NDArray[np.int32]  # (K, D, N)
    axon_offsets: NDArray[np.int32]  # (K + 1,): rows of layer k in the common matrix


class Scratch(NamedTuple):
    """Work space of one sample."""

    by_level: NDArray[np.int32]  # (17, N): row l becomes the current of a step with l - 1 = rev4(t)
    current: NDArray[np.int32]  # (N,)
    theta: NDArray[np.int32]  # (K, N)
    potential: NDArray[np.int32]  # (K, N)
    flags: NDArray[np.uint8]  # (N,): spikes of the layer being ticked
    spiking: NDArray[np.int32]  # (K, N): neurons that spiked last, ascending
    spike_counts: NDArray[np.int64]  # (K,): how many
    fired: NDArray[np.int32]  # (K, N): spikes of the sample, exact
    post: NDArray[np.int32]  # (K, B, N)
    pre: NDArray[np.int32]  # (B, rows)
    trace: NDArray[np.int32]  # (rows,)
    delivered: NDArray[np.int32]  # (longest layer,)
    readout: NDArray[np.int64]  # (C P,)
    potentials: NDArray[np.int64]  # (C,)
    errors: NDArray[np.int32]  # (C,)
    learning: NDArray[np.int32]  # (N,)
    gated: NDArray[np.int32]  # (N,)
    readout_gated: NDArray[np.int32]  # (C P,)
    readout_pre: NDArray[np.int32]  # (K N,)
    before: NDArray[np.int16]  # longest row: a row before its update


class Results(NamedTuple):
    """Filled by :func:`run_samples`; ``digests`` has length 0 when none are asked for."""

    predictions: NDArray[np.uint8]
    updated: NDArray[np.bool_]
    spikes: NDArray[np.int32]
    digests: NDArray[np.uint64]


def _floor_shift_code(typing_context: Any, value: Any, count: Any) -> Any:
    """32-bit arithmetic shift right; Numba's own ``>>`` widens to 64 bits, for which AVX2 has no vector shift."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ashr(*arguments)

    return types.int32(types.int32, types.int32), generate


_floor_shift: Any = intrinsic(_floor_shift_code)


@_compiled
def _stepped(state):  # type: ignore[no-untyped-def]
    """One xorshift32 step of a 32-bit state held in 64 bits (golden/generator.py)."""
    state ^= state << 13 & 0xFFFF_FFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFF_FFFF)


@_compiled
def _add_row(matrix, row, factor, total):  # type: ignore[no-untyped-def]
    """total[j] += factor * w[row, j] over the runs of the row."""
    for run in range(matrix.starts[row], matrix.starts[row + 1]):
        start, stop = matrix.runs[run]
        weights, part = matrix.weights[row, start:stop], total[start:stop]
        if factor == 1:
            for j in range(weights.shape[0]):
                part[j] += weights[j]
        else:
            for j in range(weights.shape[0]):
                part[j] += weights[j] * factor


@_compiled
def _tick(constants, potential, current, theta, post, fired, flags, spiking):  # type: ignore[no-untyped-def]
    """One step of a layer (golden/neuron.py); lists the spiking neurons and returns how many there are."""
    leak = np.int32(constants.leak_shift)
    half = np.int32(constants.nominal_threshold // 2)
    floor = np.int32(-constants.nominal_threshold)
    post_high = np.int32(constants.post_high)
    for j in range(potential.shape[0]):
        u = np.int32(potential[j] - _floor_shift(potential[j], leak) + current[j])
        distance = np.int32(u - theta[j])
        spike = distance >= 0
        hit = np.int32((distance < half) & (distance > -half))
        after = min(distance, theta[j]) if spike else u
        potential[j] = max(after, floor)
        post[j] = min(np.int32(post[j] + hit), post_high)
        fired[j] += np.int32(spike)
        flags[j] = spike
    count = 0
    for j in range(flags.shape[0]):  # without a branch: spikes are unpredictable
        spiking[count] = j
        count += flags[j]
    return count


@_compiled
def _trace_step(constants, delivered, count, trace, pre):  # type: ignore[no-untyped-def]
    """One step of the presynaptic trace and eligibility (golden/eligibility.py)."""
    shift, round_up = np.int32(constants.trace_shift), np.int32((1 << constants.trace_shift) - 1)
    for i in range(trace.shape[0]):
        trace[i] -= _floor_shift(np.int32(trace[i] + round_up), shift)
    for index in range(count):
        axon = delivered[index]
        trace[axon] = min(np.int32(trace[axon] + constants.trace_increment), np.int32(constants.trace_high))
    for i in range(trace.shape[0]):
        pre[i] = min(np.int32(pre[i] + trace[i]), np.int32(constants.pre_high))


@_compiled
def _group_levels(constants, layers, levels, by_level):  # type: ignore[no-untyped-def]
    """Sum the input rows by level, then suffix sums: by_level[l] = sum of the rows with level >= l."""
    by_level[:] = 0
    for axon in range(constants.inputs):
        if levels[axon]:
            _add_row(layers, axon, 1, by_level[levels[axon]])
    for level in range(14, 0, -1):
        row, above = by_level[level], by_level[level + 1]
        for j in range(row.shape[0]):
            row[j] += above[j]


@_compiled
def _forward(constants, layers, neurons, scratch, sample, eligible):  # type: ignore[no-untyped-def]
    """All steps of a sample through all layers; ``eligible`` keeps presynaptic eligibility for learning."""
    traced = constants.trace_shift > 0
    for array in (scratch.potential, scratch.fired):
        array[:] = 0
    scratch.post[:] = 0
    scratch.pre[:] = 0
    scratch.trace[:] = 0
    scratch.spike_counts[:] = 0
    for k in range(constants.layers):
        for j in range(constants.neurons):
            scratch.theta[k, j] = neurons.thresholds[k, j] >> constants.threshold_fraction
    if constants.levels:
        _group_levels(constants, layers, sample[0], scratch.by_level)
        if eligible and not traced:
            for axon in range(constants.inputs):
                scratch.pre[0, axon] = min(sample[0, axon], constants.pre_high)

    for step in range(constants.steps):
        bin_index = step * constants.bins // constants.steps
        for k in range(constants.layers):
            offset = neurons.axon_offsets[k]
            count = summed = 0  # delivered[summed:count] still have to be added to the current
            if k:
                scratch.current[:] = 0
                forward = constants.neurons
                for index in range(scratch.spike_counts[k - 1]):
                    scratch.delivered[count] = scratch.spiking[k - 1, index]
                    count += 1
            elif constants.levels:
                forward = constants.inputs
                reverse = (step & 1) << 3 | (step & 2) << 1 | (step & 4) >> 1 | (step & 8) >> 3
                scratch.current[:] = scratch.by_level[reverse + 1]
                if eligible and traced:
                    for axon in range(constants.inputs):
                        if sample[0, axon] > reverse:
                            scratch.delivered[count] = axon
                            count += 1
                    summed = count
            else:
                forward = constants.inputs
                scratch.current[:] = 0
                for axon in range(constants.inputs):
                    if sample[step, axon]:
                        scratch.delivered[count] = axon
                        count += 1
            if constants.recurrent:
                for index in range(scratch.spike_counts[k]):
                    scratch.delivered[count] = forward + scratch.spiking[k, index]
                    count += 1
            for index in range(summed, count):
                _add_row(layers, offset + scratch.delivered[index], 1, scratch.current)
            if eligible:
                pre = scratch.pre[bin_index, offset : neurons.axon_offsets[k + 1]]
                if traced:
                    trace = scratch.trace[offset : neurons.axon_offsets[k + 1]]
                    _trace_step(constants, scratch.delivered, count, trace, pre)
                else:
                    for index in range(count):
                        axon = scratch.delivered[index]
                        pre[axon] = min(pre[axon] + 1, constants.pre_high)
            scratch.spike_counts[k] = _tick(
                constants,
                scratch.potential[k],
                scratch.current,
                scratch.theta[k],
                scratch.post[k, bin_index],
                scratch.fired[k],
                scratch.flags,
                scratch.spiking[k],
            )


@_compiled
def _read_out(constants, readout, scratch):  # type: ignore[no-untyped-def]
    """Class potentials of the sample; returns the winner, the lowest class among equals."""
    scratch.readout[:] = 0
    for k in range(constants.layers):
        for j in range(constants.neurons):
            if scratch.fired[k, j]:
                _add_row(readout, k * constants.neurons + j, np.int64(scratch.fired[k, j]), scratch.readout)
    winner = 0
    for c in range(constants.classes):
        total = np.int64(0)
        for r in range(c * constants.population, (c + 1) * constants.population):
            total += scratch.readout[r]
        scratch.potentials[c] = total
        if total > scratch.potentials[winner]:
            winner = c
    return winner


@_compiled
def _teach(constants, potentials, label, errors):  # type: ignore[no-untyped-def]
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


@_compiled
def _update_run(weights, exists, gated, masks, pre, draw, shift, limit):  # type: ignore[no-untyped-def]
    """One run of a row: w = clamp(w + ((x g + ((r ^ mask) mod 2^shift)) >> shift), -limit, limit)."""
    low = np.int32((1 << shift) - 1)
    for j in range(weights.shape[0]):
        dither = np.int32((draw ^ masks[j]) & low)
        change = _floor_shift(np.int32(pre * gated[j] + dither), shift)
        weight = min(max(np.int32(weights[j] + change), np.int32(-limit)), limit)
        weights[j] = np.int16(weight & exists[j])


@_compiled
def _update_rows(matrix, first, last, pre, gated, shift, limit, generator, before, digesting):  # type: ignore[no-untyped-def]
    """Update rows first..last-1 with pre[row - first] not 0; return the generator and the change of the digest."""
    digest = np.uint64(0)
    for row in range(first, last):
        x = np.int32(pre[row - first])
        if x == 0:
            continue
        generator = _stepped(generator)
        draw = np.int32(generator >> 16)
        for run in range(matrix.starts[row], matrix.starts[row + 1]):
            start, stop = matrix.runs[run]
            weights = matrix.weights[row, start:stop]
            if digesting:
                before[: stop - start] = weights
            _update_run(
                weights,
                matrix.exists[row, start:stop],
                gated[start:stop],
                matrix.masks[start:stop],
                x,
                draw,
                np.int32(shift),
                np.int32(limit),
            )
            if digesting:
                for j in range(stop - start):
                    change = np.uint64(np.int64(weights[j]) - np.int64(before[j]))
                    digest += change * matrix.coefficients[row, start + j]
    return generator, digest


@_compiled
def _adapt_thresholds(constants, neurons, fired):  # type: ignore[no-untyped-def]
    """Homeostasis (golden/neuron.py); returns the change of the digest."""
    digest = np.uint64(0)
    for k in range(constants.layers):
        for j in range(constants.neurons):
            old = neurons.thresholds[k, j]
            count = min(fired[k, j], constants.count_high)
            new = old + constants.homeostasis_gain * count - constants.homeostasis_decay
            new = min(max(new, constants.threshold_low), constants.threshold_high)
            neurons.thresholds[k, j] = new
            digest += np.uint64(new - old) * neurons.threshold_coefficients[k, j]
    return digest


@_compiled
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


@_compiled
def _centre_input(inputs, pre):  # type: ignore[no-untyped-def]
    """Reduce the eligibility of every input by the floor of their mean (golden/eligibility.py)."""
    total = 0
    for axon in range(inputs):
        total += pre[axon]
    mean = total // inputs
    for axon in range(inputs):
        pre[axon] -= mean


@_compiled
def _update(constants, layers, readout, neurons, scratch, layer_shift, readout_shift, digesting):  # type: ignore[no-untyped-def]
    """Plasticity of all layers and of the readout after an error; returns the change of the digest."""
    digest = np.uint64(0)
    for k in range(constants.layers + 1):
        old = np.int64(neurons.generators[k])
        generator = old
        if k == constants.layers:
            for r in range(scratch.readout_gated.shape[0]):
                scratch.readout_gated[r] = scratch.errors[r // constants.population]
            for row in range(scratch.readout_pre.shape[0]):
                fired = scratch.fired[row // constants.neurons, row % constants.neurons]
                scratch.readout_pre[row] = min(fired, constants.pre_high)
            generator, change = _update_rows(
                readout,
                0,
                scratch.readout_pre.shape[0],
                scratch.readout_pre,
                scratch.readout_gated,
                readout_shift,
                constants.readout_limit,
                generator,
                scratch.before,
                digesting,
            )
            digest += change
        elif constants.plastic_layers:
            _broadcast(constants, neurons.modulation, neurons.feedback[k], scratch.errors, scratch.learning)
            first, last = neurons.axon_offsets[k], neurons.axon_offsets[k + 1]
            if k == 0 and constants.centred_input:
                _centre_input(constants.inputs, scratch.pre[0])
            for bin_index in range(constants.bins):
                for j in range(constants.neurons):
                    scratch.gated[j] = scratch.learning[j] * scratch.post[k, bin_index, j]
                generator, change = _update_rows(
                    layers,
                    first,
                    last,
                    scratch.pre[bin_index, first:last],
                    scratch.gated,
                    layer_shift,
                    constants.weight_limit,
                    generator,
                    scratch.before,
                    digesting,
                )
                digest += change
        neurons.generators[k] = generator
        digest += np.uint64(generator - old) * neurons.generator_coefficients[k]
    return digest


@_compiled
def run_samples(  # type: ignore[no-untyped-def]
    constants, layers, readout, neurons, scratch, samples, labels, learn, layer_shift, readout_shift, digest, results
):
    """Run samples one after the other; the equations and their order are those of golden/network.py.

    ``samples`` is uint8 (n, 1, inputs) of levels or (n, T, inputs) of events; ``digest`` is the digest of the state
    before the first sample. Allocates nothing per sample.
    """
    digesting = results.digests.shape[0] > 0
    eligible = learn and constants.plastic_layers
    for index in range(samples.shape[0]):
        _forward(constants, layers, neurons, scratch, samples[index], eligible)
        results.predictions[index] = _read_out(constants, readout, scratch)
        for k in range(constants.layers):
            total = 0
            for j in range(constants.neurons):
                total += min(scratch.fired[k, j], constants.count_high)
            results.spikes[index, k] = total
        results.updated[index] = False
        if learn:
            if constants.plastic_layers:
                digest += _adapt_thresholds(constants, neurons, scratch.fired)
            if _teach(constants, scratch.potentials, labels[index], scratch.errors):
                results.updated[index] = True
                digest += _update(constants, layers, readout, neurons, scratch, layer_shift, readout_shift, digesting)
        if digesting:
            results.digests[index] = digest
