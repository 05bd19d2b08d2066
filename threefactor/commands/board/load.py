"""``threefactor board load``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.host.connection import Connection
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import emit, remarks
from threefactor.options import with_seed
from threefactor.runs import opened


@click.command("load")
@click.argument("checkpoint", type=click.Path(path_type=Path), required=False)
@reaching.preset
@reaching.seed
@reach
@options.as_json
def command(checkpoint: Path | None, preset: Preset | None, seed: int | None, reach: Reach, as_json: bool) -> None:
    """Write a state to the chip: that of CHECKPOINT, or of a training run, or without one the initial state.

    The learning rates are those of the checkpoint, or of the first epoch, and settings those of the preset. What was
    written is read back.
    """
    place, state, progress = reach.find(), None, None
    if checkpoint is not None:
        preset, state, progress = opened(checkpoint, preset, seed)
    elif preset is not None:
        preset = with_seed(preset, seed)
    elif seed is not None:
        raise UserError("a seed belongs to a preset; name it with --preset")
    with Connection(reach.opened, preset) as connection, remarks.status("writing the state, and reading it back"):
        client, preset = connection.client, connection.preset
        state = State.initial(preset.network) if state is None else state
        shifts = preset.training.shifts(0) if progress is None else progress.shifts
        client.load(state)
        client.set_settings()
        client.set_shifts(*shifts)
        if client.state().digest() != state.digest():
            raise UserError("the chip does not hold what was written to it; build and program it again")
    emit(
        {
            "port": place.port,
            "preset": preset.name,
            "seed": preset.network.seed,
            "checkpoint": None if checkpoint is None else str(checkpoint),
            "epochs": 0 if progress is None else progress.epoch,
            "layer_shift": shifts[0],
            "readout_shift": shifts[1],
            "digest": f"{state.digest():016x}",
        },
        as_json=as_json,
    )
