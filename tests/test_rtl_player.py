"""The player of a recording, against a flash that checks what it is asked, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import ceil
from pathlib import Path

import pytest

from boards.catalogue import BOARDS, Board
from boards.simulated.board import SimulatedBoard
from boards.simulated.flash import FlashMisusedError
from boards.simulated.line import SimulatedLine
from boards.simulated.model import simulated
from boards.simulated.platform import SimulatedClock
from golden.spec.recording import KEY_AT
from rtl import player
from rtl.uart import divisor_for
from tests.support.reader import KEY, compiled_reader

BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)
BYTES = bytes(range(256)) * 2


def held(data: bytes, size: int = 1 << 18) -> bytes:
    """A flash that holds data at the offset of a recording."""
    return (b"\xff" * BOARD.store.offset + data).ljust(size, b"\xff")


def recording(key: bytes = KEY) -> bytes:
    return held(bytes(KEY_AT) + key + BYTES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader")


@pytest.fixture(scope="module")
def library(folder: Path) -> Path:
    return compiled_reader(BOARD, folder)


def started(library: Path, flash: bytes | None, board: Board = BOARD) -> SimulatedLine:
    return SimulatedLine(SimulatedBoard(library, board, flash=flash))


@pytest.fixture
def line(library: Path) -> Iterator[SimulatedLine]:
    line = started(library, recording())
    yield line
    line.close()


def first(line: SimulatedLine, count: int) -> bytes:
    """The next bytes of the line."""
    found = b""
    while len(found) < count and (data := line.read(1e-3)):
        found += data
    return found


def test_reads_every_byte_behind_the_key(line: SimulatedLine) -> None:
    assert line.leds == 1
    assert first(line, len(BYTES) + 3) == BYTES + b"\xff\xff\xff"


def test_waits_for_whoever_takes_its_bytes(library: Path) -> None:
    """The line takes a byte in as many cycles as the flash needs for two and a half.

    Besides the bytes that have arrived there is one on the line, one that is offered, and the first bit of one more.
    """
    with SimulatedBoard(library, BOARD, flash=recording()) as board:
        board.run(100_000)
        assert board.flash_bytes - len(KEY) - board.status().received in (2, 3)


def test_the_first_byte_has_come_after_waking_and_eleven_bytes(library: Path) -> None:
    with SimulatedBoard(library, BOARD, flash=recording()) as board:
        line = 10 * divisor_for(BOARD.clock_hz, BOARD.baud)
        board.run(ceil(player.WAKING * BOARD.clock_hz) + 11 * 16 + line)
        assert board.status().received


def test_goes_on_with_the_host_when_stopped(library: Path) -> None:
    with SimulatedBoard(library, BOARD, flash=recording()) as board:
        board.run(10_000)
        board.send(b"what is not taken")
        board.run(10_000)
        board.press(0)
        board.run(100)
        board.press(0, False)
        line = SimulatedLine(board)
        assert BYTES.startswith(first(line, len(BYTES)))
        read = board.flash_bytes
        line.write(b"and this is")
        assert first(line, 11) == b"and this is"
        assert (board.flash_bytes, line.leds) == (read, 0)


@pytest.mark.parametrize("bit", range(8 * len(KEY)))
def test_another_key_is_left_alone(library: Path, bit: int) -> None:
    other = (int.from_bytes(KEY, "big") ^ 1 << bit).to_bytes(len(KEY), "big")
    with SimulatedBoard(library, BOARD, flash=recording(other)) as board:
        line = SimulatedLine(board)
        assert line.read(1e-4) == b"" and line.leds == 0
        assert board.flash_bytes <= len(KEY)
        line.write(b"abc")
        assert first(line, 3) == b"abc"


@pytest.mark.parametrize("flash", [None, held(b"")])
def test_without_a_flash_or_with_an_erased_one(library: Path, flash: bytes | None) -> None:
    line = started(library, flash)
    assert line.read(1e-4) == b"" and line.leds == 0
    line.write(b"abc")
    assert first(line, 3) == b"abc"
    line.close()


def clocked(clock_hz: float) -> Board:
    """The board with another clock."""
    fast: object = SimulatedClock(clock_hz)
    return replace(simulated(BOARD), pll=fast, baud=round(clock_hz / 15))  # type: ignore[arg-type]


def test_of_a_faster_clock_half_the_speed(folder: Path) -> None:
    board = clocked(120e6)
    with SimulatedBoard(compiled_reader(board, folder, half=2), board, flash=recording()) as simulation:
        assert first(SimulatedLine(simulation), len(BYTES)) == BYTES
    with pytest.raises(FlashMisusedError, match=r"the design misuses its flash: a clock that is too fast \(\d+\)"):
        SimulatedBoard(compiled_reader(board, folder), board, flash=recording()).run(10_000)


def test_a_faster_clock_waits_as_long(folder: Path) -> None:
    """At 75 MHz a bit leaves the flash more than a cycle after the clock has fallen."""
    board = clocked(75e6)
    with SimulatedBoard(compiled_reader(board, folder), board, flash=recording()) as simulation:
        assert first(SimulatedLine(simulation), len(BYTES)) == BYTES
    with pytest.raises(FlashMisusedError, match="a command before it has left deep power-down"):
        SimulatedBoard(compiled_reader(board, folder, clock_hz=24e6), board, flash=recording()).run(10_000)


def test_the_end_of_the_flash_is_noticed(library: Path) -> None:
    line = started(library, recording()[: BOARD.store.offset + KEY_AT + len(KEY) + len(BYTES)])
    with pytest.raises(FlashMisusedError, match="a byte beyond its end"):
        first(line, len(BYTES) + 3)


@pytest.mark.parametrize(
    ("what", "name", "value"),
    [
        ("a command that it does not know", "READ", 0x0B),
        ("a command that it does not know", "WAKE", 0x06),
        ("a command while it is in deep power-down", "_WAKE", 99),
    ],
)
def test_mutants_are_caught(what: str, name: str, value: int, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, name, value)
    with pytest.raises(FlashMisusedError, match=what):
        SimulatedBoard(compiled_reader(BOARD, folder), BOARD, flash=recording()).run(10_000)
