"""``threefactor soak``: goes on from its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from boards.simulated.soak import Soaked
from threefactor.cli import main
from threefactor.commands import soak
from threefactor.resumes import Resumed


def run(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["soak", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_goes_on_from_its_folder(tmp_path: Path) -> None:
    first = run("--minutes", "0.05", "--resumes", "2", "--out", str(tmp_path))
    assert first["turns"] and first["seconds"] >= 3 and first["resumes_runs"] == 2
    again = run("--minutes", "0.05", "--resumes", "4", "--out", str(tmp_path))
    assert again["turns"] == first["turns"] and again["resumes_runs"] == 4, "the board has had its time"
    more = run("--minutes", str(first["seconds"] / 60 + 0.02), "--out", str(tmp_path))
    assert more["turns"] > first["turns"] and more["resumes_runs"] == 4
    assert not more["differences"] and not more["miscounted"] and not more["resumes_differences"]


def test_a_damaged_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / soak.RECORD).write_text('{"soaked": 3}', encoding="utf-8")
    result = CliRunner().invoke(main, ["soak", "--minutes", "0", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "is not the record of a soak" in result.stderr and "choose another folder" in result.stderr


@pytest.mark.parametrize("found", [Soaked(differences=1), Soaked(miscounted=1), Soaked(growth=soak.GROWTH + 1)])
def test_what_differs_is_told(tmp_path: Path, found: Soaked) -> None:
    soak._write(tmp_path, found, Resumed())
    assert CliRunner().invoke(main, ["soak", "--minutes", "0", "--out", str(tmp_path)]).exit_code == 1
