"""``threefactor new``, through the command line: what it writes is read again, trains, and is never overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from golden.data.source import load
from golden.spec.data import Data
from golden.spec.presetfile import read_preset
from golden.training.train import train
from threefactor.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["new", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a table of three clouds of points, and one level below it a place for presets."""
    random = np.random.default_rng(1)
    rows = [
        ",".join(f"{value:.3f}" for value in random.normal(2 * (label == np.arange(3)), 0.5)) + f",{'abc'[label]}"
        for label in (0, 1, 2) * 20
    ]
    (tmp_path / "points.csv").write_text("\n".join(["u,v,w,class", *rows]) + "\n", encoding="utf-8")
    (tmp_path / "presets").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_writes_a_preset_that_trains(folder: Path) -> None:
    done = run("--data", "points.csv", "-o", "presets/mine.toml", "--seed", 7, "--json")
    assert done.exit_code == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    preset = read_preset(folder / "presets" / "mine.toml")
    assert told["found"]["class_samples"] == {"a": 20, "b": 20, "c": 20}
    assert told["chosen"]["network"]["neurons"] == preset.network.neurons
    assert told["next"][0] == "threefactor train --preset presets/mine.toml --out runs/mine"
    assert (preset.name, preset.network.seed, preset.network.inputs, preset.network.classes) == ("mine", 7, 3, 3)
    assert 'train = "../points.csv"' in (folder / "presets" / "mine.toml").read_text(encoding="utf-8")
    assert train(preset, load(preset.dataset), epochs=12).history[-1].test_accuracy > 0.85


def test_says_what_it_saw_and_what_to_type(folder: Path) -> None:
    done = run("--data", folder / "points.csv", "-o", "mine.toml", "--board", "ulx3s-85f", "--label", "class")
    assert done.exit_code == 0, done.stderr
    for part in ("points.csv holds", "classes         3", "smallest class  20", "encoder", "for ulx3s-85f,"):
        assert part in done.stdout
    assert "    threefactor build --board ulx3s-85f --preset mine.toml" in done.stdout
    dataset = read_preset(folder / "mine.toml").dataset
    assert isinstance(dataset, Data)
    assert (dataset.train, dataset.label) == (str(folder / "points.csv"), "class")


def test_names_every_file(folder: Path) -> None:
    for part, count in (("train", 30), ("test", 12)):
        np.save(folder / f"{part}.npy", np.random.default_rng(count).normal(0, 1, (count, 5)))
        np.save(folder / f"{part}-labels.npy", np.arange(count) % 2)
    files = ("--labels", "train-labels.npy", "--test", "test.npy", "--test-labels", "test-labels.npy")
    done = run("--data", "train.npy", *files, "-o", "mine.toml", "--encoder", "range")
    assert done.exit_code == 0, done.stderr
    dataset = read_preset(folder / "mine.toml").dataset
    assert isinstance(dataset, Data)
    beside = {name: str(folder / f"{name.replace('_', '-')}.npy") for name in ("train", "train_labels")}
    beside |= {name: str(folder / f"{name.replace('_', '-')}.npy") for name in ("test", "test_labels")}
    assert dataset == replace(Data("x.npy", encoder="range"), **beside)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--data", "points.csv", "-o", "there.toml"),
            "there.toml exists; choose another name, or replace it with --force",
        ),
        (("--data", "points.csv", "-o", "mine.txt"), "mine.txt is no name for a preset; let it end in .toml"),
        (("--data", "none.csv", "-o", "mine.toml"), "none.csv does not exist; name a file of samples"),
        (("--data", "points.csv", "-o", "mine.toml", "--board", "icebraker"), "did you mean icebreaker?"),
        (("--data", "points.csv", "-o", "mine.toml", "--encoder", "quantile"), "did you mean quantiles?"),
        (("--data", "points.csv", "-o", "mine.toml", "--label", "kind"), "has no column 'kind' for label"),
        (("--data", "points.csv", "-o", "mine.toml", "--encoder", "levels"), "levels are integers -15..15"),
        (
            (
                "--data",
                "points.csv",
            ),
            "Missing option '-o'",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(folder: Path, arguments: tuple[str, ...], sentence: str) -> None:
    (folder / "there.toml").write_text("mine", encoding="utf-8")
    done = run(*arguments)
    assert done.exit_code == 2 and sentence in done.stderr
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr
    assert (folder / "there.toml").read_text(encoding="utf-8") == "mine" and not (folder / "mine.toml").exists()


def test_replaces_a_file_when_told(folder: Path) -> None:
    (folder / "mine.toml").write_text("old", encoding="utf-8")
    assert run("--data", "points.csv", "-o", "mine.toml", "--force").exit_code == 0
    assert read_preset(folder / "mine.toml").network.classes == 3
