"""``threefactor program``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.bitstream.build import build
from boards.catalogue import BOARDS, board_named
from boards.programmer import Programmer
from golden.spec.config import Preset
from threefactor import options
from threefactor.commands.build import DEFAULT_OUT, placement_seed, reads_store, stamps
from threefactor.console import emit, remarks


@click.command("program")
@click.option("--board", type=options.Name(BOARDS), required=True, help="Board to program; see threefactor boards.")
@options.preset
@click.option("--flash", is_flag=True, help="Write the flash, which keeps the bitstream when power goes.")
@click.option("--port", metavar="WHERE", help="Which board: bus:device as lsusb has them, or the folder of its drive.")
@click.option("--cable", metavar="NAME", help="Cable instead of the board's own, as openFPGALoader calls it.")
@reads_store
@stamps
@placement_seed
@options.out("Folder of bitstream and report.", default=DEFAULT_OUT)
@options.as_json
def command(
    board: str,
    preset: Preset,
    flash: bool,
    port: str | None,
    cable: str | None,
    store: bool,
    stamp: bool,
    seed: int,
    out: Path,
    as_json: bool,
) -> None:
    """Put the bitstream of a preset into a board, built first unless it has been.

    It goes into the chip, which forgets it when power goes, or with --flash into the memory that the chip starts from.
    """
    target = board_named(board)
    programmer = Programmer(target, flash=flash, cable=cable, port=port)
    with remarks.status(f"{preset.name} for {target.name}: some minutes, unless nothing has changed"):
        report = build(target, preset, out, seed=seed, store=store, stamp=stamp)
    with remarks.status(f"programming {target.name}"):
        used = programmer.program(out / report.bitstream)
    values = {
        "board": report.board,
        "preset": report.preset,
        "seed": report.seed,
        "network_digest": report.network_digest,
        "bitstream": str(out / report.bitstream),
        "bitstream_sha256": report.bitstream_sha256,
        "into": "flash" if flash else "chip",
        "with": used,
    }
    emit(values, as_json=as_json)
