"""``threefactor board``: what is done with a board, each in a module of its own."""

from __future__ import annotations

import click

from threefactor.lazy import LazyGroup

COMMANDS = (
    "list",
    "info",
    "load",
    "save",
    "verify",
    "selftest",
    "set",
    "train",
    "evaluate",
    "monitor",
    "simulate",
    "check",
    "benchmark",
    "store",
)


@click.group("board", cls=LazyGroup, package=__name__, names=COMMANDS, invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Work with a board, or with a simulated one."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
