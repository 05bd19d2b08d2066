"""Placement of the state in the memories of the processor: complete, unambiguous, reversible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.digest import weighted_sum
from golden.placement import contents_of, placements, state_of
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from golden.state import State

TINY = preset_named("tiny")
SHARED = replace(TINY, hardware=replace(TINY.hardware, layers_per_core=2, link_lanes=4))


def some_state(preset: Preset) -> State:
    state = State.initial(preset.network)
    state.thresholds[-1] += np.arange(preset.network.neurons, dtype=np.int32)
    return state


@pytest.mark.parametrize("preset", [TINY, SHARED, preset_named("digits")], ids=["tiny", "shared", "digits"])
def test_contents_and_state_are_inverse(preset: Preset) -> None:
    state = some_state(preset)
    assert state_of(preset, contents_of(preset, state)).digest() == state.digest()


@pytest.mark.parametrize("preset", [TINY, SHARED], ids=["tiny", "shared"])
def test_every_value_of_the_state_has_one_place(preset: Preset) -> None:
    places = np.concatenate([p.values[p.values >= 0] for p in placements(preset)])
    assert len(np.unique(places)) == len(places)
    elsewhere = np.concatenate([a.ravel() for a in State.initial(preset.network).arrays()])
    elsewhere[places] = 0
    assert not elsewhere.any()


@pytest.mark.parametrize("preset", [TINY, SHARED], ids=["tiny", "shared"])
def test_coefficients_digest_the_memories_as_the_state(preset: Preset) -> None:
    state = some_state(preset)
    found = sum(weighted_sum(p.elements_of(state), p.coefficients()) for p in placements(preset))
    assert found % 2**64 == state.digest()


def test_thresholds_and_generators_lie_in_the_order_of_layers() -> None:
    state = State.initial(TINY.network)
    contents = contents_of(TINY, state)
    assert contents["core0.thresholds"].tolist() == state.thresholds[0].tolist()
    assert contents["core1.generators"].tolist() == [state.generators[1]]
    assert contents["readout.generators"].tolist() == [state.generators[2]]
