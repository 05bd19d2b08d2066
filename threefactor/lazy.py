"""Groups of commands that are imported when they are called for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from golden.spec.errors import nearest


class LazyGroup(click.Group):
    """Group that imports a command when it is called for: Numba, Amaranth and Matplotlib take their time.

    Parameters
    ----------
    package
        Where every command lives as ``command`` in a module of its own.
    names
        The commands, in the order in which they are met.
    attributes
        Of the group.
    """

    def __init__(self, *, package: str, names: Sequence[str], **attributes: Any) -> None:
        super().__init__(**attributes)
        self._package, self._names = package, names

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they are met."""
        return list(self._names)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command of this name."""
        if cmd_name not in self._names:
            return None
        command: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command of a line, or suggest the one that may be meant."""
        try:
            return super().resolve_command(ctx, args)
        except click.exceptions.NoSuchCommand as error:
            advice = nearest(args[0], self._names) or f"; choose one of {', '.join(self._names)}"
            raise click.UsageError(error.message.rstrip(".") + advice, ctx) from None
