"""``threefactor board simulate``."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from boards.capacity import require_memory
from boards.catalogue import BOARDS, board_named
from boards.simulated.board import SimulatedBoard
from boards.simulated.flash import contents
from boards.simulated.model import compiled_board
from boards.simulated.terminal import Report, Terminal
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.system.writing import symbolic_link
from rtl.uart import divisor_for
from threefactor import options
from threefactor.console import emit, remarks


def told(report: Report) -> str:
    """What the simulated chip does, in a line."""
    status = report.status
    lit = ", ".join(str(number) for number in range(status.leds.bit_length()) if status.leds >> number & 1)
    speed = f"{report.cycles_per_second / 1e6:.2f} million cycles/s" if report.cycles_per_second else "at rest"
    troubles = [f"{report.dropped:,} dropped"] * bool(report.dropped)
    troubles += [f"{status.framing_errors:,} framing errors"] * bool(status.framing_errors)
    return ", ".join(
        [
            f"{report.seconds:.3f} s simulated",
            speed,
            f"{status.sent:,} bytes in",
            f"{status.received:,} out",
            *troubles,
            f"LEDs on: {lit or 'none'}",
        ]
    )


@click.command("simulate")
@options.preset
@click.option("--board", type=options.Name(BOARDS), required=True, help="Board to simulate; see threefactor boards.")
@click.option("--link", type=click.Path(path_type=Path), help="Symbolic link to the port that is made meanwhile.")
@click.option(
    "--baud",
    type=click.IntRange(min=1),
    help="Build the board for another baud rate; a quarter of the clock takes the fewest cycles a byte.",
)
@click.option(
    "--flash", type=click.Path(path_type=Path), help="A recording in the board's flash; see threefactor board store."
)
@click.option("--real-time", is_flag=True, help="Run no faster than the board.")
@options.as_json
def command(
    preset: Preset,
    board: str,
    link: Path | None,
    baud: int | None,
    flash: Path | None,
    real_time: bool,
    as_json: bool,
) -> None:
    """Run a whole board in a simulator, behind a serial port.

    Any program opens the port that is printed as that of a real board, whatever baud rate it asks for, until this
    command is interrupted. With a recording in its flash it learns by itself until a program opens it.
    """
    target = board_named(board).for_preset(preset.name)
    require_memory(target.adapted(preset), target)
    if baud is not None:
        target = replace(target, baud=baud)
        try:
            divisor_for(target.clock_hz, target.baud)
        except ValueError as error:
            raise UserError(f"{error}; choose another --baud") from None
    stored = None if flash is None else contents(target, flash)
    with remarks.status(f"{preset.name} on {target.name}: a minute at most, unless nothing has changed"):
        library = compiled_board(preset, target, store=stored is not None)
    with SimulatedBoard(library, target, flash=stored) as simulated, ExitStack() as held:
        terminal = held.enter_context(Terminal(simulated, real_time=real_time))
        if link is not None:
            held.enter_context(symbolic_link(link, terminal.port))
        emit(
            {
                "port": terminal.port,
                "link": None if link is None else str(link),
                "preset": preset.name,
                "board": target.name,
                "clock_mhz": target.clock_hz / 1e6,
                "baud": target.baud,
            },
            as_json=as_json,
        )
        with remarks.status("switched on") as line:
            terminal.serve(lambda report: line.update(told(report)))
