"""Searches through the command line: resumed, side by side, blind to the test part, never worse than the start."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from golden.data.files import load_own
from golden.data.source import load
from golden.data.split import stratified
from golden.spec.data import Data
from golden.spec.presets import preset_named
from golden.training.train import train
from threefactor.cli import main
from threefactor.commands import tune as command
from threefactor.studies import executors
from threefactor.tuning import search
from threefactor.tuning.validation import Task

ROOT = Path(__file__).parent.parent
PRESET = """
summary = "mine"
[data]
train = "train.csv"
test = "test.csv"
[network]
inputs = 3
classes = 2
neurons = 16
modulators = 2
recurrence = "none"
input_amplitude = 40
[hardware]
lanes = 4
[training]
layer_shift = 6
epochs = 2
slower = []
"""


class Here(Executor):
    """Computes at once, in this process; ``tasks`` counts, and when none are ``left`` somebody types Ctrl-C."""

    def __init__(self) -> None:
        self.tasks, self.left = 0, -1

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.tasks += 1
        future: Future[Any] = Future()
        future.set_result(function(*arguments, **named))
        return future


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> Here:
    executor = Here()

    @contextmanager
    def opened(workers: int, cluster: str | None = None) -> Iterator[Executor]:
        yield executor

    monkeypatch.setattr(command, "opened_executor", opened)
    return executor


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A preset file with data beside it, in the folder in which commands run."""
    monkeypatch.chdir(tmp_path)
    for name, seed in (("train.csv", 1), ("test.csv", 2)):
        draw = random.Random(seed)
        rows = [[draw.gauss(index % 2, 0.7) for _ in range(3)] + [f"c{index % 2}"] for index in range(32)]
        (tmp_path / name).write_text("\n".join(["a,b,c,class", *(",".join(map(str, row)) for row in rows)]) + "\n")
    (tmp_path / "mine.toml").write_text(PRESET, encoding="utf-8")
    return tmp_path / "mine.toml"


def tuned(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["tune", *map(str, arguments), "--splits", "2"])


