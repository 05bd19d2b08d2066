"""``threefactor board check``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from boards.catalogue import BOARDS, board_named
from boards.simulated.check import BoardCheck, Findings
from boards.simulated.model import compiled_board
from boards.simulated.trouble import KINDS
from golden.data.source import load
from golden.spec.config import Preset
from threefactor import options
from threefactor.console import emit, emit_table, remarks


def told(findings: Findings) -> str:
    """How far a check is, in a line."""
    return (
        f"{findings.least():,} faults of every kind each way, {findings.samples:,} samples, "
        f"{findings.comparisons:,} states compared, {findings.differences} differences"
    )


@click.command("check")
@options.preset
@click.option("--board", type=options.Name(BOARDS), default="icebreaker", show_default=True, help="Board to simulate.")
@options.data
@click.option(
    "--faults", type=click.IntRange(min=1), default=1000, show_default=True, help="Of every kind, each way, at least."
)
@click.option("--rate", type=click.FloatRange(0, 0.01), default=1e-3, show_default=True, help="Of each kind a byte.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Of the faults.")
@options.as_json
def command(preset: Preset, board: str, data: Path | None, faults: int, rate: float, seed: int, as_json: bool) -> None:
    """Train on a simulated board over a line full of trouble, and compare with the model.

    Bytes are altered, lost, doubled, delayed and replayed both ways; hosts die, and the power fails. Exits with 1
    when a prediction or a state is not the model's.
    """
    target = board_named(board).for_preset(preset.name)
    target = replace(target, baud=round(target.clock_hz / 4))  # the fewest cycles a byte
    with remarks.status("compiling the board: a minute at most, unless nothing has changed"):
        library = compiled_board(preset, target)
    check = BoardCheck(preset, target, library, load(preset.dataset, data), rate=rate, seed=seed)
    with remarks.status("beginning") as line:
        findings = check.run(faults, lambda found: line.update(told(found)))
    emit(findings.as_values(), as_json=as_json)
    if not as_json:
        rows = [(kind, f"{findings.to_chip[kind]:,}", f"{findings.to_host[kind]:,}") for kind in KINDS]
        emit_table(("fault", "to the chip", "to the host"), rows)
    if findings.differences:
        raise SystemExit(1)
