"""Core, on Icarus; see sim/benches/core.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.spec.presets import preset_named
from rtl.core import Core
from sim.benches.support.harness import run_bench
from sim.benches.support.presets import parameters_of_preset

EVENTS: dict[str, Any] = dict(encoder="events", steps=10, bins=3, post_bits=2, centred_input=False)
TRACE: dict[str, Any] = dict(trace_shift=2, trace_bits=3, trace_increment=3)
VARIANTS: dict[str, tuple[int, dict[str, Any], dict[str, Any]]] = {
    "folded": (0, dict(layers=2), dict(layers_per_core=2, lanes=4, tick_lanes=2)),
    "upper": (1, dict(layers=2, recurrence="dense", **EVENTS), dict(layers_per_core=1, lanes=8, tick_lanes=4)),
    "traces": (0, dict(layers=2, **EVENTS, **TRACE), dict(layers_per_core=2, lanes=2, single_port=True)),
    "bundles": (
        0,
        dict(layers=2, bundle=4, ring_degree=4, forward_fan_in=3),
        dict(layers_per_core=2, lanes=4, tick_lanes=2),
    ),
    "adjustable, folded": (
        0,
        dict(layers=3, **EVENTS),
        dict(layers_per_core=3, lanes=4, tick_lanes=2, adjustable=True),
    ),
    "adjustable, frozen as configured": (
        1,
        dict(layers=2, plastic_layers=False),
        dict(layers_per_core=1, adjustable=True),
    ),
    "one word": (0, dict(layers=3, recurrence="none"), dict(layers_per_core=3, lanes=8, tick_lanes=8)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_core(variant: str, tmp_path: Path) -> None:
    index, network, hardware = VARIANTS[variant]
    tiny = preset_named("tiny")
    small = dict(inputs=9, classes=3, neurons=8, modulators=5, threshold_bits=4)
    busy = dict(input_amplitude=15, forward_amplitude=15, recurrent_amplitude=15)
    preset = replace(
        tiny,
        network=replace(tiny.network, **small, **busy, **network),
        hardware=replace(tiny.hardware, **hardware),
    )
    run_bench(Core(preset, index), "core", {"preset": parameters_of_preset(preset), "index": index}, tmp_path)
