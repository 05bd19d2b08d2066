"""Trainings that are stopped at random moments give the bits of those that are not."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from golden.data.source import load
from golden.spec.presets import preset_named
from threefactor.resumes import Resumed, Resumes

TINY = preset_named("tiny")
train = importlib.import_module("golden.training.train")


def test_nothing_differs() -> None:
    found = Resumes(TINY, load(TINY.dataset), seed=3).run(12)
    assert found.runs == 12 and not found.differences
    assert found.interrupted > 5 and found.killed


def test_a_training_that_does_not_go_on_where_it_was_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    resumed = train._resumed

    def other(*arguments: Any) -> Any:
        state, progress = resumed(*arguments)
        state.generators[0] ^= 1
        return state, progress

    monkeypatch.setattr(train, "_resumed", other)
    found = Resumes(TINY, load(TINY.dataset), found=Resumed(runs=100), seed=3).run(110)
    assert found.differences and found.runs == 110 and found.which[0] >= 100
