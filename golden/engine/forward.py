"""Compiled loops of the engine, first half: a sample through layers and readout, as in golden/network.py.

Three regroupings carry the speed, all of them exact:

* levels: a level l gives spikes at the steps with rev4(t) < |l|, so the input current of a step is a suffix sum over
  the rows grouped by level, and each input row is read once a sample;
* the readout has no leak, so its potential is the sum of spike count times row, once a sample;
* rows are stored whole, with zeros for absent synapses, and summed in vectors: eight rows at once where they reach
  much of a layer and their weights add up in 16 bits, else one by one, over the blocks where they have synapses.
"""

from __future__ import annotations

import numpy as np

from golden.engine.arrays import compiled, floor_shift
from golden.engine.vectors import GROUP, add_block, add_rows


@compiled
def _add_blocks(matrix, row, factor, total):  # type: ignore[no-untyped-def]
    """total[j] += factor * w[row, j] over the blocks of the row."""
    for block in range(matrix.starts[row], matrix.starts[row + 1]):
        add_block(total, matrix.weights, row, matrix.columns[block], factor)


@compiled
def _filled(summed, count, nothing):  # type: ignore[no-untyped-def]
    """Fill the last group of rows with the row of zeros; returns where it ends."""
    end = -(-count // GROUP) * GROUP
    for place in range(count, end):
        summed[place] = nothing
    return end


@compiled
def _tick(constants, potential, current, theta, post, fired, flags, spiking):  # type: ignore[no-untyped-def]
    """One step of a layer (golden/neuron.py); lists the spiking neurons and returns how many there are."""
    leak = np.int32(constants.leak_shift)
    half = np.int32(constants.nominal_threshold // 2)
    floor = np.int32(-constants.nominal_threshold)
    post_high = np.int32(constants.post_high)
    for j in range(potential.shape[0]):
        u = np.int32(potential[j] - floor_shift(potential[j], leak) + current[j])
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


@compiled
def _adapt(constants, thresholds, flags, adaptation, theta):  # type: ignore[no-untyped-def]
    """Adaptation after a step and the effective thresholds of the next one (golden/neuron.py)."""
    fraction = np.int32(constants.threshold_fraction)
    increment, high = np.int32(constants.adaptation_increment), np.int32(constants.adaptation_high)
    decay, scale = np.int32(constants.adaptation_decay), np.int32(constants.adaptation_shift)
    for j in range(adaptation.shape[0]):
        risen = np.int32(adaptation[j] - floor_shift(adaptation[j], decay) + increment * np.int32(flags[j]))
        adaptation[j] = min(risen, high)
        theta[j] = floor_shift(thresholds[j], fraction) + floor_shift(adaptation[j], scale)


@compiled
def _count_step(constants, delivered, count, pre):  # type: ignore[no-untyped-def]
    """One step of the presynaptic eligibility without a trace (golden/eligibility.py)."""
    for index in range(count):
        axon = delivered[index]
        pre[axon] = min(pre[axon] + 1, constants.pre_high)


@compiled
def _trace_step(constants, delivered, count, trace, pre):  # type: ignore[no-untyped-def]
    """One step of the presynaptic trace and eligibility (golden/eligibility.py)."""
    shift, round_up = np.int32(constants.trace_shift), np.int32((1 << constants.trace_shift) - 1)
    for i in range(trace.shape[0]):
        trace[i] -= floor_shift(np.int32(trace[i] + round_up), shift)
    for index in range(count):
        axon = delivered[index]
        trace[axon] = min(np.int32(trace[axon] + constants.trace_increment), np.int32(constants.trace_high))
    for i in range(trace.shape[0]):
        pre[i] = min(np.int32(pre[i] + trace[i]), np.int32(constants.pre_high))


@compiled
def _group_levels(constants, layers, levels, by_level):  # type: ignore[no-untyped-def]
    """Sum the input rows by level, then suffix sums: by_level[l] = sum of the rows with |level| >= l, with its sign."""
    by_level[:] = 0
    for axon in range(constants.inputs):
        if levels[axon] > 0:
            _add_blocks(layers, axon, 1, by_level[levels[axon]])
        elif levels[axon] < 0:
            _add_blocks(layers, axon, -1, by_level[-levels[axon]])
    for level in range(14, 0, -1):
        row, above = by_level[level], by_level[level + 1]
        for j in range(row.shape[0]):
            row[j] += above[j]


@compiled
def _begin(constants, layers, neurons, scratch, sample, eligible):  # type: ignore[no-untyped-def]
    """Reset the registers of a sample and prepare its input."""
    for array in (scratch.potential, scratch.fired, scratch.heard, scratch.adaptation):
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
        if eligible and not constants.trace_shift:
            for axon in range(constants.inputs):
                scratch.pre[0, axon] = min(max(sample[0, axon], -constants.pre_high), constants.pre_high)


@compiled
def forward(constants, layers, neurons, scratch, sample, eligible):  # type: ignore[no-untyped-def]  # noqa: C901
    """All steps of a sample through all layers; ``eligible`` keeps presynaptic eligibility for learning.

    One long loop: a call in it would copy the tuples of arrays at every step.
    """
    traced = constants.trace_shift > 0
    _begin(constants, layers, neurons, scratch, sample, eligible)
    for step in range(constants.steps):
        bin_index = step * constants.bins // constants.steps
        if step == constants.first_heard:
            for k in range(constants.layers):
                for j in range(constants.neurons):
                    scratch.heard[k, j] = -scratch.fired[k, j]
        for k in range(constants.layers):
            offset = neurons.axon_offsets[k]
            count = summed = 0  # delivered[summed:count] still have to be added to the current
            if k:
                scratch.current[:] = 0
                below = constants.neurons
                for index in range(scratch.spike_counts[k - 1]):
                    scratch.delivered[count] = scratch.spiking[k - 1, index]
                    count += 1
            elif constants.levels:
                below = constants.inputs
                reverse = (step & 1) << 3 | (step & 2) << 1 | (step & 4) >> 1 | (step & 8) >> 3
                for j in range(scratch.current.shape[0]):  # a copy of arrays would also compile its error message
                    scratch.current[j] = scratch.by_level[reverse + 1, j]
                if eligible and traced:
                    for axon in range(constants.inputs):
                        if sample[0, axon] > reverse:
                            scratch.delivered[count] = axon
                            count += 1
                    summed = count
            else:
                below = constants.inputs
                scratch.current[:] = 0
                for axon in range(constants.inputs):
                    if sample[step, axon]:
                        scratch.delivered[count] = axon
                        count += 1
            if constants.recurrent:
                for index in range(scratch.spike_counts[k]):
                    scratch.delivered[count] = below + scratch.spiking[k, index]
                    count += 1
            grouped = 0
            for index in range(summed, count):
                row = offset + scratch.delivered[index]
                if layers.whole[row]:
                    scratch.summed[grouped] = row
                    grouped += 1
                else:
                    _add_blocks(layers, row, 1, scratch.current)
            end = _filled(scratch.summed, grouped, layers.weights.shape[0] - 1)
            add_rows(scratch.current, layers.weights, scratch.summed, 0, end, 1)
            if eligible:
                pre = scratch.pre[bin_index, offset : neurons.axon_offsets[k + 1]]
                if traced:
                    trace = scratch.trace[offset : neurons.axon_offsets[k + 1]]
                    _trace_step(constants, scratch.delivered, count, trace, pre)
                else:
                    _count_step(constants, scratch.delivered, count, pre)
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
            if constants.adaptation_increment:
                _adapt(constants, neurons.thresholds[k], scratch.flags, scratch.adaptation[k], scratch.theta[k])
    for k in range(constants.layers):
        for j in range(constants.neurons):
            scratch.heard[k, j] += scratch.fired[k, j]


@compiled
def _sum_heard(readout, heard, tallies, summed, total):  # type: ignore[no-untyped-def]
    """total[r] = sum of spikes heard times weight; rows that were heard equally often are summed first."""
    total[:] = 0
    tallies[:] = 0
    for row in range(heard.shape[0]):
        if readout.whole[row]:
            tallies[heard[row]] += 1
        elif heard[row]:
            _add_blocks(readout, row, heard[row], total)
    end = 0
    for spikes in range(1, tallies.shape[0]):
        start, end = end, end + -(-tallies[spikes] // GROUP) * GROUP
        for place in range(max(start, end - GROUP), end):
            summed[place] = heard.shape[0]
        tallies[spikes] = start
    for row in range(heard.shape[0]):
        spikes = heard[row]
        if spikes and readout.whole[row]:
            summed[tallies[spikes]] = row
            tallies[spikes] += 1
    start = 0
    for spikes in range(1, tallies.shape[0]):
        end = -(-tallies[spikes] // GROUP) * GROUP
        add_rows(total, readout.weights, summed, start, end, spikes)
        start = end


@compiled
def read_out(constants, readout, scratch):  # type: ignore[no-untyped-def]
    """Class potentials of the sample; returns the winner, the lowest class among equals."""
    _sum_heard(readout, scratch.heard.reshape(-1), scratch.tallies, scratch.summed, scratch.readout)
    winner = 0
    for c in range(constants.classes):
        total = np.int64(0)
        for r in range(c, constants.classes * constants.population, constants.classes):
            total += scratch.readout[r]
        scratch.potentials[c] = total
        if total > scratch.potentials[winner]:
            winner = c
    return winner
