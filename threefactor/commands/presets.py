"""``threefactor presets``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boards.capacity import memory_bits
from golden.spec.commented import commented
from golden.spec.config import Preset
from golden.spec.presetfile import TABLES
from golden.spec.presets import PRESETS
from threefactor import options
from threefactor.console import as_text, emit_json, emit_table


def overview(preset: Preset) -> dict[str, Any]:
    """What the list says of a preset."""
    network = preset.network
    return {
        "name": preset.name,
        "summary": preset.summary,
        "dataset": preset.dataset_name,
        "inputs": network.inputs,
        "layers": network.layers,
        "neurons": network.neurons,
        "readouts": network.readouts,
        "synapses": network.synapses,
        "memory_bits": sum(memory_bits(preset)),
        "configuration": network.digest,
    }


def _print_fields(preset: Preset, speed: dict[str, Any] | None, *, as_json: bool) -> None:
    """Print a preset as a preset file with all its fields and what they mean, to be edited."""
    tables = {name: asdict(getattr(preset, name)) for name in TABLES}
    if as_json:
        emit_json({**overview(preset), **tables, **({} if speed is None else {"speed": speed})})
        return
    for name, value in overview(preset).items():
        if name != "summary":
            click.echo(f"# {name.replace('_', ' ')}: {as_text(name, value)}")
    click.echo(commented(preset), nl=False)
    if speed is not None:
        _print_speeds([speed])


def _speed(preset: Preset, data: Path | None) -> dict[str, Any]:
    from threefactor.commands import cycles  # imports Numba, which a list does without

    return cycles.found(preset, data=data)


def _print_speeds(speeds: list[dict[str, Any]]) -> None:
    from threefactor.commands import cycles

    cycles.print_overview(speeds)


@click.command("presets")
@click.argument("preset", type=options.PresetName(), required=False, metavar="[NAME]")
@click.option("--speed", is_flag=True, help="Count the cycles of a sample as well, on the board that each is made for.")
@options.data
@options.as_json
def command(preset: Preset | None, speed: bool, data: Path | None, as_json: bool) -> None:
    """List the named configurations, or print one (a preset or a preset file) with all its fields explained.

    What is printed is a preset file: threefactor presets digits > mine.toml is where one of your own begins.

    With --speed: cycles, samples and synaptic operations a second, and the share of the chip's memory bandwidth, as the
    command cycles counts them.
    """
    if preset is not None:
        _print_fields(preset, _speed(preset, data) if speed else None, as_json=as_json)
        return
    found = [overview(one) for one in PRESETS.values()]
    speeds = [_speed(preset, data) for preset in PRESETS.values()] if speed else []
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
        _print_speeds(speeds)
