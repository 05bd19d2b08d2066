"""A board where commands name a simulator."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from golden.data.datasets import load
from golden.engine.network import FastNetwork
from tests.support.board import TINY, PluggedBoard, compiled, plugged
from threefactor.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluggedBoard]:
    with plugged(compiled(), tmp_path_factory.mktemp("board") / "port") as board:
        yield board


def test_compares_with_a_board(board: PluggedBoard) -> None:
    result = run("compare", "--preset", "tiny", "--backend", f"board:{board.port}", "--samples", 5, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["equal"] and found["samples"] == 5 and found["backend"] == f"board:{board.port}"
    assert found["cycles"] is found["cycles_per_second"] is None, "a board does not count cycles"


def test_runs_samples_on_a_board(board: PluggedBoard) -> None:
    line = ("simulate", "--preset", "tiny", "--samples", 20, "--no-learn", "--backend", f"board:{board.port}", "--json")
    result = run(*line)
    assert result.exit_code == 0, result.output
    found, digits, engine = json.loads(result.stdout), load(TINY.dataset), FastNetwork(TINY.network)
    expected = engine.run_many(digits.test_samples[:20], digits.test_labels[:20], False, (0, 0))
    assert found["predictions"] == expected.predictions.tolist()
    assert found["digest"] == f"{engine.state.digest():016x}" and found["samples_per_second"] > 0
    assert found["cycles"] is found["cycles_per_sample"] is None


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("compare --preset tiny --backend board:/dev/no-such-port", "there is no port /dev/no-such-port; connect"),
        ("simulate --preset tiny --backend board:/dev/null", "nothing tells which board is behind /dev/null"),
        ("simulate --preset tiny --backend board:", "a board is named board, board:PORT or board:PORT:BAUD, not"),
        ("compare --preset tiny --backend board --poison", "a board shows no waves and runs what it was programmed"),
        ("simulate --preset tiny --backend board --waves a.vcd", "a board shows no waves and runs what it was"),
        ("simulate --preset tiny --backend bord", "Invalid value for '--backend': 'bord' is not one of 'verilator',"),
    ],
)
def test_sentence(line: str, sentence: str) -> None:
    result = run(*line.split())
    assert result.exit_code == 2 and result.stdout == ""
    assert result.stderr.startswith(f"threefactor: {sentence}") and result.stderr.count("\n") == 1


def test_the_chip_is_another(board: PluggedBoard) -> None:
    result = run("simulate", "--preset", "digits", "--backend", f"board:{board.port}")
    assert result.exit_code == 2 and "the chip was built from preset tiny" in result.stderr
