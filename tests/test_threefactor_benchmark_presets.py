"""The engine on presets: three passes and an epoch each, and what is not there is left out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
from click.testing import CliRunner, Result

from golden.data.source import load
from golden.engine.network import FastNetwork
from golden.spec.presets import preset_named
from golden.training.order import epoch_order, training_samples
from golden.training.train import train
from threefactor.benchmark.presets import measure_preset
from threefactor.cli import main

TASKS = ["learning, first pass", "learning, second pass", "inference", "training, first epoch"]


def run(folder: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["benchmark", "--out", str(folder), *map(str, arguments)])


def test_learns_what_the_training_learns() -> None:
    preset = preset_named("tiny")
    dataset = load(preset.dataset)
    found = measure_preset(preset, None, 100)
    assert [measurement.task for measurement in found] == TASKS
    assert [measurement.samples for measurement in found] == [100, 100, 100, len(dataset.train_labels)]
    order = epoch_order(preset.network.seed, 0, len(dataset.train_labels))[:100]
    samples, labels = training_samples(preset, dataset, 0, order), dataset.train_labels[order]
    engine = FastNetwork(preset.network)
    updates = [float(engine.run_many(samples, labels, True, preset.training.shifts(0)).updated.mean()) for _ in "12"]
    epoch = train(preset, dataset, epochs=1).history[0].update_fraction
    assert [measurement.update_fraction for measurement in found] == [*updates, None, epoch]
    assert all(measurement.samples_per_second > 0 and np.isfinite(measurement.peak_megabytes) for measurement in found)


def test_measures_all_samples_where_there_are_few() -> None:
    preset = replace(preset_named("tiny"), name="mine")
    found = measure_preset(preset, None, 10**6)
    assert {(measurement.model, measurement.samples) for measurement in found} == {("mine", found[-1].samples)}


def test_presets_stand_beside_each_other(tmp_path: Path) -> None:
    result = run(tmp_path, "--engine", "tiny", "--engine", "digits", "--samples", 100, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    tasks = [(measurement["model"], measurement["task"]) for measurement in found["measurements"]]
    assert tasks == [(name, task) for name in ("tiny", "digits") for task in TASKS]
    assert found["left_out"] == {}
    assert json.loads((tmp_path / "engine.json").read_text(encoding="utf-8")) == found


def test_a_preset_without_its_data_is_left_out(tmp_path: Path) -> None:
    arguments = ("--engine", "mnist-large", "--engine", "tiny", "--samples", 100, "--data", tmp_path / "nowhere")
    result = run(tmp_path, *arguments)
    assert result.exit_code == 0, result.output
    assert "mnist-large is left out: " in result.stderr
    assert "training, first epoch" in result.stdout
    assert "samples per second of processor time" in result.stdout
    alone = run(tmp_path, "--engine", "mnist-large", "--data", tmp_path / "nowhere")
    assert alone.exit_code == 2


def test_one_comparison_at_a_time(tmp_path: Path) -> None:
    result = run(tmp_path, "--engine", "tiny", "--preset", "digits")
    assert result.exit_code == 2
    assert "--engine measures the engine; name one of them" in result.stderr
