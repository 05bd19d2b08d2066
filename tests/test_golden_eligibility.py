"""Presynaptic eligibility: counts, traces, bins and saturation."""

from __future__ import annotations

from typing import Any

import numpy as np

from golden.eligibility import Eligibility
from golden.spec.config import Network


def events(**changes: Any) -> Network:
    return Network(inputs=3, classes=2, neurons=16, encoder="events", **changes)


def test_counts_spikes_per_bin() -> None:
    unit = Eligibility(events(steps=4, bins=2, pre_bits=4), 3)
    for step, spikes in enumerate([[1, 0, 0], [1, 0, 1], [0, 0, 1], [1, 0, 0]]):
        unit.step(np.array(spikes, dtype=bool), step // 2)
    assert unit.pre.tolist() == [[2, 0, 1], [1, 0, 1]]
    assert not unit.trace.any()


def test_counts_saturate() -> None:
    unit = Eligibility(events(steps=8, pre_bits=2), 1)
    seen = []
    for _ in range(5):
        unit.step(np.array([True]), 0)
        seen.append(int(unit.pre[0, 0]))
    assert seen == [1, 2, 3, 3, 3]


def test_trace_decays_rounding_up_then_adds() -> None:
    network = events(steps=8, bins=2, pre_bits=6, trace_bits=4, trace_shift=2, trace_increment=6)
    unit = Eligibility(network, 2)
    traces = []
    for step, spike in enumerate([1, 0, 1, 1, 1, 0, 0, 0]):
        unit.step(np.array([spike, 0], dtype=bool), network.bin_of(step))
        traces.append(int(unit.trace[0]))
    # 6; 6 - ceil(6/4) = 4; 4 - 1 + 6 = 9; 9 - 3 + 6 = 12; 12 - 3 + 6 = 15; 15 - 4 = 11; 11 - 3 = 8; 8 - 2 = 6
    assert traces == [6, 4, 9, 12, 15, 11, 8, 6]
    assert unit.pre[:, 0].tolist() == [6 + 4 + 9 + 12, 15 + 11 + 8 + 6]
    assert not unit.pre[:, 1].any()


def test_trace_and_its_sum_saturate() -> None:
    network = events(steps=8, pre_bits=4, trace_bits=3, trace_shift=1, trace_increment=7)
    unit = Eligibility(network, 1)
    for _ in range(4):
        unit.step(np.array([True]), 0)
    assert (int(unit.trace[0]), int(unit.pre[0, 0])) == (7, 15)


def test_trace_dies_out() -> None:
    """The decay rounds up, so that a trace reaches zero instead of lingering."""
    unit = Eligibility(events(steps=64, trace_shift=3, trace_increment=15), 1)
    unit.step(np.array([True]), 0)
    for _ in range(15):
        unit.step(np.array([False]), 0)
    assert unit.trace[0] == 0


def test_centring_subtracts_the_floor_of_the_mean_from_the_inputs_alone() -> None:
    unit = Eligibility(events(steps=8, centred_input=True), 5)
    unit.pre[0] = [7, 0, 1, 4, 9]
    assert unit.centred(0, 3).tolist() == [5, -2, -1, 4, 9]
    assert unit.centred(0, 0).tolist() == [7, 0, 1, 4, 9]
    assert unit.pre[0].tolist() == [7, 0, 1, 4, 9]
    assert events(steps=8, centred_input=True).pre_factor.low <= -15
