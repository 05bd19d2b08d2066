"""A board in simulation: the line in both directions, whatever the clocks, the lights, and faults that are planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from boards.catalogue import BOARDS
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from boards.simulated.model import compiled_board
from boards.simulated.platform import SimulatedPlatform
from golden.spec.presets import preset_named
from tests.support.echo import compiled_echo

BOARD = BOARDS["icebreaker"]
EVERY_BYTE = bytes(range(256))
BYTE_SECONDS = 10 / BOARD.baud


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled_echo(BOARD, tmp_path_factory.mktemp("echo"))


def line_to(library: Path, **options: float) -> SimulatedLine:
    return SimulatedLine(SimulatedBoard(library, BOARD, **options))


@pytest.fixture
def line(library: Path) -> Iterator[SimulatedLine]:
    line = line_to(library)
    yield line
    line.close()


def everything(line: SimulatedLine, seconds: float) -> bytes:
    """What arrives until the line is quiet for so long."""
    parts = []
    while data := line.read(seconds):
        parts.append(data)
    return b"".join(parts)


def test_who_waits_until_a_moment_gets_there(line: SimulatedLine) -> None:
    """Less than half a cycle was no time at all: who went on until nothing was left of it never ended."""
    before = line.cycles
    assert line.read(1e-12) == b"" and line.cycles == before + 1
    assert line.read(0.0) == b"" and line.cycles == before + 1


@pytest.mark.parametrize("pause", [0.0, 0.3, 5.0])
@pytest.mark.parametrize("baud_error", [-0.02, 0.0, 0.02])
def test_every_byte_goes_both_ways(library: Path, baud_error: float, pause: float) -> None:
    board = SimulatedBoard(library, BOARD, baud_error=baud_error, pause=pause)
    with board:
        board.send(EVERY_BYTE * 2)
        board.run(round(512 * (10 + pause) * BOARD.clock_hz / BOARD.baud * 1.03) + 1000)
        assert board.take() == EVERY_BYTE * 2 and board.take() == b""
        status = board.status()
        assert (status.sent, status.received, status.unsent, status.framing_errors) == (512, 512, 0, 0)


def test_the_fastest_line_of_a_clock(tmp_path: Path) -> None:
    """Four cycles a bit, which the simulation of much traffic is faster with."""
    fast = replace(BOARD, baud=round(BOARD.clock_hz / 4))
    line = SimulatedLine(SimulatedBoard(compiled_echo(fast, tmp_path), fast))
    before = line.cycles
    line.write(EVERY_BYTE)
    assert everything(line, 1e-4) == EVERY_BYTE
    assert line.cycles - before < 256 * 40 + 3000
    line.close()


@pytest.mark.parametrize("baud_error", [-0.2, 0.2])
def test_a_clock_that_is_far_off_breaks_bytes(library: Path, baud_error: float) -> None:
    with SimulatedBoard(library, BOARD, baud_error=baud_error) as board:
        board.send(EVERY_BYTE)
        board.run(100_000)
        assert board.take() != EVERY_BYTE
        assert board.status().framing_errors


def test_bytes_take_the_time_of_the_line(library: Path) -> None:
    for pause in (0.0, 6.0):
        line = line_to(library, pause=pause)
        before = line.now()
        line.write(EVERY_BYTE)
        assert everything(line, 1e-3) == EVERY_BYTE
        between = 1 / BOARD.clock_hz  # what the echo takes between two bytes
        expected = 256 * (BYTE_SECONDS * (1 + pause / 10) + between) + 1e-3
        assert line.now() - before == pytest.approx(expected, abs=3 * BYTE_SECONDS)
        line.close()


def test_bytes_queue_in_both_directions(line: SimulatedLine) -> None:
    for first in range(0, 256, 16):
        line.write(EVERY_BYTE[first : first + 16])
    assert line.read(1e-3) == EVERY_BYTE[:1]  # no later than it must be
    assert everything(line, 1e-3) == EVERY_BYTE[1:]


def test_reading_ends_in_time(line: SimulatedLine) -> None:
    before = line.cycles
    assert line.read(1e-3) == b""
    assert line.cycles - before == round(1e-3 * BOARD.clock_hz)
    assert line.now() == pytest.approx(line.cycles / BOARD.clock_hz)
    assert line.read(0) == b""


def test_equal_calls_give_equal_answers(library: Path) -> None:
    def told() -> list[tuple[bytes, int]]:
        line, found = line_to(library), list[tuple[bytes, int]]()
        for number in range(20):
            line.write(EVERY_BYTE[: number + 1])
            found.append((line.read(2e-4), line.cycles))
        line.close()
        return found

    assert told() == told()


def test_faults_are_planted_in_either_direction(line: SimulatedLine) -> None:
    line.outgoing = lambda data: data[1:]
    line.write(b"abc")
    assert everything(line, 1e-3) == b"bc"
    line.outgoing, line.incoming = bytes, lambda data: data.replace(b"b", b"").replace(b"c", b"C")
    line.write(b"abc")
    assert everything(line, 1e-3) == b"aC"


def test_buttons_and_lights(library: Path) -> None:
    with SimulatedBoard(library, BOARD) as board:
        assert board.status().leds == 0
        board.press(0)
        board.run(10)
        assert board.status().leds == 1
        board.send(b"x")
        board.run(1000)
        board.press(0, pressed=False)
        board.run(10)
        assert board.status().leds == 2
        with pytest.raises(ValueError, match="the design has no button 1"):
            board.press(1)


def test_a_board_that_is_off_says_so(library: Path) -> None:
    line = line_to(library)
    line.close()
    line.close()
    with pytest.raises(ValueError, match="the simulated board is switched off"):
        line.read(1)


def test_several_boards_at_once(library: Path) -> None:
    lines = [line_to(library) for _ in range(3)]
    lines.pop(0).close()
    for number, line in enumerate(lines):
        line.write(bytes((number,)))
    assert [line.read(1e-3) for line in lines] == [b"\0", b"\1"]
    for line in lines:
        line.close()


def test_the_model_is_kept(library: Path) -> None:
    folder = library.parent.parent
    before = sorted(folder.iterdir())
    assert compiled_echo(BOARD, folder) == library
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("name", BOARDS)
def test_every_board_has_what_a_design_asks_for(name: str) -> None:
    board = BOARDS[name]
    platform = SimulatedPlatform(board)
    uart = platform.request("uart", 0, dir="-")
    assert len(uart.rx) == len(uart.tx) == 1
    platform.request(platform.default_clk, dir="-")
    ports = {port.name for port in platform.ports}
    assert ports >= {"uart_0_rx__i", "uart_0_tx__o", "oscillator__i"}
    with pytest.raises(ValueError, match="dir must be '-', not 'i'"):
        platform.request("led", 0, dir="i")


def test_the_processor_of_a_preset(tmp_path: Path) -> None:
    """It comes out of reset, is quiet when nothing is said, and has dark lights; tests/test_boards_host.py goes on."""
    line = line_to(compiled_board(preset_named("tiny"), BOARD, folder=tmp_path, optimize="-O0"))
    assert line.read(1e-3) == b""
    assert line.leds == 0
    line.close()