def found(*arguments: object) -> dict[str, Any]:
    result = tuned(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def refused(*arguments: object) -> str:
    result = tuned(*arguments)
    assert result.exit_code == 2, result.output
    return result.stderr


def without_place(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "file": None}


def test_a_search_that_was_stopped_ends_like_one_that_was_not(mine: Path, here: Here) -> None:
    whole = found("mine.toml", "--trials", 6, "--out", "whole", "-o", "whole.toml")
    tasks = here.tasks
    here.tasks, here.left = 0, 7  # in the fourth trial
    stopped = tuned("mine.toml", "--trials", 6, "--out", "half", "-o", "half.toml")
    assert stopped.exit_code == 130
    assert "interrupted with 0 of 6 trials done; type the same command to go on" in stopped.stderr
    here.left = 10  # in the second batch
    assert "interrupted with 4 of 6" in tuned("mine.toml", "--trials", 6, "--out", "half", "-o", "half.toml").stderr
    here.tasks, here.left = 0, -1
    resumed = found("mine.toml", "--trials", 6, "--out", "half", "-o", "half.toml")
    assert here.tasks == tasks - 4 * 2, "finished trials are kept"
    assert without_place(resumed) == without_place(whole)
    assert Path("half.toml").read_text() == Path("whole.toml").read_text()
    here.tasks = 0
    assert without_place(found("mine.toml", "--trials", 6, "--out", "half", "-o", "half.toml")) == without_place(whole)
    assert here.tasks == 0


def test_more_trials_go_on_where_fewer_ended(mine: Path, here: Here) -> None:
    found("mine.toml", "--trials", 3, "--out", "one")
    grown = found("mine.toml", "--trials", 6, "--out", "one")
    Path("mine-tuned.toml").unlink()
    assert grown == found("mine.toml", "--trials", 6, "--out", "other")


def test_processes_find_what_one_finds(mine: Path, here: Here) -> None:
    alone = found("mine.toml", "--trials", 3, "--out", "one", "-o", "one.toml")
    line = ["tune", "mine.toml", "--trials", "3", "--out", "two", "-o", "two.toml", "--splits", "2", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "threefactor", *line, "--workers", "2"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert without_place(json.loads(done.stdout)) == without_place(alone)
    assert Path("two.toml").read_text() == Path("one.toml").read_text()


def test_the_test_file_is_not_read(mine: Path, here: Here) -> None:
    before = found("mine.toml", "--trials", 3, "--out", "one")
    text = Path("mine-tuned.toml").read_text()
    Path("test.csv").write_text("this is no test part any more\n")
    Path("mine-tuned.toml").unlink()
    assert found("mine.toml", "--trials", 3, "--out", "other") == before
    assert Path("mine-tuned.toml").read_text() == text


def test_a_part_that_is_held_back_is_not_seen(mine: Path, here: Here) -> None:
    mine.write_text(PRESET.replace('test = "test.csv"', 'encoder = "range"'), encoding="utf-8")
    before = found("mine.toml", "--trials", 3, "--out", "one", "-o", "one.toml")
    rows = Path("train.csv").read_text().splitlines()
    _, held = stratified(load_own(Data("train.csv", test="train.csv"), Path()).train_labels, 25, 1)
    for index in held:
        rows[1 + index] = ",".join(["1000", "-1000", "5", rows[1 + index].split(",")[-1]])
    Path("train.csv").write_text("\n".join(rows) + "\n")
    assert held
    after = found("mine.toml", "--trials", 3, "--out", "other", "-o", "other.toml")
    assert without_place(after) == without_place(before)
    seen = 1 + next(index for index in range(32) if index not in held)
    rows[seen] = ",".join(["1000", "-1000", "5", rows[seen].split(",")[-1]])
    Path("train.csv").write_text("\n".join(rows) + "\n")
    assert "another data" in refused("mine.toml", "--trials", 3, "--out", "other", "-o", "other.toml")


def test_the_file_trains_wherever_it_is_written(mine: Path, here: Here) -> None:
    Path("deep/real").mkdir(parents=True)
    Path("link").symlink_to("deep/real")
    best = found("mine.toml", "--trials", 4, "-o", "link/best.toml")
    assert best["file"] == "link/best.toml"
    preset = preset_named("link/best.toml")
    start = preset_named("mine.toml")
    assert (preset.name, preset.summary, preset.training.epochs) == ("best", "mine", 2)
    assert load(preset.dataset).train_samples.shape == load(start.dataset).train_samples.shape
    assert train(preset, load(preset.dataset)).history[-1].test_accuracy >= 0
    for name, value in best["choices"].items():
        parts = (preset.training, preset.network, preset.dataset)
        held = {getattr(part, name) for part in parts if hasattr(part, name)}
        assert value in held or (name == "slower" and held == {()} and value == "never"), name


def test_a_start_that_is_best_is_what_is_written(mine: Path, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    start = preset_named("mine.toml")

    def poor_beside_the_start(task: Task) -> float:
        return 0.9 if task.preset.network == start.network and task.preset.training == start.training else 0.5

    monkeypatch.setattr(search, "validated", poor_beside_the_start)
    best = found("mine.toml", "--trials", 9)
    assert (best["best_trial"], best["best_accuracy"], best["start_accuracy"]) == (0, 0.9, 0.9)
    assert best["importance"] == {}, "nothing mattered"
    assert replace(preset_named("mine-tuned.toml"), name="mine", dataset=start.dataset) == start


def test_luck_does_not_win(mine: Path, here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trials that are better in the splits of the search only do not replace the start; one that is better does."""
    start = preset_named("mine.toml")

    def is_start(task: Task) -> bool:
        return task.preset.network == start.network and task.preset.training == start.training

    def lucky(task: Task) -> float:
        return 0.8 if is_start(task) else 0.9 if task.split.index < 2 else 0.7

    monkeypatch.setattr(search, "validated", lucky)
    best = found("mine.toml", "--trials", 6, "--out", "lucky")
    assert best["best_trial"] == 0
    assert max(candidate["accuracy"] for candidate in best["candidates"]) == 0.9

    monkeypatch.setattr(search, "validated", lambda task: 0.8 if is_start(task) else 0.85)
    better = found("mine.toml", "--trials", 6, "--out", "better", "--force")
    assert (better["best_trial"], better["best_accuracy"]) == (1, 0.85)


def test_a_file_of_somebody_else_is_kept(mine: Path, here: Here) -> None:
    Path("mine-tuned.toml").write_text("# by hand\n")
    assert "mine-tuned.toml is not what this search wrote" in refused("mine.toml", "--trials", 1)
    assert Path("mine-tuned.toml").read_text() == "# by hand\n"
    found("mine.toml", "--trials", 1, "--force")
    found("mine.toml", "--trials", 2)
    Path("mine-tuned.toml").write_text(Path("mine-tuned.toml").read_text() + "# by hand\n")
    assert "--force" in refused("mine.toml", "--trials", 2)


def test_what_is_wrong_is_said_in_a_sentence(mine: Path, here: Here) -> None:
    assert "gone.toml cannot be read (No such file or directory)" in refused("gone.toml")
    found("mine.toml", "--trials", 1, "--out", "one")
    mine.write_text(PRESET.replace("epochs = 2", "epochs = 3"), encoding="utf-8")
    assert "one holds a search with another preset; name another folder" in refused("mine.toml", "--out", "one")
    Path("bad").mkdir()
    Path("bad/study.db").write_bytes(b"no database" * 100)
    assert "study.db cannot be used (file is not a database)" in refused("mine.toml", "--out", "bad")
    mine.write_text(PRESET.replace("inputs = 3", "inputs = 4"), encoding="utf-8")
    assert "3 inputs, but the network 4" in refused("mine.toml", "--out", "other")
    mine.write_text(PRESET, encoding="utf-8")
    Path("train.csv").write_text(Path("train.csv").read_text() + "1,2,3,c2\n")
    assert "class 'c2' of train.csv has 1 training sample" in refused("mine.toml", "--out", "other")
    assert "there is no board 'icebraker'" in refused("mine.toml", "--board", "icebraker")
    assert "No such option" not in refused("mine.toml", "--trials", 0)


def test_a_cluster_that_is_not_there_is_named(mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executors, "PATIENCE", 1)
    sentence = refused("mine.toml", "--trials", 1, "--cluster", "tcp://127.0.0.1:9")
    assert "no Dask scheduler answers at 'tcp://127.0.0.1:9'" in sentence
