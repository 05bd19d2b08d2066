"""Where a comparison starts: at every checkpoint that it is given, the one before the first epoch included."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from golden.data.datasets import load
from golden.spec.presets import preset_named
from golden.state import State
from golden.training import checkpoint
from golden.training.train import CHECKPOINT, train
from threefactor.cli import main
from threefactor.commands import compare as module

TINY = preset_named("tiny")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    train(TINY, load("digits"), epochs=1, limit=20, folder=tmp_path)
    return tmp_path


def started(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> dict[str, Any]:
    """How the comparison is called; nothing is simulated."""
    called: dict[str, Any] = {}

    def compare(_backend: object, _dataset: object, **given: Any) -> None:
        called.update(given)
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "open_backend", lambda *_, **__: nullcontext(SimpleNamespace()))
    monkeypatch.setattr(module, "compare", compare)
    line = ["compare", "--preset", "tiny", "--backend", "cxxrtl", *map(str, arguments)]
    called["result"] = CliRunner().invoke(main, line)
    return called


def test_a_checkpoint_before_the_first_epoch_is_used(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was left aside without a word, and the comparison began at the initial state."""
    progress = checkpoint.read_progress(run / CHECKPOINT)
    state = State.initial(TINY.network)
    state.thresholds[1][3] += 1
    checkpoint.save(run / CHECKPOINT, TINY.network, state, replace(progress, epoch=0, samples_seen=0, history=()))
    called = started(monkeypatch, "--checkpoint", run, "--limit", 7)
    begin, first = called["start"]
    assert (begin.digest(), first) == (state.digest(), 0)
    assert (called["limit"], called["epochs"]) == (7, TINY.training.epochs)


def test_a_training_goes_on(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called = started(monkeypatch, "--checkpoint", run, "--samples", 4)
    begin, first = called["start"]
    assert f"{begin.digest():016x}" == checkpoint.read_progress(run / CHECKPOINT).history[-1].state_digest
    assert (first, called["samples"], called["limit"]) == (20, 24, 20)


def test_without_a_checkpoint_it_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    called = started(monkeypatch, "--limit", 7)
    assert (called["start"], called["limit"], called["samples"]) == (None, 7, None)


def test_another_number_of_samples_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It was overridden without a word."""
    result = started(monkeypatch, "--checkpoint", run, "--limit", 7)["result"]
    assert result.exit_code == 2
    assert "was trained with 20 samples an epoch, not 7; leave --limit away" in result.stderr


def test_a_checkpoint_within_an_epoch_is_refused(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    progress = checkpoint.read_progress(run / CHECKPOINT)
    state = State.initial(TINY.network)
    checkpoint.save(run / CHECKPOINT, TINY.network, state, replace(progress, epoch=2, samples_seen=21))
    result = started(monkeypatch, "--checkpoint", run)["result"]
    assert result.exit_code == 2
    assert "the checkpoint saw 21 samples in 2 epochs; name one of a training" in result.stderr
