"""``threefactor cycles``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from boards.catalogue import BOARDS, board_named
from boards.throughput import home_of, measured, synthetic
from golden.cycles.model import MEANINGS
from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from golden.state import State
from golden.training.order import epoch_order, training_samples
from threefactor import options
from threefactor.console import emit_json, emit_table, emit_values, remarks
from threefactor.runs import data_of, start

TRAINED, SAMPLES = 1000, 20


def learned(preset: Preset, state: State, dataset: Dataset, count: int) -> State:
    """State after the first samples of the recipe, from the initial one on."""
    order = epoch_order(preset.network.seed, 0, len(dataset.train_labels))[:count]
    engine = FastNetwork(preset.network, state)
    samples = training_samples(preset, dataset, 0, order)
    engine.run_many(samples, dataset.train_labels[order], True, preset.training.shifts(0))
    return engine.state


def found(
    preset: Preset,
    board: str | None = None,
    checkpoint: Path | None = None,
    data: Path | None = None,
    seed: int | None = None,
    trained: int = TRAINED,
    samples: int = SAMPLES,
) -> dict[str, Any]:
    """Figures of one preset, and what they were measured on."""
    preset, state, progress = start(preset, checkpoint, seed)
    where = board_named(board) if board is not None else home_of(preset)
    epoch, skipped = 0 if progress is None else progress.epoch, 0
    try:
        dataset = data_of(preset, progress, data)
    except UserError as error:
        if data is not None:
            raise
        remarks.print(f"[yellow]{preset.name}: {error}; measured on noise instead[/yellow]")
        dataset = synthetic(preset.network, samples)
    else:
        if progress is None:
            skipped = max(0, min(trained, len(dataset.train_labels) - samples - 1))
            state = learned(preset, state, dataset, skipped)
    speeds = measured(preset, where, state, dataset, samples, epoch=epoch, skipped=skipped)
    return {
        "preset": preset.name,
        "board": where.name,
        "clock_mhz": where.for_preset(preset.name).clock_hz / 1e6,
        "data": dataset.name,
        "trained_samples": skipped if progress is None else progress.samples_seen,
        **{kind: asdict(speed) for kind, speed in speeds.items()},
    }


@click.command("cycles")
@click.option("--preset", type=options.PresetName(), help="Named configuration; all of them by default.")
@click.option("--board", type=options.Choice(list(BOARDS)), help="Board whose clock and memories count.")
@options.checkpoint(required=False)
@options.data
@options.seed
@click.option(
    "--trained",
    type=click.IntRange(min=0),
    default=TRAINED,
    show_default=True,
    help="Without a checkpoint: training samples to learn first.",
)
@click.option(
    "--samples",
    type=click.IntRange(min=1),
    default=SAMPLES,
    show_default=True,
    help="Samples to measure, of either kind.",
)
@options.as_json
def command(
    preset: Preset | None,
    board: str | None,
    checkpoint: Path | None,
    data: Path | None,
    seed: int | None,
    trained: int,
    samples: int,
    as_json: bool,
) -> None:
    """Count the clock cycles of a sample, and say what they are spent on.

    The golden model finds out what spikes, and a model of the processor's control that equals the simulated gateware
    cycle by cycle counts. Training samples are learned, test samples predicted, one after the other without a pause.
    Where the data set is missing, noise takes its place, in the untrained network.
    """
    if preset is None and checkpoint is not None:
        raise UserError("a checkpoint belongs to one preset; name it with --preset")
    chosen = list(PRESETS.values()) if preset is None else [preset]
    rows = [found(one, board, checkpoint, data, seed, trained, samples) for one in chosen]
    if as_json:
        emit_json({"presets": rows} if preset is None else rows[0])
    elif preset is None:
        print_overview(rows)
    else:
        _print_breakdown(rows[0])


def _texts(speed: dict[str, Any]) -> list[str]:
    return [
        f"{speed['cycles']:,.0f}",
        f"{speed['samples_per_second']:,.0f}",
        f"{speed['operations_per_second'] / 1e6:,.0f}",
        f"{speed['updates_per_second'] / 1e6:,.0f}",
        f"{speed['memory_share']:.1%}",
    ]


def print_overview(rows: list[dict[str, Any]]) -> None:
    """One line for learning and one for inference, for every preset."""
    emit_table(
        ("preset", "board", "MHz", "data", "", "cycles", "samples/s", "M synaptic op/s", "M updates/s", "of memory"),
        (
            (row["preset"], row["board"], f"{row['clock_mhz']:g}", row["data"], kind, *_texts(row[kind]))
            for row in rows
            for kind in ("learning", "inference")
        ),
    )


def _print_breakdown(row: dict[str, Any]) -> None:
    emit_values(row)
    kinds = row["learning"], row["inference"]
    names = "cycles a sample", "samples a second", "M synaptic operations a second", "M weight updates a second"
    emit_table(
        ("", "learning", "inference"),
        (
            *zip((*names, "of the chip's memory bandwidth"), *map(_texts, kinds), strict=True),
            ("updated samples", *(f"{kind['update_fraction']:.0%}" for kind in kinds)),
        ),
    )
    emit_table(
        ("cycles spent on", "learning", "inference", "which is"),
        ((stage, *(f"{kind['stages'][stage]:,.0f}" for kind in kinds), MEANINGS[stage]) for stage in MEANINGS),
    )
