"""``threefactor build``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boards.bitstream.build import build
from boards.bitstream.report import BuildReport
from boards.catalogue import BOARDS, board_named
from golden.spec.config import Preset
from threefactor import options
from threefactor.console import emit_json, emit_table, emit_values, remarks

SHOWN = ("bitstream", "bitstream_sha256", "fmax_mhz", "clock_mhz", "lc_per_lane", "baud", "baud_error", "git")
DEFAULT_OUT = Path("build") / "boards"


def as_values(report: BuildReport, out: Path) -> dict[str, Any]:
    """Report as plain values, with the path of the bitstream and with names for used and available."""
    resources = {name: {"used": used, "available": have} for name, (used, have) in report.resources.items()}
    return {**asdict(report), "bitstream": str(out / report.bitstream), "resources": resources}


@click.command("build")
@click.option("--board", type=options.Name(BOARDS), required=True, help="Board to build for; see threefactor boards.")
@options.preset
@options.out("Folder of bitstream and report.", default=DEFAULT_OUT)
@options.as_json
def command(board: str, preset: Preset, out: Path, as_json: bool) -> None:
    """Build a bitstream with Yosys and nextpnr."""
    target = board_named(board)
    with remarks.status(f"{preset.name} for {target.name}: some minutes, unless nothing has changed"):
        values = as_values(build(target, preset, out), out)
    if as_json:
        emit_json(values)
        return
    emit_values({name: values[name] for name in SHOWN})
    emit_table(
        ("resource", "used", "available", "share"),
        (
            (name, f"{row['used']:,}", f"{row['available']:,}", f"{row['used'] / row['available']:.0%}")
            for name, row in values["resources"].items()
        ),
    )
