"""``threefactor estimate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from boards.catalogue import BOARDS, board_named
from boards.estimate.estimate import Estimate, estimate
from golden.spec.config import Preset
from threefactor import options
from threefactor.commands.cycles import found
from threefactor.console import emit_json, emit_table, remarks

KINDS = ("lc", "ebr", "spram", "dsp")
SAMPLES, TRAINED = 4, 100


def speeds_of(preset: Preset) -> dict[str, Any]:
    """Cycles of a sample that is learned and of one that is predicted, and the data that were counted on."""
    speeds = found(preset, trained=TRAINED, samples=SAMPLES)
    return {"data": speeds["data"], **{kind: speeds[kind]["cycles"] for kind in ("learning", "inference")}}


def values_of(one: Estimate, cycles: dict[str, Any]) -> dict[str, Any]:
    """Plain values of an estimate, with samples a second at the clock of the board."""
    rates = {kind: one.clock_mhz * 1e6 / cycles[kind] for kind in ("learning", "inference")}
    resources = {kind: {"used": used, "available": most} for kind, (used, most) in one.resources.items()}
    return {**asdict(one), "resources": resources, "samples_per_second": rates}


def _row(values: dict[str, Any]) -> tuple[str, ...]:
    counts = values["resources"]
    return (
        values["board"],
        *(
            f"{counts[kind]['used']:,} of {counts[kind]['available']:,}" if any(counts[kind].values()) else "-"
            for kind in KINDS
        ),
        f"{values['fmax_mhz']:.0f} ({values['clock_mhz']:g})",
        *(f"{values['samples_per_second'][kind]:,.0f}" for kind in ("learning", "inference")),
        "yes" if values["fits"] else "no",
    )


@click.command("estimate")
@click.argument("preset", type=options.PresetName())
@click.option("--board", type=options.Name(BOARDS), help="Only this board.")
@options.as_json
def command(preset: Preset, board: str | None, as_json: bool) -> None:
    """Say before synthesis what a preset takes on every board, and what to change where it does not fit.

    Memories and multipliers are those that synthesis makes; logic is within a tenth of it, and the clock that a design
    may reach is a rough figure. Cycles are counted on a few samples, on noise where the data set is not there.
    """
    boards = BOARDS.values() if board is None else [board_named(board)]
    cycles = speeds_of(preset)
    rows = [values_of(estimate(preset, one), cycles) for one in boards]
    if as_json:
        emit_json({"preset": preset.name, "cycles": cycles, "boards": rows})
        return
    emit_table(("board", *KINDS, "MHz (clock)", "learned/s", "predicted/s", "fits"), map(_row, rows))
    click.echo(
        f"cycles a sample on {cycles['data']}: {cycles['learning']:,.0f} learning, {cycles['inference']:,.0f} inference"
    )
    for row in rows:
        if row["advice"]:
            remarks.print(row["advice"])
