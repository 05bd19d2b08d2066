"""The port of a simulated board, as programs use it: opened, closed, opened again, not read, discarded."""

from __future__ import annotations

import os
import select
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
import serial

from boards.catalogue import BOARDS
from boards.simulated import terminal as module
from boards.simulated.board import SimulatedBoard
from boards.simulated.terminal import ROOM, Report, Terminal
from golden.spec.errors import UserError
from tests.support.echo import compiled_echo

BOARD = BOARDS["icebreaker"]
PATIENCE = 30  # seconds
MESSAGE = bytes(range(256)) * 8


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_echo(BOARD, tmp_path_factory.mktemp("echo"))


class StoppedError(Exception):
    """Ends the loop that serves."""


@contextmanager
def served(library: Path, *, real_time: bool = False) -> Iterator[tuple[Terminal, list[Report]]]:
    """A terminal that is served by a thread, and what that tells."""
    with SimulatedBoard(library, BOARD) as board, Terminal(board, real_time=real_time) as terminal:
        stop, reports, failures = Event(), list[Report](), list[Exception]()

        def told(report: Report) -> None:
            reports.append(report)
            if stop.is_set():
                raise StoppedError

        def work() -> None:
            try:
                terminal.serve(told)
            except StoppedError:
                pass
            except Exception as error:  # noqa: BLE001 - told to the test
                failures.append(error)

        thread = Thread(target=work)
        thread.start()
        try:
            yield terminal, reports
        finally:
            stop.set()
            thread.join()
        assert not failures, failures


def opened(port: str) -> serial.Serial:
    return serial.Serial(port, BOARD.baud, timeout=PATIENCE, write_timeout=PATIENCE)


def test_a_program_opens_closes_and_opens_again(library: Path) -> None:
    with served(library) as (terminal, reports):
        for part in (MESSAGE, b"\x11\x13\x03\x04\r\n\0\xff", MESSAGE[::-1]):  # nothing is taken for a command
            with opened(terminal.port) as line:
                line.write(part)
                assert line.read(len(part)) == part
        while not reports or reports[-1].status.received < len(MESSAGE):
            time.sleep(0.01)
        assert terminal.dropped == 0


def test_discards_what_a_program_discards(library: Path) -> None:
    with served(library) as (terminal, reports):
        with opened(terminal.port) as line:
            line.write(MESSAGE * 4)  # more than fits into the system's buffer
            end = time.monotonic() + PATIENCE
            while not reports or reports[-1].status.received < 4 * len(MESSAGE):
                assert time.monotonic() < end
                time.sleep(0.01)
        with opened(terminal.port) as line:  # pyserial discards the input of a port that it opens
            time.sleep(0.5)
            line.reset_input_buffer()
            line.write(b"new")
            assert line.read(3) == b"new"


def test_drops_what_nobody_reads(library: Path) -> None:
    with SimulatedBoard(library, BOARD) as board, Terminal(board) as terminal:
        handle = os.open(terminal.port, os.O_RDWR | os.O_NOCTTY)
        total = 0
        while not terminal.dropped:
            board.send(MESSAGE)
            total += len(MESSAGE)
            while board.status().received < total:
                terminal.turn()
            assert total < ROOM + 40_000
        termios.tcflush(handle, termios.TCIFLUSH)
        board.send(b"after")
        while board.status().received < total + 5:
            terminal.turn()
        found, end = b"", time.monotonic() + PATIENCE
        while not found.endswith(b"after") and time.monotonic() < end:
            terminal.turn()
            if select.select([handle], [], [], 0)[0]:
                found += os.read(handle, 1 << 16)
        assert found == b"after"
        os.close(handle)


def test_its_clock_rests_until_somebody_writes(library: Path) -> None:
    with served(library) as (terminal, reports):
        end = time.monotonic() + PATIENCE
        while len(reports) < 2 or reports[-1].cycles_per_second:
            assert time.monotonic() < end
            time.sleep(0.01)
        with opened(terminal.port) as line:
            line.write(b"x")
            assert line.read(1) == b"x"


def test_runs_no_faster_than_the_board(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_QUIET", 1e9)
    with SimulatedBoard(library, BOARD) as board:
        board.clock_hz = 1e5  # slow enough to be simulated in time
        with Terminal(board, real_time=True) as terminal:
            started = time.monotonic()
            while time.monotonic() < started + 1:
                terminal.turn()
            assert board.status().cycles <= 1.1e5 * (time.monotonic() - started) + 10_000


def test_without_pseudo_terminals(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "termios", None)
    with (
        SimulatedBoard(library, BOARD) as board,
        pytest.raises(UserError, match="this system has no pseudo-terminals; simulate the board on Linux or macOS"),
    ):
        Terminal(board)


def test_when_there_are_no_more(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> tuple[int, int]:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(os, "openpty", none)
    with (
        SimulatedBoard(library, BOARD) as board,
        pytest.raises(UserError, match="the system gives no pseudo-terminal .*; close some programs"),
    ):
        Terminal(board)
