"""Processor, on Icarus; see sim/benches/processor.py."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import rtl.core
import rtl.processor
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from rtl.processor import Processor
from sim.benches.support.forced import forced
from sim.benches.support.harness import BenchError, run_bench
from sim.benches.support.presets import parameters_of_preset

SMALL: dict[str, Any] = dict(
    inputs=9,
    classes=3,
    neurons=8,
    modulators=5,
    readout_bits=4,
    threshold_bits=4,  # with weights up to their limit every layer is busy
    input_amplitude=15,
    forward_amplitude=15,
    recurrent_amplitude=15,
)
EVENTS: dict[str, Any] = dict(encoder="events", steps=10, centred_input=False)

VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "tiny": ({}, {}),
    "three cores, dense, events in bins": (
        dict(**SMALL, **EVENTS, layers=3, recurrence="dense", bins=2, post_bits=3),
        dict(layers_per_core=1, lanes=8, tick_lanes=4, link_lanes=2, spike_queue=4),
    ),
    "three folded layers, no recurrence": (
        dict(**SMALL, layers=3, recurrence="none", signed_input=True, centred_input=False),
        dict(layers_per_core=3, lanes=2, tick_lanes=1, link_lanes=2, single_port=True),
    ),
    "plain rounding, random links": (dict(**SMALL, layers=2, rounding="plain", links="random"), dict(lanes=4)),
    "frozen layers": (dict(**SMALL, layers=2, plastic_layers=False), dict(layers_per_core=2, link_lanes=2)),
    "bundles in one core": (
        dict(**SMALL, layers=2, bundle=4, ring_degree=2, forward_fan_in=3),
        dict(layers_per_core=2, lanes=4, tick_lanes=2, link_lanes=2),
    ),
    "two cores, sums handed on": (
        dict(**SMALL, **EVENTS, layers=2, recurrence="dense", bins=2, post_bits=3),
        dict(layers_per_core=1, lanes=8, tick_lanes=4, link_lanes=2, spike_queue=4, forward_sums=True),
    ),
    "bundles in one core, sums handed on": (
        dict(**SMALL, layers=2, bundle=4, ring_degree=2, forward_fan_in=3),
        dict(layers_per_core=2, lanes=4, tick_lanes=2, link_lanes=2, forward_sums=True),
    ),
    "fixed recurrence in one core": (
        dict(**SMALL, layers=2, recurrence="fixed"),
        dict(layers_per_core=2, lanes=4, tick_lanes=2),
    ),
    "fixed recurrence, traces": (
        dict(**SMALL, **EVENTS, layers=2, recurrence="fixed", trace_shift=2, trace_increment=3, bins=2),
        dict(layers_per_core=1, lanes=2, link_lanes=2),
    ),
    "zero feedback": (dict(**SMALL, layers=1, feedback="zero"), dict(lanes=1, tick_lanes=1, link_lanes=2)),
    "adaptation and recall": (
        dict(**SMALL, **EVENTS, adaptation_increment=90, adaptation_decay=3, bins=5, recall_bins=2, post_bits=3),
        dict(layers_per_core=1, lanes=4),
    ),
    "adjustable, two cores": (
        dict(**SMALL, **EVENTS, layers=2, bins=2, post_bits=3),
        dict(layers_per_core=1, lanes=8, tick_lanes=4, link_lanes=2, adjustable=True),
    ),
    "adjustable, folded": (
        dict(**SMALL, layers=3, recurrence="dense"),
        dict(layers_per_core=3, lanes=4, tick_lanes=2, link_lanes=2, adjustable=True),
    ),
    "adjustable, frozen as configured": (
        dict(**SMALL, layers=2, plastic_layers=False),
        dict(layers_per_core=2, link_lanes=2, adjustable=True),
    ),
    "traces, late readout": (
        dict(**SMALL, **EVENTS, trace_shift=2, trace_increment=3, trace_bits=3, readout_steps=4),
        dict(layers_per_core=2, lanes=8, tick_lanes=8),
    ),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_processor(variant: str, tmp_path: Path) -> None:
    network, hardware = VARIANTS[variant]
    tiny = preset_named("tiny")
    preset = replace(tiny, network=replace(tiny.network, **network), hardware=replace(tiny.hardware, **hardware))
    # Five dither bits and more tell the words of a layer apart; the wider preset needs larger steps for its corners.
    run = {"samples": 6, "shifts": (2, 1)} if variant == "tiny" else {"samples": 8, "shifts": (5, 3)}
    if preset.hardware.adjustable:
        run["samples"] = 20
    run_bench(Processor(preset), "processor", parameters_of_preset(preset) | run, tmp_path)


MONITORED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "prototypes": (
        dict(**SMALL, layers=2, readout_rule="prototype", plastic_layers=False) | dict(readout_bits=6, pre_bits=3),
        dict(lanes=4, link_lanes=2),
    ),
    "one word of lanes that is added in two steps": (
        dict(**SMALL, layers=1, recurrence="dense") | dict(neurons=32, readout_fan_in=6),
        dict(lanes=32, tick_lanes=4, link_lanes=4, spike_queue=8),
    ),
}


@pytest.mark.parametrize(
    "variant",
    [
        "tiny",
        "three cores, dense, events in bins",
        "three folded layers, no recurrence",
        "frozen layers",
        "fixed recurrence, traces",
        "traces, late readout",
        *MONITORED,
    ],
)
def test_counts_what_golden_counts(variant: str, tmp_path: Path) -> None:
    """Counters, class potentials and neurons of a monitored processor, beside all else."""
    network, hardware = (VARIANTS | MONITORED)[variant]
    tiny = preset_named("tiny")
    hardware = hardware | {"monitored": True}
    preset = replace(tiny, network=replace(tiny.network, **network), hardware=replace(tiny.hardware, **hardware))
    run = {"samples": 6, "shifts": (2, 1)} if variant == "tiny" else {"samples": 8, "shifts": (5, 3)}
    run_bench(Processor(preset), "processor", parameters_of_preset(preset) | run, tmp_path)


def test_counters_without_stalls_and_beside_resets(tmp_path: Path) -> None:
    """Cycles are those of the cycle model, and no reset loses a step; see sim/benches/counters.py."""
    tiny = preset_named("tiny")
    preset = replace(tiny, hardware=replace(tiny.hardware, monitored=True))
    run_bench(Processor(preset), "counters", parameters_of_preset(preset) | {"samples": 6, "resets": 9}, tmp_path)


RESETS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "small": (SMALL, {}),
    # The eligibility registers of the core take longest to clear after a reset.
    "many axons": (dict(**SMALL, **EVENTS, layers=1) | dict(inputs=100), {}),
}


def resets_of(variant: str) -> tuple[Preset, dict[str, Any]]:
    network, hardware = (VARIANTS | RESETS)[variant]
    tiny = preset_named("tiny")
    preset = replace(tiny, network=replace(tiny.network, **network), hardware=replace(tiny.hardware, **hardware))
    return preset, parameters_of_preset(preset) | {"shifts": (5, 3)}


@pytest.mark.parametrize("variant", ["traces, late readout", "adjustable, folded", *RESETS])
def test_resets(variant: str, tmp_path: Path) -> None:
    """A reset at any moment, and accesses of the host beside samples; see sim/benches/reset.py."""
    preset, parameters = resets_of(variant)
    run_bench(Processor(preset), "reset", parameters, tmp_path)


@pytest.mark.parametrize(
    ("variant", "module", "component", "member", "value"),
    [
        ("traces, late readout", rtl.processor, "SampleSequencer", "claimed", 0),
        ("traces, late readout", rtl.processor, "HostPort", "allowed", 1),
        ("many axons", rtl.core, "CoreControl", "cleared", 1),
    ],
    ids=["claimed", "allowed", "cleared"],
)
def test_waits_that_resets_and_accesses_need(
    variant: str,
    module: ModuleType,
    component: str,
    member: str,
    value: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without one of them the bench of resets fails; other waits are in test_rtl_waits.py."""
    monkeypatch.setattr(module, component, forced(getattr(module, component), member, value))
    preset, parameters = resets_of(variant)
    with pytest.raises(BenchError):
        run_bench(Processor(preset), "reset", parameters, tmp_path)
