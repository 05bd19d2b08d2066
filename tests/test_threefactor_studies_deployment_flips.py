"""The study of bit flips: no flips change nothing, the same flips meet every learner."""

from __future__ import annotations

from typing import Any

from golden.data.datasets import load
from golden.spec.presets import preset_named
from golden.state import State
from threefactor.studies.deployment.flips import LEARNERS, PASSES, RATES, TEST, FlipsStudy
from threefactor.studies.deployment.perform import perform

TINY, STUDY = preset_named("tiny"), FlipsStudy()
POINTS = STUDY.points(TINY)
DIGITS = load("digits")


def test_every_rate_with_every_learner() -> None:
    assert len(POINTS) == len(RATES) * len(LEARNERS)
    assert STUDY.checked in {point.name for point in POINTS}


def test_flips_come_first_and_are_the_same_for_every_learner() -> None:
    prepared = State.initial(TINY.network)
    found: dict[tuple[Any, Any], Any] = {}
    for point in POINTS:
        if point.settings["per_million"] in (0, 10_000):
            scenario = STUDY.scenario(TINY, point, DIGITS)
            settings = point.settings["per_million"], point.settings["learns"]
            found[settings] = perform(scenario, prepared, limit=30)
    for (rate, _), stages in found.items():
        assert len(stages) == 2 + PASSES and stages[-1].learned == PASSES * 30
        assert (stages[0].state_digest == stages[1].state_digest) == (rate == 0)
        assert stages[1].state_digest == found[rate, "all"][1].state_digest
    assert found[0, "all"][-1].state_digest != found[0, "readout"][-1].state_digest


def test_a_table_and_a_picture() -> None:
    def stage(accuracy: float, learned: int) -> dict[str, Any]:
        return {
            "learned": learned,
            "accuracy": {TEST: accuracy},
            "accuracies": {TEST: [accuracy]},
            "spread": {TEST: None},
        }

    rows = [
        {
            "variant": point.name,
            "summary": point.summary,
            "settings": point.settings,
            "stages": [stage(0.9, 0), stage(0.5, 0), stage(0.8, 60)],
        }
        for point in POINTS
    ]
    assert STUDY.table(rows).rows[0][:6] == ("0% of bits", "90.00%", "50.00%", "80.00%", "-", "60")
    picture = str(STUDY.picture(rows))
    assert all(name in picture for name in ("nothing learns", *LEARNERS.values()))
