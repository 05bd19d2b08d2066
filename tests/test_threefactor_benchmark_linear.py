"""Linear classifiers beside the network: on the split of the training, on the values as the file has them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from golden.data.files import divided
from golden.data.samples import Samples
from golden.spec.data import Data
from threefactor.benchmark.linear import PARTS, features, measure_linear
from threefactor.cli import main

DRAW = np.random.default_rng(3)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two classes in four features, one of which tells them apart but for some noise; a value is missing."""
    labels = np.arange(80) % 2
    values = DRAW.normal(size=(80, 4))
    values[:, 2] += 3 * labels
    rows = [
        ",".join([*(f"{value:.6f}" for value in row), f"c{label}"]) for row, label in zip(values, labels, strict=True)
    ]
    rows[5] = "," + rows[5].partition(",")[2]
    path = tmp_path / "table.csv"
    path.write_text("a,b,c,d,class\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["benchmark", *map(str, arguments)])


def test_learns_and_tests_the_parts_of_the_training(table: Path) -> None:
    data = Data(str(table), missing="fill")
    parts = divided(data, Path())
    assert np.isnan(parts.training.values).sum() + np.isnan(parts.test.values).sum() == 1
    medians = np.nanmedian(parts.training.values, axis=0)
    training, test = (np.where(np.isnan(v), medians, v) for v in (parts.training.values, parts.test.values))
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(training, parts.train_labels)
    found = measure_linear(data)
    assert found["logistic regression"] == model.score(test, parts.test_labels) > 0.7
    assert set(found) == {"ridge regression", "logistic regression"}


def test_a_series_is_its_means(tmp_path: Path) -> None:
    values = np.arange(2 * (PARTS * 3 + 5), dtype=np.float64).reshape(-1, 2)
    offsets = np.array([0, PARTS * 3, PARTS * 3 + 5])
    samples = Samples("series", values, offsets, ("a", "b"), tmp_path, np.arange(2))
    found = features(samples)
    assert found.shape == (2, 2 * PARTS)
    assert found[0].tolist() == values[: PARTS * 3].reshape(PARTS, 3, 2).mean(axis=1).ravel().tolist()
    assert found[1, 0] == values[PARTS * 3, 0]  # shorter than the parts: each is at least a row


def test_the_command_prints_them(table: Path, tmp_path: Path) -> None:
    preset = tmp_path / "mine.toml"
    made = CliRunner().invoke(main, ["new", "--data", str(table), "-o", str(preset)])
    assert made.exit_code == 0, made.output
    found = json.loads(run("--preset", preset, "--json").stdout)
    assert found["test_accuracies"] == measure_linear(Data(str(table), missing="fill"))
    assert "ridge regression, test accuracy" in run("--preset", preset).stdout


def test_refuses_what_is_shipped() -> None:
    result = run("--preset", "digits")
    assert result.exit_code == 2
    assert "preset digits learns a data set that is shipped; name a preset file with data of yours" in result.stderr
