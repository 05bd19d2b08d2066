"""``threefactor board save``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.host.connection import Connection
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presetfile import written
from golden.state import State
from golden.training import checkpoint
from golden.training.checkpoint import Progress
from golden.training.train import CHECKPOINT
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import emit, remarks


def write(target: Path, preset: Preset, state: State, shifts: tuple[int, int]) -> None:
    """Write the state of a chip, a legal one, into a checkpoint."""
    progress = Progress(
        preset=preset.name,
        seed=preset.network.seed,
        dataset=preset.dataset_name,
        epoch=0,
        samples_seen=0,
        shifts=shifts,
        recipe=preset.training.recipe,
        configuration=written(preset),
    )
    checkpoint.save(target, preset.network, state, progress)


@click.command("save")
@click.argument("folder", type=click.Path(path_type=Path))
@reaching.preset
@reach
@options.as_json
def command(folder: Path, preset: Preset | None, reach: Reach, as_json: bool) -> None:
    """Read the state of the chip back, into a checkpoint in FOLDER that the other commands take.

    The chip does not know how often it was trained, so that the checkpoint tells of no epochs.
    """
    place, target = reach.find(), folder / CHECKPOINT
    if checkpoint.exists(target):
        raise UserError(f"{target} holds a checkpoint already; choose another folder")
    with Connection(reach.opened, preset) as connection, remarks.status("reading the state"):
        state, preset = connection.client.loaded_state(), connection.preset
        layer, readout = connection.client.shifts()
    state.require_legal(preset.network)
    write(target, preset, state, (layer, readout))
    emit(
        {
            "port": place.port,
            "preset": preset.name,
            "seed": preset.network.seed,
            "layer_shift": layer,
            "readout_shift": readout,
            "digest": f"{state.digest():016x}",
            "checkpoint": str(target),
        },
        as_json=as_json,
    )
