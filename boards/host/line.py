"""The line to a board: bytes to and fro, and the time they take."""

from __future__ import annotations

import time
from typing import Any, Protocol

from golden.spec.errors import UserError

_ANY_RULE = 'SUBSYSTEM=="tty", ATTRS{idVendor}=="0403", TAG+="uaccess"'


class Line(Protocol):
    """Bytes to and from a chip."""

    @property
    def latency(self) -> float:
        """Seconds by which an answer may be late on its way, before the chip is asked again."""

    def write(self, data: bytes, /) -> None:
        """Send all of ``data``."""

    def read(self, seconds: float, /) -> bytes:
        """Wait for a byte, ``seconds`` at most, and return all that have arrived."""

    def now(self) -> float:
        """Seconds on the clock that :meth:`read` waits by."""

    def close(self) -> None:
        """Release the line."""


class SerialLine:
    """A serial port (``/dev/ttyUSB1``, ``COM4``).

    Parameters
    ----------
    port, baud
        What to open, and how fast it is.
    rule
        The udev rule that allows it, for the sentence of an error.

    Raises
    ------
    UserError
        In one sentence: pyserial is missing, there is no such port, it is in use, or must not be used.
    """

    latency = 0.03  # USB bridges keep what has come for up to 16 ms

    def __init__(self, port: str, baud: int, rule: str = _ANY_RULE) -> None:
        # Imported late: only those who have a board need it.
        try:
            import serial
        except ImportError:
            raise UserError("the package pyserial is missing; install it with: pip install pyserial") from None
        try:
            self._port: Any = serial.Serial(port, baud, timeout=0, write_timeout=5, exclusive=True)
        except (OSError, ValueError) as error:
            raise UserError(_refusal(port, error, rule)) from None

    def write(self, data: bytes, /) -> None:
        self._port.write(data)

    def read(self, seconds: float, /) -> bytes:
        self._port.timeout = max(0.0, seconds)
        first: bytes = self._port.read(1)
        waiting = self._port.in_waiting if first else 0
        return first + (self._port.read(waiting) if waiting else b"")

    def now(self) -> float:
        return time.monotonic()

    def close(self) -> None:
        self._port.close()


def _refusal(port: str, error: Exception, rule: str) -> str:
    text, number = str(error), getattr(error, "errno", None)
    if number == 13:
        return (
            f"you may not use the port {port}; add yourself to its group (sudo usermod -aG dialout $USER, then log in "
            f"again) or allow it with a udev rule: {rule}"
        )
    if number in (11, 16) or "lock" in text:
        return f"the port {port} is in use; end the other program, or name another port"
    if number == 2:
        return f"there is no port {port}; connect the board, and list the ports with: threefactor board list"
    return f"cannot open the port {port} ({text}); name the one the board is connected to"
