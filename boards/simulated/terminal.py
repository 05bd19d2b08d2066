"""A simulated board behind a pseudo-terminal, which programs open as the serial port of a real one."""

from __future__ import annotations

import os
import select
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from boards.simulated.board import SimulatedBoard, Status
from golden.system.closing import Closing
from golden.system.pseudoterminals import open_pseudo_terminal

ROOM = 1 << 16  # bytes of the board that wait for a reader, as in the buffer of a driver
_MOST_UNSENT = 1 << 20  # bytes for the board, after which the writer waits
_TURN = 0.0005  # seconds that the board runs before the port is looked at
_LEAST = 200  # cycles that it runs at least
_REST = 0.1  # seconds between two looks at the port while nothing happens
_QUIET = 0.1  # seconds of the chip without a byte or a change of lights after which its clock rests
_TELLING = 0.25  # seconds between two reports


@dataclass(frozen=True)
class Report:
    """What a simulated board has done.

    Attributes
    ----------
    seconds
        Time of the chip.
    cycles_per_second
        Speed of the simulation, lately; 0 while the clock rests.
    status
        How the board is.
    dropped
        Bytes of the board that nobody read in time.
    """

    seconds: float
    cycles_per_second: float
    status: Status
    dropped: int


class Terminal(Closing):
    """The pseudo-terminal that leads to a simulated board.

    Programs may open and close it one after the other. Bytes of the board that nobody reads wait, ``ROOM`` of them,
    then are dropped; a program that discards its input (``tcflush``) discards these as well. The clock of the chip
    rests when nothing has happened for a while, until the next byte comes.

    Parameters
    ----------
    board
        At the other end.
    real_time
        Let the clock run no faster than that of the real board.

    Attributes
    ----------
    port
        Name of the port.
    dropped
        Bytes of the board that were dropped.

    Raises
    ------
    UserError
        If the system has no pseudo-terminals.
    """

    def __init__(self, board: SimulatedBoard, *, real_time: bool = False) -> None:
        self._board, self._real_time = board, real_time
        # The port is kept open here, so that it stays when a program closes it.
        self._master, self._port, self._flushed = open_pseudo_terminal()
        self.port = os.ttyname(self._port)
        self.dropped = 0
        self._waiting = bytearray()
        self._chunk = _LEAST  # cycles of a turn
        self._most = max(round(_TURN * board.clock_hz), _LEAST) if real_time else sys.maxsize
        self._ahead = 0.0  # seconds that the chip is ahead of a real one
        self._seen, self._quiet_since = board.status(), 0

    def close(self) -> None:
        """Hang up; the board is left on."""
        os.close(self._master)
        os.close(self._port)

    def serve(self, told: Callable[[Report], object]) -> NoReturn:
        """Let the board run, until an exception ends it; ``told`` is called from time to time."""
        before, cycles = time.monotonic(), self._board.status().cycles
        while True:
            self.turn()
            now = time.monotonic()
            if now >= before + _TELLING:
                status = self._board.status()
                speed = (status.cycles - cycles) / (now - before)
                told(Report(status.cycles / self._board.clock_hz, speed, status, self.dropped))
                before, cycles = now, status.cycles

    def turn(self) -> None:
        """Wait for the port as long as the chip has nothing to do, let the chip run for a moment, and pass bytes on."""
        started = time.monotonic()
        resting = self._seen.cycles - self._quiet_since > _QUIET * self._board.clock_hz
        self._pass_on(_REST if resting else max(self._ahead, 0.0))
        if resting and not self._board.status().unsent:
            return
        began = time.monotonic()
        self._board.run(self._chunk, until_byte=True)  # answers must not wait
        ran, status = time.monotonic() - began, self._board.status()
        self._keep(self._board.take())
        cycles = status.cycles - self._seen.cycles
        if cycles == self._chunk:
            # By half at most or by two, since a turn may have been disturbed.
            wanted = round(cycles * _TURN / max(ran, _TURN / 2))
            self._chunk = min(max(wanted, cycles // 2, _LEAST), self._most)
        if status._replace(cycles=self._seen.cycles) != self._seen or status.unsent:
            self._quiet_since = status.cycles
        self._seen = status
        if self._real_time:
            passed = time.monotonic() - started
            self._ahead = max(self._ahead + cycles / self._board.clock_hz - passed, 0.0)

    def _pass_on(self, seconds: float) -> None:
        """Take what a program has written, within ``seconds``, and give it what waits for it."""
        readers = [self._master] if self._board.status().unsent < _MOST_UNSENT else []
        writers = [self._master] if self._waiting else []
        readable, writable, _ = select.select(readers, writers, [], seconds)
        if readable:
            packet = os.read(self._master, 1 << 16)
            if not packet[0]:
                self._board.send(packet[1:])
            elif packet[0] & self._flushed:
                self._waiting.clear()
        if writable:
            with suppress(BlockingIOError):  # full in between
                del self._waiting[: os.write(self._master, self._waiting)]

    def _keep(self, data: bytes) -> None:
        fits = data[: ROOM - len(self._waiting)]
        self._waiting += fits
        self.dropped += len(data) - len(fits)
