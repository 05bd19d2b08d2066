"""``threefactor board verify``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.host.connection import Connection
from golden.placement import contents_of
from golden.spec.config import Preset
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import emit, emit_table, remarks
from threefactor.runs import opened

DIFFERENT = 1


@click.command("verify")
@click.argument("checkpoint", type=click.Path(path_type=Path))
@reaching.preset
@reach
@click.option("--repair", is_flag=True, help="Write the memories that differ again.")
@options.as_json
def command(checkpoint: Path, preset: Preset | None, reach: Reach, repair: bool, as_json: bool) -> None:
    """Read all state of the chip back, and compare it with CHECKPOINT, or with that of a training run, bit for bit.

    Words of absent synapses are compared as well. Exits with 1 when a memory differs and is not repaired. Tables
    cannot be read: what is wrong there shows in what the chip predicts, and programming it again helps.
    """
    place = reach.find()
    preset, state, _ = opened(checkpoint, preset)
    expected, different = contents_of(preset, state), dict[str, int]()
    with Connection(reach.opened, preset) as connection, remarks.status("reading the state"):
        client = connection.client
        for name, elements in expected.items():
            if count := int((client.read(name) != elements).sum()):
                different[name] = count
        for name in different if repair else ():
            client.write(name, expected[name])
        left = sum(int((client.read(name) != expected[name]).sum()) for name in different)
    emit(
        {
            "port": place.port,
            "preset": preset.name,
            "checkpoint": str(checkpoint),
            "elements": sum(map(len, expected.values())),
            "different": sum(different.values()),
            "left": left,
            "digest": f"{state.digest():016x}",
            "memories": different,
        },
        as_json=as_json,
    )
    if different and not as_json:
        emit_table(("memory", "different"), [(name, f"{count:,}") for name, count in different.items()])
    if left:
        raise SystemExit(DIFFERENT)
