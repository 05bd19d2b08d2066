"""Neurons against scalar Python written from SPEC.md, and the corners of the tick by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.neuron import adapt, effective_threshold, homeostasis, tick
from golden.spec.config import Network

NETWORK = Network(inputs=4, classes=2, neurons=16, threshold_bits=6, leak_shift=3)
UNIT = 1 << NETWORK.threshold_fraction
TH0 = 64


def scalar_tick(v: int, current: int, threshold: int) -> tuple[int, bool, int]:
    theta = threshold // UNIT
    u = v - v // 8 + current
    d = u - theta
    if d >= 0:
        return max(min(d, theta), -TH0), True, int(abs(d) < TH0 // 2)
    return max(u, -TH0), False, int(abs(d) < TH0 // 2)


def run(v: int, current: int, threshold: int = TH0 * UNIT) -> tuple[int, bool, int]:
    theta = effective_threshold(NETWORK, np.array([threshold]), np.array([0]))
    after, spikes, hits = tick(NETWORK, np.array([v]), np.array([current]), theta)
    return int(after[0]), bool(spikes[0]), int(hits[0])


@pytest.mark.parametrize(
    ("v", "current", "threshold", "expected"),
    [
        (0, 0, TH0 * UNIT, (0, False, 0)),
        (0, 63, TH0 * UNIT, (63, False, 1)),  # one below the threshold
        (0, 64, TH0 * UNIT, (0, True, 1)),  # exactly at the threshold
        (0, 64, TH0 * UNIT + UNIT - 1, (0, True, 1)),  # fractions of the threshold are floored
        (0, 64, TH0 * UNIT + UNIT, (64, False, 1)),
        (0, 32, TH0 * UNIT, (32, False, 0)),  # the window is open: |d| = TH0 / 2 is no hit
        (0, 33, TH0 * UNIT, (33, False, 1)),
        (0, 95, TH0 * UNIT, (31, True, 1)),
        (0, 96, TH0 * UNIT, (32, True, 0)),
        (0, 500, TH0 * UNIT, (64, True, 0)),  # the residual saturates at the threshold
        (0, -500, TH0 * UNIT, (-64, False, 0)),  # the potential saturates at -TH0
        (-64, 0, TH0 * UNIT, (-56, False, 0)),
        (-1, 0, TH0 * UNIT, (0, False, 0)),  # the leak floors: -1 >> 3 = -1
        (7, 0, TH0 * UNIT, (7, False, 0)),  # and so never pulls 1..7 down
    ],
)
def test_corners(v: int, current: int, threshold: int, expected: tuple[int, bool, int]) -> None:
    assert run(v, current, threshold) == expected == scalar_tick(v, current, threshold)


def test_equals_the_scalar_equations_and_stays_in_its_format() -> None:
    draw = np.random.default_rng(3)
    low, high = NETWORK.threshold_range
    potential = draw.integers(-TH0, 3 * TH0 + 1, 5000)
    current = draw.integers(-400, 400, 5000)
    threshold = draw.integers(low, high + 1, 5000)
    theta = effective_threshold(NETWORK, threshold, np.zeros_like(threshold))
    after, spikes, hits = tick(NETWORK, potential, current, theta)
    expected = [scalar_tick(*map(int, values)) for values in zip(potential, current, threshold, strict=True)]
    assert list(zip(after.tolist(), spikes.tolist(), hits.tolist(), strict=True)) == expected
    assert NETWORK.potential.low <= after.min() and after.max() <= NETWORK.potential.high
    assert after.min() == -TH0


def test_homeostasis() -> None:
    low, high = NETWORK.threshold_range
    threshold = np.array([1 << 14, 1 << 14, low, low + 7, high, high - 1])
    counts = np.array([0, 3, 0, 0, 2, 15])
    expected = [(1 << 14) - 8, (1 << 14) + 7, low, low, high, high]
    assert homeostasis(NETWORK, threshold, counts).tolist() == expected


ADAPTIVE = replace(NETWORK, adaptation_increment=5000, adaptation_decay=2, adaptation_shift=6)


def test_adaptation_decays_rises_and_saturates() -> None:
    adaptation = np.array([0, 0, 3, 4, 32767, 32767, 30000])
    spikes = np.array([False, True, False, False, False, True, True])
    # 3 - (3 >> 2) = 3: the floor of the decay leaves a rest of up to 2^decay - 1
    expected = [0, 5000, 3, 3, 32767 - 8191, 32767 - 8191 + 5000, 30000 - 7500 + 5000]
    assert adapt(ADAPTIVE, adaptation, spikes).tolist() == expected
    steep = replace(ADAPTIVE, adaptation_increment=8191, adaptation_decay=15)
    assert adapt(steep, np.array([32767, 24576, 24577]), np.array([True, True, True])).tolist() == [32767] * 3
    assert adapt(NETWORK, np.array([0]), np.array([True])).tolist() == [0], "increment 0 means no adaptation"


def test_effective_threshold_floors_both_parts() -> None:
    threshold, adaptation = np.array([TH0 * UNIT + UNIT - 1, TH0 * UNIT]), np.array([63, 32767])
    assert effective_threshold(ADAPTIVE, threshold, adaptation).tolist() == [TH0, TH0 + 511]


def test_adapted_potentials_stay_in_their_format() -> None:
    low, high = ADAPTIVE.threshold_range
    theta = effective_threshold(ADAPTIVE, np.array([low, high]), np.array([32767, 32767]))
    after, spikes, _ = tick(ADAPTIVE, theta, np.array([5000, 5000]), theta)
    assert spikes.all() and (after == theta).all()
    assert after.max() <= ADAPTIVE.potential.high and ADAPTIVE.potential.bits > NETWORK.potential.bits
