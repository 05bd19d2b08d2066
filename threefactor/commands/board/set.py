"""``threefactor board set``."""

from __future__ import annotations

import click

from boards.host.connection import Connection
from golden.spec.config import Preset
from golden.spec.errors import require
from golden.spec.settings import NOT_ADJUSTABLE
from golden.spec.training import SHIFT_LIMIT
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.commands.board.settings import Changes, changes, settings_shown
from threefactor.console import emit

SHIFT = click.IntRange(1, SHIFT_LIMIT)


@click.command("set")
@click.option("--layer-shift", type=SHIFT, help="Learning rate of the layers, 2^-N.")
@click.option("--readout-shift", type=SHIFT, help="Learning rate of the readout, 2^-N.")
@changes
@reaching.preset
@reach
@options.as_json
def command(
    layer_shift: int | None,
    readout_shift: int | None,
    changes: Changes,
    preset: Preset | None,
    reach: Reach,
    as_json: bool,
) -> None:
    """Set learning rates and settings of the chip, and show what it has then; those that are not named stay.

    Settings, from --margin to --frozen, need a chip that was built with adjustable = true in the table hardware of its
    preset. A training sets rates and settings of its own.
    """
    place = reach.find()
    with Connection(reach.opened, preset) as connection:
        client, preset = connection.client, connection.preset
        layer, readout = client.shifts()
        settings = client.settings()
        if changes.any:
            require(preset.hardware.adjustable, NOT_ADJUSTABLE)
            client.set_settings(changes.of(settings, preset))
            settings = client.settings()
        if layer_shift is not None or readout_shift is not None:
            client.set_shifts(layer_shift or layer, readout_shift or readout)
            layer, readout = client.shifts()
    rates = {"layer_shift": layer, "readout_shift": readout}
    emit({"port": place.port, "preset": preset.name, **rates, **settings_shown(settings, preset)}, as_json=as_json)
