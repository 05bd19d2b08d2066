"""A simulated board: its clock, its serial line, its lights and buttons, its flash."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import NamedTuple

from boards.catalogue import Board
from boards.platforms.clocks import PllClock
from boards.simulated.flash import FAULTS, FlashMisusedError
from golden.system.closing import Closing

_START = PllClock.RESET_CYCLES + 100
_pointer, _u64, _int, _double = ctypes.c_void_p, ctypes.c_uint64, ctypes.c_int, ctypes.c_double
_ROOM = 1 << 16  # bytes that are taken at once
_BUDGET = 200_000  # cycles a call: fractions of a second, between which an interrupt is served


class Status(NamedTuple):
    """How a simulated board is.

    Attributes
    ----------
    cycles
        Of its clock, since it was switched on.
    sent, received
        Bytes that the other end of the line has sent to the board, and received from it.
    unsent
        Bytes that are still to be sent, the one under way included.
    framing_errors
        Bytes of the board without stop bit, which are dropped.
    leds
        Which lights are on, LED 0 in bit 0.
    """

    cycles: int
    sent: int
    received: int
    unsent: int
    framing_errors: int
    leds: int


class _Status(ctypes.Structure):
    """``Status`` of native/board.cpp."""

    _fields_ = [(name, _u64) for name in Status._fields]


class SimulatedBoard(Closing):
    """A board, cycle by cycle, and the other end of its serial line.

    It has left the reset that follows configuration, in which a board does not listen. Bytes for it wait in a queue
    without end, and those that it sends until they are taken.

    Parameters
    ----------
    library
        Made of the board by :func:`boards.simulated.model.compiled_board`.
    board
        What was compiled, with the clock that it has for its preset.
    baud_error
        How much faster the other end of the line is than the baud rate of the board, 0.02 for 2 %.
    pause
        Bits that the other end pauses between bytes.
    flash
        What the flash of the board holds (:func:`boards.simulated.flash.contents`), where the design reads it. Whether
        it does so as the data sheet demands is checked all the time.
    seed
        From 1 on: of what is undefined when the power comes, in models of netlists.
    """

    def __init__(
        self,
        library: Path,
        board: Board,
        *,
        baud_error: float = 0.0,
        pause: float = 0.0,
        flash: bytes | None = None,
        seed: int = 1,
    ) -> None:
        self.clock_hz, self.baud = board.clock_hz, board.baud
        self._native = _declared(ctypes.CDLL(str(library)))
        bit = board.clock_hz / (board.baud * (1 + baud_error))
        self._room = ctypes.create_string_buffer(_ROOM)
        self._opened: int | None = self._native.board_open(bit, pause, seed)
        if flash is not None:
            self._native.board_connect_flash(self._board, flash, len(flash), board.clock_hz)
        self.run(_START)

    def send(self, data: bytes) -> None:
        """Put bytes into the queue for the board."""
        self._native.board_send(self._board, data, len(data))

    def take(self) -> bytes:
        """Return the bytes that have arrived from the board since the last call."""
        parts = list[bytes]()
        while count := self._native.board_take(self._board, self._room, _ROOM):
            parts.append(ctypes.string_at(self._room, count))
        return b"".join(parts)

    def run(self, cycles: int, *, until_byte: bool = False) -> None:
        """Let the clock run; with ``until_byte`` no further than to the end of a byte that arrives from the board.

        Raises
        ------
        FlashMisusedError
            If the design did not use the flash as it may.
        """
        while cycles > 0:
            part = min(cycles, _BUDGET)
            ended = self._native.board_run(self._board, part, until_byte)
            if any(faults := self._flash()[1]):
                found = ", ".join(f"{words} ({count})" for words, count in zip(FAULTS, faults, strict=True) if count)
                raise FlashMisusedError(f"the design misuses its flash: {found}")
            if ended:
                return
            cycles -= part

    @property
    def flash_bytes(self) -> int:
        """Bytes that have been read from the flash."""
        return self._flash()[0]

    def press(self, button: int, pressed: bool = True) -> None:
        """Press a button, or release it; buttons are numbered as the design requests them.

        Raises
        ------
        ValueError
            If the design has no such button.
        """
        if not self._native.board_press(self._board, button, pressed):
            raise ValueError(f"the design has no button {button}")

    def status(self) -> Status:
        """How the board is."""
        status = _Status()
        self._native.board_status(self._board, ctypes.byref(status))
        return Status(*(getattr(status, name) for name in Status._fields))

    def close(self) -> None:
        """Switch the board off."""
        board, self._opened = self._opened, None
        if board:
            self._native.board_close(board)

    def _flash(self) -> tuple[int, list[int]]:
        faults = (_u64 * len(FAULTS))()
        return self._native.board_flash(self._board, faults), list(faults)

    @property
    def _board(self) -> int:
        if self._opened is None:
            raise ValueError("the simulated board is switched off")
        return self._opened


def _declared(library: ctypes.CDLL) -> ctypes.CDLL:
    for name, result, *arguments in (
        ("board_open", _pointer, _double, _double, _int),
        ("board_close", None, _pointer),
        ("board_send", None, _pointer, ctypes.c_char_p, _u64),
        ("board_take", _u64, _pointer, _pointer, _u64),
        ("board_run", _int, _pointer, _u64, _int),
        ("board_press", _int, _pointer, _u64, _int),
        ("board_status", None, _pointer, _pointer),
        ("board_connect_flash", None, _pointer, ctypes.c_char_p, _u64, _double),
        ("board_flash", _u64, _pointer, _pointer),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library
