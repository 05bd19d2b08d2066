"""Placement of the state in the memories of the processor: complete, unambiguous, reversible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from golden.spec.config import Preset
from golden.spec.presets import preset_named
from golden.state import State

TINY = preset_named("tiny")
SHARED = replace(TINY, hardware=replace(TINY.hardware, layers_per_core=2, link_lanes=4))


def some_state(preset: Preset) -> State:
    state = State.initial(preset.network)
    state.thresholds[-1] += np.arange(preset.network.neurons, dtype=np.int32)
    return state
