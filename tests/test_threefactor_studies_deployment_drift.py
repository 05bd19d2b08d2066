"""The study of changes: what is learned is what is tested, and without learning nothing changes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from golden.data.datasets import Dataset, load
from golden.spec.presets import preset_named
from golden.state import State
from threefactor.studies.deployment.drift import BEFORE, CHANGES, LEARNERS, NOW, SHIFTS, DriftStudy, recovered
from threefactor.studies.deployment.perform import perform

TINY, STUDY = preset_named("tiny"), DriftStudy()
POINTS = {point.name: point for point in STUDY.points(TINY)}


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def test_every_change_with_and_without_learning() -> None:
    assert len(POINTS) == len(CHANGES) * len(LEARNERS) and STUDY.checked in POINTS
    spoken = STUDY.points(preset_named("fsdd"))
    assert {point.settings["change"] for point in spoken} == {"permuted", "dead", "flipped"}


def test_the_chip_learns_what_the_preparation_has_not_seen(digits: Dataset) -> None:
    preparation = STUDY.preparation(TINY, POINTS["upside-down"], digits)
    scenario = STUDY.scenario(TINY, POINTS["upside-down"], digits)
    known = len(preparation.dataset.train_labels)
    fresh = len(digits.train_labels) - known
    assert fresh == len(digits.train_labels) // 6
    lessons = np.concatenate([phase.part.samples for phase in scenario.phases])
    assert len(lessons) == len(SHIFTS) * fresh
    rates = [TINY.training.layer_shift + added for added in SHIFTS]
    assert list(dict.fromkeys(phase.shifts[0] for phase in scenario.phases)) == list(dict.fromkeys(rates))
    wanted = np.sort(np.repeat(digits.train_samples[known:, ::-1], len(SHIFTS), axis=0), axis=0)
    assert (np.sort(lessons, axis=0) == wanted).all()
    assert (scenario.tests[NOW].samples == digits.test_samples[:, ::-1]).all()
    assert (scenario.tests[BEFORE].samples == digits.test_samples).all()


@pytest.mark.parametrize("change", CHANGES)
def test_without_learning_nothing_comes_back(change: str, digits: Dataset) -> None:
    """And with it weights change; the readout alone leaves the layers as they are."""
    found = {}
    for learner in LEARNERS:
        point = next(p for p in POINTS.values() if dict(p.settings) == {"change": change, "learns": learner})
        found[learner] = perform(STUDY.scenario(TINY, point, digits), State.initial(TINY.network), limit=20)
    still = found["nothing"]
    assert (still[0].stage, still[-1].learned, still[-1].updates) == ("prepared", 0, 0)
    assert len({m.state_digest for m in still[change == "flipped" :]}) == 1
    assert len({m.accuracies[NOW] for m in still[change == "flipped" :]}) == 1
    assert (still[0].state_digest == still[1].state_digest) == (change != "flipped")
    for learner in ("all", "readout"):
        assert found[learner][-1].learned > 0 and found[learner][-1].state_digest != still[-1].state_digest
    starts = {learner: stages[change == "flipped"].accuracies for learner, stages in found.items()}
    assert starts["all"] == starts["readout"] == starts["nothing"]


def row(change: str, before: float, curve: list[tuple[int, float]]) -> dict[str, Any]:
    stages = [{"stage": "", "learned": learned, "accuracy": {BEFORE: before, NOW: now}} for learned, now in curve]
    return {"variant": change, "summary": "", "settings": {"change": change, "learns": "all"}, "stages": stages}


def test_recovered_is_within_a_point() -> None:
    assert recovered(row("dead", 0.9, [(0, 0.5), (50, 0.889), (100, 0.891), (200, 0.95)])) == 100
    assert recovered(row("dead", 0.9, [(0, 0.5), (50, 0.889)])) is None
    assert recovered(row("flipped", 0.9, [(0, 0.9), (0, 0.5), (50, 0.9)])) == 50, "before the strike does not count"


def test_a_table_and_a_picture() -> None:
    rows = [row("dead", 0.9, [(0, 0.5), (50, 0.8)]), row("flipped", 0.9, [(0, 0.9), (0, 0.6), (100, 0.895)])]
    lines = STUDY.table(rows).rows
    assert lines[0][:6] == ("dead", "90.00%", "50.00%", "80.00%", "-", "50")
    assert lines[1][:6] == ("flipped", "90.00%", "60.00%", "89.50%", "100", "100")
    assert str(STUDY.picture(rows)).count("samples learned since") == 2
