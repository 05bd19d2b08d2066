"""The serial line of a simulated board, in the same process: everything happens in the time of the chip."""

from __future__ import annotations

import math
from collections.abc import Callable

from boards.simulated.board import SimulatedBoard

_LATE_BITS = 1500  # a frame and its acknowledgement, and as much again
Fault = Callable[[bytes], bytes]


class SimulatedLine:
    """A line to a simulated board, whose clock runs while somebody reads.

    Equal calls give equal answers, whatever else the computer does.

    Parameters
    ----------
    board
        At the other end; switched off by :meth:`close`.

    Attributes
    ----------
    latency
        See :class:`boards.host.line.Line`.
    outgoing, incoming
        Called with the bytes of every write, and with those that have arrived from the board; each returns what is
        really sent, or received. Faults are planted here; without any, bytes go as they are.
    """

    def __init__(self, board: SimulatedBoard) -> None:
        self._board, self._before = board, 0
        self.latency = _LATE_BITS / board.baud
        self.outgoing: Fault = bytes
        self.incoming: Fault = bytes

    @property
    def cycles(self) -> int:
        """Clock cycles since the first board was switched on."""
        return self._before + self._board.status().cycles

    @property
    def leds(self) -> int:
        """Which lights are on, LED 0 in bit 0."""
        return self._board.status().leds

    def write(self, data: bytes) -> None:
        """Put bytes into the queue for the board."""
        self._board.send(self.outgoing(data))

    def read(self, seconds: float) -> bytes:
        """Let the board run until bytes have arrived, and return them; nothing if there are none within ``seconds``."""
        end = self.cycles + math.ceil(seconds * self._board.clock_hz)  # time that is left always passes
        while not (data := self.incoming(self._board.take())) and (left := end - self.cycles) > 0:
            self._board.run(left, until_byte=True)
        return data

    def replace(self, board: SimulatedBoard) -> None:
        """Switch the board off, and put another one in its place: power fails, and comes back."""
        self._before = self.cycles
        self._board.close()
        self._board = board

    def stall(self, seconds: float) -> None:
        """Read nothing for so long, while the board runs on."""
        self._board.run(round(seconds * self._board.clock_hz))

    def now(self) -> float:
        """Seconds since the first board was switched on, by its own clock."""
        return self.cycles / self._board.clock_hz

    def close(self) -> None:
        """Switch the board off."""
        self._board.close()
