"""How a command reaches the board: options of the port, and the port that they mean."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import click

from boards.catalogue import BOARDS, board_named
from boards.host.connection import PATIENCE
from boards.host.line import SerialLine
from boards.host.ports import Place, find
from threefactor import options


@dataclass(frozen=True)
class Reach:
    """Where the board is, as far as the options say.

    Attributes
    ----------
    port, board, baud
        The options; None where they are left away.
    """

    port: str | None
    board: str | None
    baud: int | None

    def find(self) -> Place:
        """Return the port, see :func:`boards.host.ports.find`."""
        return find(self.port, None if self.board is None else board_named(self.board), self.baud)

    def opened(self) -> SerialLine:
        """Find the port and open it: another one, perhaps, after the board was plugged in again."""
        return self.find().opened()


def reach(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the port; it gets them as one argument, ``reach``."""

    @click.option("--port", metavar="NAME", help="Serial port of the board; by default the only one that may be it.")
    @click.option("--board", type=options.Name(BOARDS), help="Board that is there, where its USB id does not tell.")
    @click.option("--baud", type=click.IntRange(min=1), help="Baud rate, where it is not that of the board.")
    @functools.wraps(command)
    def with_reach(*arguments: Any, port: str | None, board: str | None, baud: int | None, **others: Any) -> Any:
        return command(*arguments, reach=Reach(port, board, baud), **others)

    return with_reach


preset: options.Option[Any] = click.option(
    "--preset",
    type=options.PresetName(),
    help="What the chip was built from; by default the shipped preset that it names.",
)
seed: options.Option[Any] = click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of the network that the chip was built from; the preset's by default.",
)
patience: options.Option[Any] = click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=PATIENCE,
    show_default=True,
    help="Seconds to wait for a line that broke.",
)
