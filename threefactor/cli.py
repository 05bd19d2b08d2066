"""The command line: finds the command, turns what goes wrong into one sentence and an exit code."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

import click

from golden.spec.errors import UserError
from golden.system.interruption import Received, signals_interrupt
from threefactor.lazy import LazyGroup

COMMANDS = (
    "demo",
    "presets",
    "boards",
    "board",
    "cycles",
    "fetch",
    "new",
    "watch",
    "train",
    "evaluate",
    "report",
    "study",
    "tune",
    "benchmark",
    "simulate",
    "compare",
    "crosscheck",
    "faults",
    "soak",
    "formal",
    "verilog",
    "build",
    "program",
    "bitstreams",
    "gates",
    "estimate",
    "mutate",
)
BAD_INPUT = 2
SIGNALLED = 128  # and the number of the signal


class Commands(LazyGroup):
    """The commands; whatever the user can put right ends as one sentence on stderr and exit code 2.

    A command that finds a difference exits with 1.
    """

    def __init__(self, **attributes: Any) -> None:
        super().__init__(package="threefactor.commands", names=COMMANDS, **attributes)

    def main(self, *arguments: Any, **options: Any) -> Any:
        """Run the command line and exit."""
        options["standalone_mode"] = False
        with signals_interrupt() as received:
            sys.exit(self._code(received, *arguments, **options))

    def _code(self, received: Received, *arguments: Any, **options: Any) -> int:
        """Run the command line, say what went wrong, and return the exit code."""
        try:
            code = super().main(*arguments, **options)
        except (click.Abort, KeyboardInterrupt) as abort:
            _complain(str(abort) or "interrupted")
            return SIGNALLED + received.number
        except click.ClickException as error:
            _complain(_explained(error))
            return BAD_INPUT
        except UserError as error:
            _complain(str(error))
            return BAD_INPUT
        except OSError as error:
            _complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            return BAD_INPUT
        except Exception:
            if not received.came:
                raise
            _complain("interrupted")  # the library that was at work had its own idea of how to end
            return SIGNALLED + received.number
        return code if isinstance(code, int) else 0


def _explained(error: click.ClickException) -> str:
    """What click says, and for an option that is missing what it is for, unless the choices are listed."""
    said = error.format_message()
    if not isinstance(error, click.MissingParameter) or not isinstance(error.param, click.Option) or "Choose" in said:
        return said
    return f"{said} {error.param.help}"


def _complain(sentence: str) -> None:
    with suppress(OSError):  # the terminal may be closed
        click.echo(f"threefactor: {' '.join(sentence.split())}", err=True)


@click.group(cls=Commands, invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="threefactor")
@click.pass_context
def main(context: click.Context) -> None:
    """Train, prove and build a spiking processor that learns on chip."""
    # Amaranth prefers a Yosys of the system, of whatever version; its own is the one that is tested.
    os.environ.setdefault("AMARANTH_USE_YOSYS", "builtin")
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
