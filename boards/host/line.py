"""The line to a board: bytes to and fro."""

from __future__ import annotations

from typing import Protocol

from boards.catalogue import Board
from golden.spec.errors import UserError

ANSWER_SECONDS = 2.0  # longer than any sample takes to be learnt


class Line(Protocol):
    """Bytes to and from a processor; pyserial's ports are such lines."""

    def write(self, data: bytes, /) -> object:
        """Send all of ``data``."""

    def read(self, size: int, /) -> bytes:
        """Return ``size`` bytes, or fewer when no more came within the line's timeout."""

    def close(self) -> None:
        """Release the line."""


def open_serial(port: str, board: Board) -> Line:
    """Open a serial port (``/dev/ttyUSB1``, ``COM4``) with the settings of a board."""
    # Imported late: only those who have a board need it.
    try:
        import serial
    except ImportError:
        raise UserError("the package pyserial is missing; install it with: pip install pyserial") from None
    try:
        line: Line = serial.Serial(port, board.baud, timeout=ANSWER_SECONDS, write_timeout=ANSWER_SECONDS)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot open the port {port} ({error}); name the one the board is connected to") from None
    return line
