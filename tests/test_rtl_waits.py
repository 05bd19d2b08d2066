"""Waits that only samples of certain lengths need: without one, a processor computes something else, or stops.

Each case takes one wait away, by a member that always says what is waited for, and names a configuration that finds
it. Samples follow each other at once here, as they do not in the benches of the components. Waits after a reset and
beside accesses of the host are in test_rtl_processor.py.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import rtl.core
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.spec.presets import preset_named
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.benches.support.forced import forced

SAMPLES, SHIFTS = 24, (6, 3)
SMALL: dict[str, Any] = dict(
    encoder="events", centred_input=False, classes=3, modulators=3, population=1, readout_fan_in=4, threshold_bits=4
)
CONFIGURATIONS: dict[str, tuple[dict[str, Any], dict[str, Any], float]] = {
    # Samples that are shorter than the clearing of a bank of the core's eligibility registers.
    "many axons": (
        dict(**SMALL, layers=1, inputs=256, neurons=8, steps=2, bins=2, margin=0, input_amplitude=15),
        dict(lanes=4, tick_lanes=4),
        0.03,
    ),
}
CASES: dict[str, tuple[str, ModuleType, str, str, int]] = {
    "the lesson for the next bank": ("many axons", rtl.core, "CoreControl", "cleared", 1),
}


def configured(name: str) -> tuple[Preset, float]:
    network, hardware, density = CONFIGURATIONS[name]
    tiny = preset_named("tiny")
    preset = replace(tiny, network=replace(tiny.network, **network), hardware=replace(tiny.hardware, **hardware))
    return replace(preset, name=name.replace(" ", "-")), density


def first_difference(preset: Preset, density: float, source: str, models: Path) -> int | None:
    """Sample after which the processor's state is not the model's; that at which it stops; or None."""
    network, draw = preset.network, np.random.default_rng(5)
    busy = density * draw.choice((0.2, 1.0, 1.5), (SAMPLES, 1, 1))
    events = (draw.random((SAMPLES, network.steps, network.inputs)) < busy).astype(np.uint8)
    labels = draw.integers(0, network.classes, SAMPLES).astype(np.uint8)
    engine = FastNetwork(network)
    expected = engine.run_many(events, labels, True, SHIFTS, digests=True)
    with open_backend("cxxrtl", preset, build_folder=models, optimize="-O0", source=source) as backend:
        assert isinstance(backend, CompiledBackend)
        backend._patience = 20_000
        try:
            found = backend.run(events, labels, learn=True, shifts=SHIFTS)
        except RuntimeError as error:
            if "stuck" not in str(error):
                raise
            return SAMPLES
    wrong = np.flatnonzero(found.digests != expected.digests)
    return int(wrong[0]) if len(wrong) else None


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    return tmp_path_factory.getbasetemp() / "models"


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_with_all_waits_nothing_differs(name: str, models: Path) -> None:
    preset, density = configured(name)
    assert first_difference(preset, density, processor_rtlil(preset), models) is None


@pytest.mark.parametrize("case", CASES)
def test_waits_are_needed(case: str, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, module, component, member, value = CASES[case]
    preset, density = configured(name)
    monkeypatch.setattr(module, component, forced(getattr(module, component), member, value))
    assert first_difference(preset, density, processor_rtlil(preset), models) is not None
