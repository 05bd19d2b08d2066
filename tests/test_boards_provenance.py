"""Which commit a result is of: what the sources say of themselves, and what a bitstream may be stamped with."""

from __future__ import annotations

import pytest

from boards import provenance
from boards.bitstream.build import planned
from boards.catalogue import BOARDS
from boards.provenance import committed, git_state
from golden.spec.errors import UserError
from golden.spec.presets import preset_named


def test_what_is_stamped_is_a_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance, "git_state", lambda: "0123456789ab")
    assert committed() == "01234567"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (
            "0123456789ab-dirty",
            "the sources differ from their commit 0123456789ab; commit the changes, or build",
        ),
        ("git is not installed", "there is no commit to stamp a bitstream with: git is not installed; build from a"),
        ("not a git repository", "there is no commit to stamp a bitstream with: not a git repository; build from a"),
    ],
)
def test_sources_of_no_commit_are_not_stamped(monkeypatch: pytest.MonkeyPatch, state: str, sentence: str) -> None:
    monkeypatch.setattr(provenance, "git_state", lambda: state)
    with pytest.raises(UserError, match=sentence):
        committed()


def test_git_says_what_the_state_is_made_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provenance.shutil, "which", lambda _: None)
    assert git_state() == "git is not installed"


def test_a_stamp_makes_another_bitstream() -> None:
    board = BOARDS["icebreaker"]
    preset = board.adapted(preset_named("tiny"))
    texts = {planned(board, preset, "", commit=commit)[0]["top.il"] for commit in ("", "", "0123abcd", "0123abce")}
    assert len(texts) == 3
