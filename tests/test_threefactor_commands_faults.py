"""``threefactor faults``: flips bits of the gateware, and says what came of it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from sim.compare import strikes
from threefactor.cli import main

LINE = ("faults", "--preset", "tiny", "--each", "1", "--samples", "1", "--json")


def test_tells_of_every_memory() -> None:
    result = CliRunner().invoke(main, LINE)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["struck"] == len(found["memories"]) == 29
    assert not found["stuck"] and not found["broken"]


def test_what_nothing_helps_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strikes.StrikeCheck, "_remedies", lambda *_: iter(()))
    result = CliRunner().invoke(main, LINE)
    assert result.exit_code == 1
    assert json.loads(result.stdout)["broken"] == 29
