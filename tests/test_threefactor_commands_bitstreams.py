"""The check of all builds: table, result file and exit code, without building."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from boards.bitstream import budgets
from boards.bitstream.report import BuildReport
from golden.spec.config import Preset
from golden.spec.errors import UserError
from threefactor.cli import main
from threefactor.commands import bitstreams


def pretended(board: str, preset: Preset, out: Path, *, store: bool = False) -> BuildReport:
    """A build that reaches 200 MHz, or none for the Colorlights."""
    if board.startswith("colorlight"):
        raise UserError("it does not fit")
    return BuildReport(
        board=board,
        preset=preset.name,
        seed=1,
        network_digest="",
        resources={"lc": (5388, 83640), "ebr": (12, 208), "dsp": (5, 156)},
        fmax_mhz=200.0,  # within every budget
        clock_mhz=75.0,
        bitstream="x.bit",
        bitstream_sha256="",
        lc_per_lane=1000.0,
        baud=1_000_000,
        baud_error=0.0,
        tools={},
        git="",
        seconds=61.0,
        cached=True,
    )


@pytest.mark.parametrize(("board", "code"), [("ulx3s-85f", 0), ("colorlight-i5", 1)])
def test_table_result_and_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, board: str, code: int) -> None:
    monkeypatch.setattr(budgets, "build", pretended)
    arguments = ["--board", board, "--preset", "digits", "--out", str(tmp_path)]
    done = CliRunner().invoke(main, ["bitstreams", *arguments])
    assert done.exit_code == code, done.output
    result = json.loads((tmp_path / bitstreams.RESULT).read_text())
    assert result["passed"] is (code == 0)
    (design,) = result["designs"]
    assert (design["board"], design["preset"]) == (board, "digits")
    assert design["faults"] == ([] if code == 0 else ["it does not fit"])
    assert ("PASS" if code == 0 else "FAIL") in done.stdout
    printed = CliRunner().invoke(main, ["bitstreams", *arguments, "--json"])
    assert json.loads(printed.stdout) == result


def test_designs_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budgets, "build", pretended)
    left_out = ["--without", "mnist-large", "--without", "digits"]
    arguments = ["--board", "ulx3s-85f", "--preset", "digits", "--out", str(tmp_path)]
    assert CliRunner().invoke(main, ["bitstreams", *arguments, *left_out]).exit_code == 2
    done = CliRunner().invoke(main, ["bitstreams", *arguments, *left_out[:2], "--json"])
    assert [design["preset"] for design in json.loads(done.stdout)["designs"]] == ["digits"]
    of_digits = ["--preset", "digits", "--out", str(tmp_path), "--without", "icebreaker", "--without", "icesugar"]
    boards = {
        design["board"]
        for design in json.loads(CliRunner().invoke(main, ["bitstreams", *of_digits, "--json"]).stdout)["designs"]
    }
    assert "ulx3s-85f" in boards and not boards & {"icebreaker", "icesugar"}
