"""Bit flips strike synapses that are there, and leave codes that weights can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.spec.config import Network
from golden.spec.presets import preset_named
from golden.spec.topology import topology
from golden.state import State, existing
from threefactor.studies.deployment.faults import flipped, struck

NETWORK = preset_named("tiny").network
NARROW = replace(NETWORK, weight_bits=3, readout_bits=3, input_amplitude=3, forward_amplitude=3, recurrent_amplitude=3)


def codes(weights: np.ndarray[tuple[int, ...], np.dtype[np.int16]], bits: int) -> list[int]:
    return [int(weight) % (1 << bits) for weight in weights.ravel()]


@pytest.mark.parametrize("network", [NETWORK, NARROW], ids=["five bits", "three bits"])
@pytest.mark.parametrize("percent", [5, 100])
def test_one_bit_of_a_struck_weight_differs(network: Network, percent: int) -> None:
    before = State.initial(network)
    after = struck(network, before, percent, seed=7)
    after.require_legal(network)
    assert (after.generators == before.generators).all()
    assert all((a == b).all() for a, b in zip(after.thresholds, before.thresholds, strict=True))
    pairs = [*zip(before.weights, after.weights, strict=True), (before.readout, after.readout)]
    widths = [network.weight_bits] * network.layers + [network.readout_bits]
    hit = synapses = 0
    for (old, new), bits in zip(pairs, widths, strict=True):
        flips = [a ^ b for a, b in zip(codes(old, bits), codes(new, bits), strict=True)]
        assert all(flip & flip - 1 == 0 for flip in flips)
        hit += sum(flip > 0 for flip in flips)
    drawn = topology(network)
    for row in (*drawn.layers, drawn.readout):
        synapses += sum(len(targets) for targets in row)
    assert hit == synapses if percent == 100 else 0.03 * synapses < hit < 0.07 * synapses


def test_the_code_of_an_absent_synapse_does_not_come_about() -> None:
    """0 has one bit that leads to the lowest code: it is drawn again."""
    zero = State.initial(NARROW)
    for weights in (*zero.weights, zero.readout):
        weights[...] = 0
    after = struck(NARROW, zero, 100, seed=1)
    drawn = topology(NARROW)
    assert set(after.weights[0][existing(drawn.layers[0], NARROW.neurons)].tolist()) == {1, 2}
    assert not after.readout[~existing(drawn.readout, NARROW.readouts)].any()


def test_a_seed_strikes_always_alike() -> None:
    before = State.initial(NETWORK)
    digests = [struck(NETWORK, before, 5, seed).digest() for seed in (1, 1, 2)]
    assert digests[0] == digests[1] != digests[2]
    assert before.digest() == State.initial(NETWORK).digest(), "what is struck is a copy"


def test_every_bit_flips_at_its_rate() -> None:
    """What is drawn again is rare, so that the rate is what it says, of weights and thresholds and generators."""
    before = State.initial(NETWORK)
    assert flipped(NETWORK, before, 0, 1).digest() == before.digest()
    counts = np.zeros(3)
    for seed in range(40):
        after = flipped(NETWORK, before, 50_000, seed)
        after.require_legal(NETWORK)
        for old, new in zip(before.arrays(), after.arrays(), strict=True):
            kind = {np.int16: 0, np.int32: 1, np.uint32: 2}[old.dtype.type]
            mask = (1 << (5, 16, 32)[kind]) - 1
            counts[kind] += np.bitwise_count((old.astype(np.int64) ^ new.astype(np.int64)) & mask).sum()
    drawn = topology(NETWORK)
    synapses = sum(len(targets) for row in (*drawn.layers, drawn.readout) for targets in row)
    bits = np.array([5 * synapses, 16 * 32, 32 * 3])
    assert (np.abs(counts / (40 * bits) - 0.05) < [0.005, 0.01, 0.015]).all(), counts / (40 * bits)
