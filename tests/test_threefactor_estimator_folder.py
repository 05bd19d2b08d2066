"""Folders of classifiers are folders of training runs: either side reads what the other has written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from golden.data.datasets import load as load_dataset
from golden.spec.errors import UserError
from threefactor import SpikingClassifier, load
from threefactor.cli import main

PRESET = """
[data]
train = "train.csv"
test = "test.csv"

[network]
inputs = 3
classes = 2
neurons = 8
recurrence = "none"
readout_fan_in = 8
modulators = 2
input_amplitude = 60

[hardware]
lanes = 4

[training]
layer_shift = 6
readout_shift = 5
epochs = 3
slower = [1]
"""

draw = np.random.default_rng(3)
FEATURES = np.round(draw.normal(0, 1, (60, 3)), 4)
KINDS = np.where(FEATURES[:, 0] > FEATURES[:, 1], "rose", "daisy")
TRAIN, TEST = slice(0, 40), slice(40, 60)


def written(path: Path, features: np.ndarray[Any, Any], labels: np.ndarray[Any, Any]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["a", "b", "c", "kind"])
        table.writerows([*row, label] for row, label in zip(features.tolist(), labels.tolist(), strict=True))


def run(*arguments: object) -> dict[str, Any]:
    """The object that a command prints last."""
    result = CliRunner().invoke(main, [*map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout.splitlines()[-1]))


@pytest.fixture
def preset(tmp_path: Path) -> Path:
    """A preset file with its data beside it."""
    written(tmp_path / "train.csv", FEATURES[TRAIN], KINDS[TRAIN])
    written(tmp_path / "test.csv", FEATURES[TEST], KINDS[TEST])
    (tmp_path / "flowers.toml").write_text(PRESET, encoding="utf-8")
    return tmp_path / "flowers.toml"


def test_fit_gives_the_bits_of_the_command(preset: Path, tmp_path: Path) -> None:
    trained = run("train", "--preset", preset, "--seed", 9, "--out", tmp_path / "run")
    classifier = SpikingClassifier(preset, random_state=9).fit(FEATURES[TRAIN], KINDS[TRAIN])
    assert f"{classifier.state_.digest():016x}" == trained["digest"]
    assert classifier.score(FEATURES[TEST], KINDS[TEST]) == trained["test_accuracy"]
    loaded = load(tmp_path / "run")
    assert loaded.classes_.tolist() == classifier.classes_.tolist() == ["daisy", "rose"]
    assert loaded.encoder_ == classifier.encoder_ and loaded.n_features_in_ == 3
    assert loaded.decision_function(FEATURES).tolist() == classifier.decision_function(FEATURES).tolist()


def test_commands_read_what_was_saved(preset: Path, tmp_path: Path) -> None:
    classifier = SpikingClassifier(preset).fit(FEATURES[TRAIN], KINDS[TRAIN])
    classifier.save(tmp_path / "saved")
    evaluated = run("evaluate", "--checkpoint", tmp_path / "saved")
    assert evaluated["digest"] == f"{classifier.state_.digest():016x}"
    assert evaluated["test_accuracy"] == classifier.score(FEATURES[TEST], KINDS[TEST])
    assert run("report", tmp_path / "saved")["test_accuracy"] == evaluated["test_accuracy"]


def test_evaluate_uses_the_encoder_of_the_training(preset: Path, tmp_path: Path) -> None:
    """Fitted again to files that have changed, it would give the network other samples than those it knows."""
    trained = run("train", "--preset", preset, "--out", tmp_path / "run")
    written(tmp_path / "train.csv", FEATURES[TRAIN] * 100 + 7, KINDS[TRAIN])
    assert run("evaluate", "--checkpoint", tmp_path / "run")["test_accuracy"] == trained["test_accuracy"]
    arguments = ["train", "--preset", preset, "--epochs", 4, "--resume", tmp_path / "run"]
    resumed = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert resumed.exit_code == 2 and "was trained on other contents of data set 'train.csv'" in resumed.stderr


def test_a_loaded_one_is_as_the_saved_one(preset: Path, tmp_path: Path) -> None:
    labels = np.where(KINDS == "rose", 30, 7).astype(np.int16)
    saved = SpikingClassifier(preset, 5, epochs=2, encoder="range").fit(FEATURES[TRAIN], labels[TRAIN])
    saved.partial_fit(FEATURES[:7], labels[:7]).save(tmp_path / "saved")
    loaded = load(tmp_path / "saved")
    assert repr(loaded) == repr(saved).replace(repr(preset), repr(str(preset)))
    assert loaded.classes_.dtype == np.int16 and loaded.progress_ == saved.progress_
    assert loaded.predict(FEATURES).tolist() == saved.predict(FEATURES).tolist()
    for one in (saved, loaded):
        one.partial_fit(FEATURES[TEST], labels[TEST])
    assert saved.state_.digest() == loaded.state_.digest()
    assert loaded.fit(FEATURES[TRAIN], labels[TRAIN]).history_[-1].state_digest != f"{saved.state_.digest():016x}"
    saved.save(tmp_path / "saved")
    assert load(tmp_path / "saved").state_.digest() == saved.state_.digest()


def test_a_run_on_a_data_set_by_name(tmp_path: Path) -> None:
    trained = run("train", "--preset", "tiny", "--epochs", 1, "--limit", 60, "--out", tmp_path / "run")
    digits, loaded = load_dataset("digits"), load(tmp_path / "run")
    assert loaded.classes_.tolist() == list(range(10))
    assert loaded.score(digits.test_samples[:60], digits.test_labels[:60]) == trained["test_accuracy"]


def test_samples_of_arrays_are_not_at_hand(tmp_path: Path) -> None:
    SpikingClassifier(epochs=1).fit(FEATURES, KINDS).save(tmp_path / "saved")
    assert load(tmp_path / "saved").score(FEATURES, KINDS) > 0.5
    result = CliRunner().invoke(main, ["evaluate", "--checkpoint", str(tmp_path / "saved")])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (dict(parameters={"colour": "red"}), "there is no parameter 'colour'"),
        (dict(classes=[1, 2, 3]), "the labels have 3 classes, but the network of preset 'flowers' 2"),
        (dict(classes=[[1], 2]), r"classes\[0\]"),
        (dict(dtype="<x9"), "data type"),
        (dict(more=1), "there is no such field"),
    ],
)
def test_a_damaged_description_is_refused(preset: Path, tmp_path: Path, change: dict[str, Any], sentence: str) -> None:
    SpikingClassifier(preset, epochs=1).fit(FEATURES, KINDS).save(tmp_path / "saved")
    description = tmp_path / "saved" / "classifier.json"
    description.write_text(json.dumps(json.loads(description.read_text(encoding="utf-8")) | change), encoding="utf-8")
    with pytest.raises(UserError, match=sentence):
        load(tmp_path / "saved")


def test_a_folder_without_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no checkpoint at"):
        load(tmp_path)
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UserError, match="holds files that are not a checkpoint; choose another folder"):
        SpikingClassifier(epochs=1).fit(FEATURES, KINDS).save(tmp_path)


def test_old_checkpoints_of_own_data_have_no_encoder(preset: Path, tmp_path: Path) -> None:
    run("train", "--preset", preset, "--out", tmp_path / "run")
    description = tmp_path / "run" / "checkpoint" / "checkpoint.json"
    document = json.loads(description.read_text(encoding="utf-8"))
    del document["progress"]["encoder"], document["progress"]["class_names"]
    description.write_text(json.dumps(document), encoding="utf-8")
    assert run("evaluate", "--checkpoint", tmp_path / "run")["samples"] == 20
    with pytest.raises(UserError, match="does not hold the encoder of its data; train it again"):
        load(tmp_path / "run")
