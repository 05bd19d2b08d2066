"""Every wait of core and readout is needed: without it some processor computes something else, or stops.

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
import rtl.readout
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
    # The same for the readout's.
    "many links": (
        dict(**SMALL, layers=1, recurrence="none", inputs=8, neurons=256, steps=2, margin=0, input_amplitude=15),
        dict(lanes=32, tick_lanes=32, link_lanes=4),
        0.15,
    ),
    "folded": (
        dict(**SMALL, layers=2, inputs=8, neurons=16, steps=4, bins=2, trace_shift=2, trace_increment=3),
        dict(lanes=4, tick_lanes=1, layers_per_core=2),
        0.4,
    ),
    "two cores": (
        dict(**SMALL, layers=2, inputs=8, neurons=16, steps=4, bins=2, input_amplitude=15),
        dict(lanes=4, tick_lanes=2),
        0.4,
    ),
    # Spikes whose links take longer than the end of a step behind them.
    "long rows": (
        dict(
            **{**SMALL, "population": 8, "readout_fan_in": 16},
            layers=1,
            recurrence="none",
            inputs=8,
            neurons=16,
            steps=4,
            bins=2,
            input_amplitude=15,
        ),
        dict(lanes=4, tick_lanes=4),
        0.5,
    ),
}
CASES: dict[str, tuple[str, ModuleType, str, str, int]] = {
    "the lesson for the next bank": ("many axons", rtl.core, "CoreControl", "cleared", 1),
    "the verdict for the next bank": ("many links", rtl.readout, "Projection", "cleared", 1),
    "a tick for the delivery": ("two cores", rtl.core, "CoreControl", "delivered", 1),
    "a tick for the traces": ("folded", rtl.core, "CoreControl", "settled", 1),
    "ticks, lists and the lesson for the tick": ("folded", rtl.core, "CoreControl", "ticking", 0),
    "the lesson for the verdict": ("two cores", rtl.core, "CoreControl", "lesson", 1),
    "a lesson for its broadcast": ("two cores", rtl.core, "CoreControl", "broadcast_done", 1),
    "a lesson for its sweep": ("two cores", rtl.core, "CoreControl", "swept", 1),
    "a list for its replay": ("folded", rtl.core, "CoreControl", "replayed", 1),
    "the sums for the links": ("long rows", rtl.readout, "Projection", "idle", 1),
    "the verdict for its sweep": ("two cores", rtl.readout, "Projection", "swept", 1),
}


def configured(name: str) -> tuple[Preset, float]:
    network, hardware, density = CONFIGURATIONS[name]
    tiny = preset_named("tiny")
    network, hardware = replace(tiny.network, **network), replace(tiny.hardware, **hardware)  # type: ignore[assignment]
    return replace(tiny, name=name.replace(" ", "-"), network=network, hardware=hardware), density  # type: ignore[arg-type]


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
