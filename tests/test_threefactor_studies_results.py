"""Results of studies keep to their schema, or are refused in a sentence."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from golden.data.datasets import load
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from threefactor.studies.catalogue import STUDIES
from threefactor.studies.conduct import conduct
from threefactor.studies.results import rows_of
from threefactor.studies.run import Run, runs_of

POINTS = STUDIES["links"].points(preset_named("tiny"))[:1]


@pytest.fixture(scope="module")
def runs() -> list[list[Run]]:
    return runs_of(POINTS, 1, 1, 20, data=load("digits").digest)


@pytest.fixture(scope="module")
def kept(runs: list[list[Run]], tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Path and contents of the result of a run."""
    out = tmp_path_factory.mktemp("study")
    with ThreadPoolExecutor(1) as executor:
        conduct(runs[0], executor, out)
    (row,) = rows_of(POINTS, runs, out)
    (path,) = out.rglob("*.json")
    result: dict[str, Any] = json.loads(path.read_text())
    assert row["test_accuracy"] == result["test_accuracy"]
    return path.relative_to(out).as_posix(), result


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (dict(history=[]), "it does not tell of every epoch and layer"),
        (dict(history=[{}]), "history[0]: object missing required field epoch"),
        (dict(test_accuracy="0.9"), "test_accuracy: expected float, got str"),
        (dict(test_accuracy=7), "test_accuracy: expected float <= 1.0"),
        (dict(key="0" * 16), "it is of another run"),
        (dict(network=[]), "network: expected object, got array"),
        (dict(network={"inputs": 1.0}), "network.inputs: expected int, got float"),
        (
            dict(network={"inputs": 5000, "classes": 10, "neurons": 16}),
            "network: inputs must be an integer in 1..4096, not 5000",
        ),
        (dict(training={"epochs": 0}), "training: epochs must be at least 1, not 0"),
        (dict(comment="mine"), "comment: there is no such field"),
    ],
)
def test_a_damaged_result_is_a_sentence(
    runs: list[list[Run]], kept: tuple[str, dict[str, Any]], tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    """A history [{}] ended in a KeyError, an accuracy that is a text in a TypeError of the mean."""
    name, result = kept
    (tmp_path / name).parent.mkdir()
    (tmp_path / name).write_text(json.dumps(result | changes))
    sentence = f"{tmp_path / name} is damaged ({reason}); remove it and type the command again"
    with pytest.raises(UserError, match=f"^{re.escape(sentence)}$"):
        rows_of(POINTS, runs, tmp_path)
