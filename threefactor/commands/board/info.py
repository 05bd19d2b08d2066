"""``threefactor board info``."""

from __future__ import annotations

import click

from boards.host.client import Client
from boards.host.connection import is_built_from
from golden.spec.config import Preset
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import emit


@click.command("info")
@click.option("--preset", type=options.PresetName(), help="Say whether the chip was built from this preset.")
@reach
@options.as_json
def command(preset: Preset | None, reach: Reach, as_json: bool) -> None:
    """Ask the chip what it is.

    No preset is needed. What it says is compared with the presets that are shipped, or with the one that is named. Of a
    chip that is monitored, and known, its counters are told as well.
    """
    place = reach.find()
    known = PRESETS.values() if preset is None else (preset,)
    counters: dict[str, int] = {}
    with Client(place.opened()) as client:
        identity, samples = client.identity, client.samples
        found = next((one for one in known if is_built_from(identity, one)), None)
        if found is not None:
            client.use(found)
            counters = client.counters() if client.monitored else {}
    emit(
        {
            "port": place.port,
            "preset": identity.name,
            "network_digest": identity.network,
            "layout_digest": identity.layout,
            "commit": identity.commit or None,
            "built_from": (found.name if found is not None else "none of the presets") if preset is None else None,
            "is_preset": None if preset is None else found is not None,
            "clock_mhz": identity.clock_hz / 1e6,
            "protocol": identity.protocol,
            "link_memory": identity.memory,
            "inputs": identity.inputs,
            "steps": identity.steps,
            "layers": identity.layers,
            "neurons": identity.neurons,
            "classes": identity.classes,
            "samples_since_power_up": samples,
            **({"counters": counters} if as_json and counters else counters),
        },
        as_json=as_json,
    )
