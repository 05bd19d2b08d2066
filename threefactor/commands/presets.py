"""``threefactor presets``."""

from __future__ import annotations

import click

from boards.capacity import memory_bits
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.console import emit_json, emit_table


@click.command("presets")
@options.as_json
def command(as_json: bool) -> None:
    """List the named configurations; for their speed see cycles."""
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
    if as_json:
        emit_json({"presets": found})
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
