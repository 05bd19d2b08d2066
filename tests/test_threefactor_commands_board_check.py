"""``threefactor board check``: a training over a line full of trouble, held against the model."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from boards.catalogue import BOARDS
from boards.simulated.check import BoardCheck
from boards.simulated.model import compiled_board
from boards.simulated.trouble import KINDS
from golden.data.source import load
from golden.spec.presets import preset_named
from threefactor.cli import main


def test_a_short_check_finds_no_difference() -> None:
    result = CliRunner().invoke(main, ["board", "check", "--preset", "tiny", "--faults", "2", "--json"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["differences"] == 0 and found["comparisons"] and found["samples"] % 200 == 0
    assert min(found["to_chip"][kind] + found["to_host"][kind] for kind in KINDS) >= 4


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A chip that learns at another rate than the model."""
    tiny = preset_named("tiny")
    board = replace(BOARDS["icebreaker"], baud=6_000_000)
    check = BoardCheck(tiny, board, compiled_board(tiny, board), load(tiny.dataset), rate=0.0)
    loaded = check._loaded

    def other_rate(state: Any) -> None:
        loaded(state)
        check._client.set_shifts(1, 1)

    monkeypatch.setattr(check, "_loaded", other_rate)
    check._loaded(check._model.state)
    assert check.run(1).differences
