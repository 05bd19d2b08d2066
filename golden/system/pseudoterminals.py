"""Pseudo-terminals: serial ports without a line, for whoever stands in for a device."""

from __future__ import annotations

import os

from golden.spec.errors import UserError


def open_pseudo_terminal() -> tuple[int, int, int]:
    """Open a pseudo-terminal that changes no byte, and does not block the end that stands in for the device.

    Returns
    -------
    master, port, flushed
        Its two ends, and the bit by which the first byte of what is read from ``master`` tells that a program has
        discarded its input; that byte is 0 before data.

    Raises
    ------
    UserError
        The system has none, or none left.
    """
    try:
        import fcntl
        import termios
        import tty
    except ImportError:
        raise UserError("this system has no pseudo-terminals; simulate the board on Linux or macOS") from None
    try:
        master, port = os.openpty()
    except OSError as error:
        raise UserError(f"the system gives no pseudo-terminal ({error.strerror}); close some programs") from None
    tty.setraw(port)
    os.set_blocking(master, False)
    # In packet mode what is read begins with a byte: 0, or bits that tell what happened to the port.
    fcntl.ioctl(master, termios.TIOCPKT, b"\1\0\0\0")
    return master, port, termios.TIOCPKT_FLUSHREAD
