"""Backends as commands name them: the simulators, and a board at its port."""

from __future__ import annotations

from typing import Any

import click

from boards.host.backend import BoardBackend
from boards.host.ports import find_named, is_board
from golden.spec.config import Preset
from golden.spec.errors import UserError
from sim.backends import catalogue
from sim.backends.catalogue import BACKENDS
from sim.backends.interface import Backend
from threefactor import options


class Name(options.Choice):
    """Name of a simulator, or ``board``, ``board:PORT``, ``board:PORT:BAUD``."""

    def __init__(self) -> None:
        super().__init__((*BACKENDS, "board:PORT"))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Take the name of a board as it is: its port is looked for when it is opened."""
        return value if is_board(value) else super().convert(value, param, ctx)


backend: options.Option[Any] = click.option(
    "--backend", type=Name(), required=True, help="Simulator of the processor, or a board that was built from it."
)


def open_backend(name: str, preset: Preset, **wishes: Any) -> Backend:
    """Open a backend; ``wishes`` are those of :func:`sim.backends.catalogue.open_backend`.

    Raises
    ------
    UserError
        As that does, and as :func:`boards.host.ports.find_named` and :class:`boards.host.backend.BoardBackend`; or
        something is wished of a board that only simulators can do.
    """
    if not is_board(name):
        return catalogue.open_backend(name, preset, **wishes)
    if any(wishes.values()):
        raise UserError(
            "a board shows no waves and runs what it was programmed with; leave --waves, --poison and --built away"
        )
    line = find_named(name).opened()
    try:
        return BoardBackend(preset, line)
    except BaseException:
        line.close()
        raise
