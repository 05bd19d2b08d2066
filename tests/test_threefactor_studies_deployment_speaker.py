"""The study of a new speaker keeps apart what is learned and what is tested."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest

from golden.data.spoken import SPEAKERS
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from threefactor.studies.deployment import speaker
from threefactor.studies.deployment.scenario import Part
from threefactor.studies.deployment.speaker import (
    ALONE,
    ALONG,
    ENROLLED,
    NEW,
    OLD,
    STORED,
    TAKES,
    SpeakerStudy,
    Spoken,
    enrolled,
)

FSDD = preset_named("fsdd")
STUDY = SpeakerStudy()


@pytest.fixture(scope="module")
def spoken() -> Spoken:
    """Recordings whose first 6, 10 and 50 inputs say who speaks, what, and which take, in the middle of the time."""
    keys = np.array([*product(range(6), range(10), range(50))])
    events = np.zeros((3000, 64, 80), dtype=np.uint8)
    everyone = np.arange(3000)
    for offset, key in zip((0, 6, 16), keys.T, strict=True):
        events[everyone, 32, offset + key] = 1
    labels, speakers, takes = (keys[:, place].astype(np.uint8) for place in (1, 0, 2))
    return Spoken(events, labels, speakers, takes)


def told(samples: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[tuple[int, int]]:
    """Speaker and take of samples, whatever their shift in time."""
    sums = samples.sum(axis=1)
    return [(int(line[:6].argmax()), int(line[16:66].argmax())) for line in sums]


def test_takes_are_drawn_for_every_speaker_and_seed() -> None:
    assert len(ENROLLED) == 30 and max(TAKES) <= 30
    assert enrolled(0, 1) != enrolled(1, 1) != enrolled(1, 2)
    assert sorted(enrolled(3, 1)) == sorted(ENROLLED)


@pytest.mark.parametrize("stored", STORED)
def test_nothing_that_is_tested_was_learned(spoken: Spoken, stored: int) -> None:
    takes = 10
    (point,) = (p for p in STUDY.points(FSDD) if p.settings == {"speaker": "nicolas", "takes": takes, "stored": stored})
    who = SPEAKERS.index("nicolas")
    before = STUDY.preparation(FSDD, point, spoken).dataset
    scenario = STUDY.scenario(FSDD, point, spoken)
    prepared, recipe = set(told(before.train_samples)), ALONG if stored else ALONE
    lessons = Part(*(np.concatenate(arrays) for arrays in zip(*(phase.part for phase in scenario.phases), strict=True)))
    learned, new, old = (set(told(part.samples)) for part in (lessons, scenario.tests[NEW], scenario.tests[OLD]))
    assert tuple(phase.shifts for phase in scenario.phases) == recipe.rates
    others = {s for s in range(6) if s != who}
    assert prepared == {(s, t) for s in others for t in range(5, 50)}
    assert learned == {
        *((who, take) for take in enrolled(who, 1)[:takes]),
        *((s, take) for s in others for take in range(5, 5 + stored)),
    }
    assert new == {(who, take) for take in range(50) if take < 5 or take % 3 == 0}
    assert old == {(s, take) for s in others for take in range(5)}
    assert not (new | old) & (learned | prepared)
    assert len(lessons.labels) == recipe.passes * 10 * (takes + 5 * stored)
    shift = [line.sum(axis=0)[6:16].argmax() for line in lessons.samples]
    assert (np.array(shift) == lessons.labels).all(), "labels go with their samples"


def test_points_are_all_speakers_and_numbers_of_takes() -> None:
    points = STUDY.points(FSDD)
    assert len({point.name for point in points}) == len(points) == len(STORED) * len(TAKES) * len(SPEAKERS)
    assert STUDY.checked in {point.name for point in points}


def test_a_table_and_a_picture_of_every_number_of_takes() -> None:
    def stage(new: float, old: float) -> dict[str, object]:
        return {"accuracy": {NEW: new, OLD: old}}

    rows = [
        {"settings": dict(point.settings), "stages": [stage(0.5, 0.99), stage(0.9, 0.97)]}
        for point in STUDY.points(FSDD)
    ]
    table = STUDY.table(rows)
    assert len(table.rows) == len(STORED) * (1 + len(TAKES))
    assert table.rows[0][:3] == (0, 0, "50.0%") and table.rows[0][-1] == "0.0"
    assert table.rows[1][:3] == (1, 0, "90.0%") and table.rows[1][-2:] == ("97.0%", "2.0")
    assert "takes of each digit" in str(STUDY.picture(rows))


def test_needs_a_preset_of_spoken_digits(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="study 'speaker' needs a preset of data set 'fsdd', not 'digits'"):
        STUDY.source(preset_named("tiny"), tmp_path)
    with pytest.raises(UserError, match="fsdd_logmel20_u8.npz is missing in"):
        STUDY.source(FSDD, tmp_path)


def test_the_chip_keeps_its_thresholds() -> None:
    network = speaker.without_homeostasis(FSDD).network
    assert (network.homeostasis_gain, network.homeostasis_decay) == (0, 0)
