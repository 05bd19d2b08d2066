"""``threefactor board set``."""

from __future__ import annotations

import click

from boards.host.connection import Connection
from golden.spec.config import Preset
from golden.spec.training import SHIFT_LIMIT
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import emit

SHIFT = click.IntRange(1, SHIFT_LIMIT)


@click.command("set")
@click.option("--layer-shift", type=SHIFT, help="Learning rate of the layers, 2^-N.")
@click.option("--readout-shift", type=SHIFT, help="Learning rate of the readout, 2^-N.")
@reaching.preset
@reach
@options.as_json
def command(
    layer_shift: int | None, readout_shift: int | None, preset: Preset | None, reach: Reach, as_json: bool
) -> None:
    """Set learning rates of the chip, and show what it has then; those that are not named stay.

    A training sets its own.
    """
    place = reach.find()
    with Connection(reach.opened, preset) as connection:
        client, preset = connection.client, connection.preset
        layer, readout = client.shifts()
        if layer_shift is not None or readout_shift is not None:
            client.set_shifts(layer_shift or layer, readout_shift or readout)
            layer, readout = client.shifts()
    emit({"port": place.port, "preset": preset.name, "layer_shift": layer, "readout_shift": readout}, as_json=as_json)
