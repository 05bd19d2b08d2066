"""The estimate as a command."""

from __future__ import annotations

import json

from click.testing import CliRunner

from threefactor.cli import main


def test_one_board_as_json() -> None:
    done = CliRunner().invoke(main, ["estimate", "tiny", "--board", "icebreaker", "--json"])
    assert done.exit_code == 0, done.output
    printed = json.loads(done.stdout)
    (row,) = printed["boards"]
    assert row["board"] == "icebreaker"
    assert not row["fits"]
    assert "5,280" in row["advice"]
    assert row["samples_per_second"]["learning"] == 24e6 / printed["cycles"]["learning"]


def test_all_boards_and_what_to_change() -> None:
    done = CliRunner().invoke(main, ["estimate", "mnist-large"])
    assert done.exit_code == 0, done.output
    assert "icebreaker would need" in done.output
    assert "183 of 208" in done.output
