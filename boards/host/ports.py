"""Serial ports: which there are, which boards may be behind them, and which one is meant."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boards.catalogue import BOARDS, Board, board_named
from boards.host.line import SerialLine
from golden.spec.errors import UserError

PREFIX = "board"
"""Begins the name of a board where simulators have names as well: ``board``, ``board:PORT``, ``board:PORT:BAUD``."""
_PSEUDO_TERMINAL = re.compile(r"/dev/(pts/\d+|ttys\d+)")
_NO_MATTER = 115_200  # baud rate of a line that has none
_TELL = "list the ports with: threefactor board list"


@dataclass(frozen=True)
class Port:
    """A serial port of this computer.

    Attributes
    ----------
    name
        What to open.
    description
        What the system calls it.
    usb
        Vendor and product, as Linux writes them, of a port on USB.
    serial_number
        Of the USB device, where it has one.
    boards
        Those that it may lead to: they have these ids, and their serial line is here.
    """

    name: str
    description: str
    usb: tuple[str, str] | None
    serial_number: str | None
    boards: tuple[Board, ...]


@dataclass(frozen=True)
class Place:
    """A port, and how it is opened."""

    port: str
    baud: int
    boards: tuple[Board, ...] = ()

    def opened(self) -> SerialLine:
        """Open it; raises as :class:`boards.host.line.SerialLine`."""
        rules = [board.loader.udev_rule for board in self.boards[:1]]
        return SerialLine(self.port, self.baud, *rules)


def ports() -> list[Port]:
    """All serial ports that the system tells of, in the order of their names."""
    try:
        from serial.tools import list_ports
    except ImportError:
        raise UserError("the package pyserial is missing; install it with: pip install pyserial") from None
    return [_port(found) for found in sorted(list_ports.comports())]


def find(port: str | None = None, board: Board | None = None, baud: int | None = None) -> Place:
    """Return the port that is meant, and its baud rate.

    Parameters
    ----------
    port
        Its name; by default the only one that may lead to the board, or to any board.
    board
        What is behind it; by default what its USB ids tell.
    baud
        Baud rate, by default that of the board. A pseudo-terminal, which leads to a simulated board, has none.

    Raises
    ------
    UserError
        There is no such port, or several; or nothing tells the baud rate.
    """
    known = ports()
    if port is None:
        meant = [one for one in known if (board in one.boards if board is not None else one.boards)]
        whose = "a board" if board is None else f"board {board.name}"
        if not meant:
            raise UserError(f"there is no serial port of {whose}; plug it in, or name the port with --port ({_TELL})")
        if len(meant) > 1:
            names = " and ".join(one.name for one in meant)
            raise UserError(f"{whose} may be behind {names}; name one of them with --port ({_TELL})")
        port = meant[0].name
    behind = tuple(one for known_port in known if _same(known_port.name, port) for one in known_port.boards)
    behind = behind if board is None else (board,)
    bauds = {one.baud for one in behind}
    if baud is None and len(bauds) == 1:
        (baud,) = bauds
    # What is not there is for the one who opens it to say.
    if baud is None and (_PSEUDO_TERMINAL.fullmatch(os.path.realpath(port)) or not Path(port).exists()):
        baud = _NO_MATTER
    if baud is None:
        raise UserError(
            f"nothing tells which board is behind {port}; name it with --board, or its baud rate with --baud"
        )
    return Place(port, baud, behind)


def is_board(name: str) -> bool:
    """Whether a name that could be that of a simulator is that of a board."""
    return name.split(":", 1)[0] == PREFIX


def find_named(name: str, board: Board | None = None) -> Place:
    """Return the port of ``board``, ``board:PORT`` or ``board:PORT:BAUD``; raises as :func:`find`.

    Parameters
    ----------
    name
        The name.
    board
        Decides the baud rate where neither the name nor the port does.
    """
    parts = re.fullmatch(rf"{PREFIX}(?::(?P<port>.+?)(?::(?P<baud>\d+))?)?", name)
    if parts is None:
        raise UserError(f"a board is named {PREFIX}, {PREFIX}:PORT or {PREFIX}:PORT:BAUD, not {name!r}")
    baud = None if parts["baud"] is None else int(parts["baud"])
    try:
        return find(parts["port"], baud=baud)
    except UserError:
        if board is None or parts["port"] is None:
            raise
        return find(parts["port"], board)


def named(board: str | None) -> Board | None:
    """Return the board of an option that may be missing."""
    return None if board is None else board_named(board)


def _same(name: str, other: str) -> bool:
    return name == other or os.path.realpath(name) == os.path.realpath(other)


def _port(found: Any) -> Port:
    usb = None if found.vid is None else (f"{found.vid:04x}", f"{found.pid:04x}")
    # Linux names the interface of a device that has several: 1-2:1.1 is the second one.
    numbers = re.fullmatch(r".*:\d+\.(\d+)", found.location or "")
    interface = None if numbers is None else int(numbers[1])
    return Port(
        name=found.device,
        description=found.description,
        usb=usb,
        serial_number=found.serial_number or None,
        boards=tuple(
            board
            for board in BOARDS.values()
            if board.loader.usb == usb
            and (None in (interface, board.loader.interface) or interface == board.loader.interface)
        ),
    )
