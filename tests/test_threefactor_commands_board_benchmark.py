"""``threefactor board benchmark``: figures of a simulated board; what they are is measured, never asserted."""

from __future__ import annotations

import json

from click.testing import CliRunner

from threefactor.cli import main


def test_measures_a_board_beside_its_core() -> None:
    arguments = ["board", "benchmark", "--preset", "tiny", "--board", "icebreaker", "--samples", "30", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["preset"], found["board"], found["baud"]) == ("tiny", "icebreaker", 3_000_000)
    assert found["samples"] == 30 and not found["resent"]
    assert found["of_the_core_fraction"] == found["samples_per_second"] / found["core_samples_per_second"]
    assert found["milliseconds_of_one_alone"] > 0 and found["seconds_to_load"] > 0
