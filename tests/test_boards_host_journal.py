"""How far an epoch has come, as the chip counts and as the journal keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from boards.host.journal import Lesson, read_lesson, write_lesson

BEGAN = "0123456789abcdef"


def test_counts_answers() -> None:
    lesson = Lesson(BEGAN, 7)
    lesson.answered(right=True, updated=False)
    lesson.answered(right=False, updated=True)
    assert (lesson.learned, lesson.heard, lesson.right, lesson.updated) == (2, 2, 1, 1)


@pytest.mark.parametrize(
    ("before", "learned", "now", "found"),
    [
        (0, 0, 0, 0),
        (10, 5, 15, 5),  # all was heard
        (10, 5, 18, 8),  # three were not
        (65_530, 5, 3, 9),  # it came round
        (10, 65_600, 10 + 65_601 - 65_536, 65_601),  # an epoch longer than the count
        (10, 5, 14, 65_540),  # less than was heard: so many that no epoch is meant
        (10, 5, 0, 5 + 65_521),  # power was off
    ],
)
def test_finds_what_the_chip_has_learned(before: int, learned: int, now: int, found: int) -> None:
    assert Lesson(BEGAN, before, learned).counted_by(now) == found


def test_is_kept(tmp_path: Path) -> None:
    place, lesson = tmp_path / "run" / "journal.json", Lesson(BEGAN, 3, 9, 8, 7, 6)
    write_lesson(place, lesson)
    assert read_lesson(place) == lesson
    assert [path.name for path in place.parent.iterdir()] == ["journal.json"]
    write_lesson(None, lesson)
    assert read_lesson(None) is read_lesson(tmp_path / "none") is None


@pytest.mark.parametrize("change", [{"format": 2}, {"count": 65_536}, {"learned": -1}, {"began": "x"}, {"more": 1}])
def test_relies_on_nothing_else(tmp_path: Path, change: dict[str, object]) -> None:
    place = tmp_path / "journal.json"
    write_lesson(place, Lesson(BEGAN, 3))
    place.write_text(json.dumps(json.loads(place.read_text()) | change))
    assert read_lesson(place) is None
    place.write_text("{")
    assert read_lesson(place) is None
