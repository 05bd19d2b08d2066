"""``threefactor presets``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.capacity import memory_bits
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.commands import cycles
from threefactor.console import emit_json, emit_table


@click.command("presets")
@click.option("--speed", is_flag=True, help="Count the cycles of a sample as well, on the board that each is made for.")
@options.data
@options.as_json
def command(speed: bool, data: Path | None, as_json: bool) -> None:
    """List the named configurations.

    With --speed: cycles, samples and synaptic operations a second, and the share of the chip's memory bandwidth, as the
    command cycles counts them.
    """
    found = []
    for preset in PRESETS.values():
        network = preset.network
        found.append(
            {
                "name": preset.name,
                "summary": preset.summary,
                "dataset": preset.dataset,
                "inputs": network.inputs,
                "layers": network.layers,
                "neurons": network.neurons,
                "readouts": network.readouts,
                "synapses": network.synapses,
                "memory_bits": sum(memory_bits(preset)),
                "configuration": network.digest,
            }
        )
    speeds = [cycles.found(preset, data=data) for preset in PRESETS.values()] if speed else []
    if as_json:
        emit_json({"presets": found, **({"speeds": speeds} if speed else {})})
        return
    emit_table(
        ("preset", "data set", "inputs", "layers", "readouts", "synapses", "memory bits", "summary"),
        (
            (
                row["name"],
                row["dataset"],
                row["inputs"],
                f"{row['layers']} x {row['neurons']}",
                row["readouts"],
                f"{row['synapses']:,}",
                f"{row['memory_bits']:,}",
                row["summary"],
            )
            for row in found
        ),
    )
    if speeds:
        cycles.print_overview(speeds)
