"""``threefactor board store``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from boards.capacity import require_memory
from boards.catalogue import BOARDS, board_named
from boards.host.recording import record
from boards.programmer import Programmer
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from threefactor import options
from threefactor.commands.build import DEFAULT_OUT
from threefactor.console import Bar, emit, remarks


@click.command("store")
@options.preset
@click.option("--board", type=options.Name(BOARDS), required=True, help="Board to store for; see threefactor boards.")
@options.data
@options.epochs
@options.limit
@options.seed
@click.option("--test", "tested", is_flag=True, help="The test samples as well, after every epoch, without learning.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File; by default one beside the bitstreams.")
@click.option("--write", is_flag=True, help="Write it into the board's flash, behind the bitstream.")
@click.option("--port", metavar="WHERE", help="Which board: bus:device as lsusb has them.")
@click.option("--cable", metavar="NAME", help="Cable instead of the board's own, as openFPGALoader calls it.")
@options.as_json
def command(
    preset: Preset,
    board: str,
    data: Path | None,
    epochs: int | None,
    limit: int | None,
    seed: int | None,
    tested: bool,
    output: Path | None,
    write: bool,
    port: str | None,
    cable: str | None,
    as_json: bool,
) -> None:
    """Make a recording of a training for the flash of a board, which then learns without a host.

    It holds the commands that a host would send, epoch after epoch. A bitstream that was built with --store plays it
    when the power comes. The seed must be that of the bitstream.
    """
    target = board_named(board)
    if epochs is not None:
        preset = replace(preset, training=replace(preset.training, epochs=epochs))
    preset = options.with_seed(preset, seed)
    require_memory(target.for_preset(preset.name).adapted(preset), target)
    if not write and (port, cable) != (None, None):
        raise UserError("--port and --cable are of use with --write only; add it, or leave them away")
    programmer = Programmer(target, flash=True, cable=cable, port=port, recording=True) if write else None
    file = DEFAULT_OUT / f"{preset.name}-{target.name}.recording" if output is None else output
    with Bar(f"storing {preset.name} for {target.name}") as bar:
        made = record(file, preset, target, load(preset.dataset, data), limit=limit, tested=tested, progress=bar.done)
    used = None
    if programmer is not None:
        with remarks.status(f"writing {made.size:,} bytes into the flash of {target.name}"):
            used = programmer.program(file)
    emit(
        {
            "recording": str(file),
            "preset": preset.name,
            "board": target.name,
            "seed": preset.network.seed,
            "network_digest": made.header.network,
            "epochs": made.header.epochs,
            "samples": made.header.samples,
            "bytes": made.size,
            "room": target.store.room,
            "offset": target.store.offset,
            "with": used,
        },
        as_json=as_json,
    )
