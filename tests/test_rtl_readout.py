"""Readout, on Icarus; see sim/benches/readout.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.spec.presets import preset_named
from rtl.readout import Readout
from sim.benches.support.harness import run_bench
from sim.benches.support.presets import parameters_of_preset

VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "three cores": (dict(layers=3, margin=0), dict(layers_per_core=1, link_lanes=4, spike_queue=5)),
    "folded": (dict(layers=2, pre_bits=2), dict(layers_per_core=2, axon_lanes=2)),
    "prototypes": (
        dict(layers=2, readout_rule="prototype", plastic_layers=False, pre_bits=2, readout_fan_in=3, population=2),
        dict(layers_per_core=1, link_lanes=4, axon_lanes=2),
    ),
    "one prototype a class, rounded plainly": (
        dict(
            layers=1,
            readout_rule="prototype",
            plastic_layers=False,
            pre_bits=1,
            population=1,
            readout_fan_in=8,
            rounding="plain",
        ),
        dict(layers_per_core=1, link_lanes=1),
    ),
    "adjustable": (dict(layers=2, margin=100), dict(layers_per_core=1, link_lanes=2, adjustable=True)),
    "late listener": (dict(layers=2, readout_steps=3), dict(layers_per_core=1, link_lanes=2)),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_readout(variant: str, tmp_path: Path) -> None:
    tiny = preset_named("tiny")
    network = dict(neurons=8, classes=4, modulators=4, readout_bits=4, encoder="events", steps=9)
    changes, hardware = VARIANTS[variant]
    preset = replace(
        tiny,
        network=replace(tiny.network, **network, **changes),
        hardware=replace(tiny.hardware, **hardware),
    )
    run_bench(Readout(preset), "readout", parameters_of_preset(preset), tmp_path)
