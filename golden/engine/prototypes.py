"""Compiled loops of the engine for a readout of prototypes (golden/prototypes.py)."""

from __future__ import annotations

import numpy as np

from golden.engine.arrays import compiled
from golden.engine.forward import read_out
from golden.engine.learning import stepped
from golden.engine.vectors import LANES


@compiled
def classify(constants, readout, neurons, scratch):  # type: ignore[no-untyped-def]
    """Class potentials by the rule of the readout; returns the winner, the lowest class among equals."""
    winner = read_out(constants, readout, scratch)
    if not constants.prototypes:
        return winner
    winner = 0
    for c in range(constants.classes):
        best = np.int64(constants.no_prototype)
        for r in range(c, constants.classes * constants.population, constants.classes):
            if neurons.prototypes[r] >= 0:
                best = max(best, scratch.readout[r] - neurons.prototypes[r])
        scratch.potentials[c] = best
        if best > scratch.potentials[winner]:
            winner = c
    return winner


@compiled
def _chosen(constants, neurons, scratch, label):  # type: ignore[no-untyped-def]
    """The neuron of the label with the largest o - q, the lowest among equals."""
    chosen = label
    for r in range(label + constants.classes, constants.classes * constants.population, constants.classes):
        if scratch.readout[r] - neurons.prototypes[r] > scratch.readout[chosen] - neurons.prototypes[chosen]:
            chosen = r
    return chosen


@compiled
def _linked(readout, row, column):  # type: ignore[no-untyped-def]
    """Whether the link of a row to a column exists."""
    for block in range(readout.starts[row], readout.starts[row + 1]):
        place = column - readout.columns[block]
        if 0 <= place < LANES:
            return readout.exists[block] >> place & 1 == 1
    return False


@compiled
def learn_prototype(constants, readout, neurons, scratch, label, shift, digesting):  # type: ignore[no-untyped-def]
    """Move the chosen neuron of the label towards the sample; returns the change of the digest."""
    chosen = _chosen(constants, neurons, scratch, np.int64(label))
    old = np.int64(neurons.prototypes[chosen])
    new = old + ((scratch.readout[chosen] - 2 * old + (1 << shift)) >> (shift + 1))
    neurons.prototypes[chosen] = new
    digest = np.uint64(new - old) * neurons.prototype_coefficients[chosen]

    first = np.int64(neurons.generators[constants.layers])
    generator, mask = first, np.int64(readout.masks[chosen])
    for row in range(constants.layers * constants.neurons):
        if readout.starts[row] == readout.starts[row + 1]:
            continue
        generator = stepped(generator)
        if not _linked(readout, row, chosen):
            continue
        draw = np.int64(1 << shift >> 1)
        if not constants.plain_rounding:
            draw = (generator >> 16 ^ mask) & (1 << shift) - 1
        heard = scratch.heard[row // constants.neurons, row % constants.neurons]
        weight = np.int64(readout.weights[row, chosen])
        target = np.int64(min(heard, constants.pre_high)) << constants.prototype_shift
        change = (target - weight + draw) >> shift
        readout.weights[row, chosen] = np.int16(weight + change)
        if digesting:
            digest += np.uint64(change) * readout.coefficients[row, chosen]
    neurons.generators[constants.layers] = generator
    return digest + np.uint64(generator - first) * neurons.generator_coefficients[constants.layers]
