"""``threefactor board selftest``: what is wrong in a chip shows, and what it held before is put back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from boards.host import selftest
from boards.host.client import Client
from boards.host.ports import find
from boards.host.selftest import Trial, Verdict
from golden.engine.network import FastNetwork
from golden.spec.config import Network
from golden.state import State
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.compiled import CompiledBackend
from sim.backends.tables import tables_of
from sim.compare.strikes import StrikeCheck
from tests.support.board import TINY, PluggedBoard, compiled, plugged
from tests.support.shell import complaint, run, said
from threefactor.commands.board.selftest import trials


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluggedBoard]:
    with plugged(compiled(), tmp_path_factory.mktemp("board") / "port") as board:
        yield board


def held(board: PluggedBoard) -> tuple[int, tuple[int, int]]:
    with Client(find(str(board.port)).opened(), TINY) as client:
        return client.state().digest(), client.shifts()


@pytest.fixture
def loaded(board: PluggedBoard) -> tuple[int, tuple[int, int]]:
    """What the chip holds before."""
    said("board", "load", "--preset", "tiny", "--port", board.port)
    said("board", "set", "--layer-shift", 9, "--readout-shift", 7, "--port", board.port)
    return held(board)


def test_nothing_differs_and_all_is_as_before(board: PluggedBoard, loaded: tuple[int, tuple[int, int]]) -> None:
    found = said("board", "selftest", "--trials", 5, "--port", board.port)
    assert (found["trials"], found["samples"], found["breaks"]) == (5, 40, 0)
    assert (found["different_predictions"], found["different_elements"], found["memories"]) == (0, 0, {})
    assert held(board) == loaded and loaded[1] == (9, 7)


def test_a_chip_that_was_never_loaded_is_tested_as_well(tmp_path: Path) -> None:
    with plugged(compiled(), tmp_path / "port") as board:
        before = held_raw(board)
        assert said("board", "selftest", "--trials", 2, "--port", board.port)["different_elements"] == 0
        assert held_raw(board) == before


def held_raw(board: PluggedBoard) -> dict[str, list[int]]:
    with Client(find(str(board.port)).opened(), TINY) as client:
        return {name: elements.tolist() for name, elements in client.contents().items()}


def test_a_chip_that_computes_otherwise_is_found(
    board: PluggedBoard, loaded: tuple[int, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def other(network: Network, state: State) -> FastNetwork:
        return FastNetwork(replace(network, leak_shift=network.leak_shift + 1), state)

    monkeypatch.setattr(selftest, "FastNetwork", other)
    line = ("board", "selftest", "--trials", 3, "--port", board.port)
    result = run(*line, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 1 and found["different_elements"] == sum(found["memories"].values()) > 0
    assert "readout.weights" in found["memories"] and held(board) == loaded
    text = run(*line)
    assert text.exit_code == 1 and "readout.weights" in text.stdout


def test_most_bits_of_tables_matter(tmp_path: Path) -> None:
    """A host cannot read tables; a chip whose table is wrong in a bit computes otherwise in some trial."""
    design = processor_rtlil(TINY)
    with open_backend("verilator", TINY, build_folder=tmp_path, optimize="-O0") as opened:
        processor = cast(CompiledBackend, opened)
        checks = [
            StrikeCheck(processor, design, trial.samples, trial.labels, trial.state)
            for trial in trials(TINY.network, 8, 1)
        ]
        tables = tables_of(TINY, design)
        bits = [bit for bit in checks[0].drawn(4) if bit.probe in tables]
        noticed = sum(any(check.notices(bit) for check in checks) for bit in bits)
    assert len(bits) == 4 * len(tables) == 32 and noticed >= 31  # some rows lead nowhere


def interrupted(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], None]) -> None:
    """Let something happen to the board before the second trial."""
    note, came = selftest._note, list[Trial]()

    def noted(verdict: Verdict, trial: Trial, client: Client) -> None:
        came.append(trial)
        if len(came) == 2:
            happens()
        note(verdict, trial, client)

    monkeypatch.setattr(selftest, "_note", noted)


def test_goes_on_when_the_cable_was_pulled(
    board: PluggedBoard, loaded: tuple[int, tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled() -> None:
        board.pull()
        board.switch_off_and_on()
        board.plug()

    interrupted(monkeypatch, pulled)
    found = said("board", "selftest", "--trials", 3, "--port", board.port)
    assert (found["trials"], found["breaks"], found["different_elements"]) == (3, 1, 0) and held(board) == loaded


def test_what_the_chip_held_is_kept_when_the_cable_stays_pulled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugged(compiled(), tmp_path / "port") as board:
        said("board", "load", "--preset", "tiny", "--port", board.port)
        before = held(board)
        interrupted(monkeypatch, board.pull)
        line = ("board", "selftest", "--patience", 0.3, "--port", board.port, "--rescue", tmp_path / "kept")
        assert f"what the chip held is in {tmp_path / 'kept'}: threefactor board load" in complaint(*line)
        board.plug()
        assert "holds the state of a chip already; load it" in complaint(*line)
        said("board", "load", tmp_path / "kept", "--port", board.port)
        assert held(board) == before
