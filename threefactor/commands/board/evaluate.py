"""``threefactor board evaluate``."""

from __future__ import annotations

import time
from pathlib import Path

import click

from boards.host.connection import Connection
from boards.host.learner import ChipLearner
from golden.spec.config import Preset
from golden.training.evaluate import evaluated
from golden.training.fit import require_fit
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import Bar, emit, remarks
from threefactor.runs import data_of, opened


@click.command("evaluate")
@options.checkpoint(required=False)
@reaching.preset
@options.data
@options.limit
@reaching.patience
@reach
@options.as_json
def command(
    checkpoint: Path | None,
    preset: Preset | None,
    data: Path | None,
    limit: int | None,
    patience: float,
    reach: Reach,
    as_json: bool,
) -> None:
    """Test the chip as it is, or with a checkpoint that is loaded first, without learning.

    As it is includes its settings (board set); with a checkpoint they are those of the preset.
    """
    place, state, progress = reach.find(), None, None
    if checkpoint is not None:
        preset, state, progress = opened(checkpoint, preset)
    with (
        Connection(reach.opened, preset, patience=patience, told=remarks.print) as connection,
        Bar(f"testing on {place.port}") as bar,
    ):
        preset = connection.preset
        dataset = data_of(preset, progress, data)
        require_fit(preset.network, dataset, limit)
        settings = connection.client.settings() if state is None else None
        learner = ChipLearner(connection, state, progress=bar.done, settings=settings)
        started = time.perf_counter()
        evaluation = evaluated(learner, dataset, limit)
        seconds = time.perf_counter() - started
    emit(
        {
            "port": place.port,
            "preset": preset.name,
            "dataset": preset.dataset_name,
            "seed": preset.network.seed,
            "checkpoint": None if checkpoint is None else str(checkpoint),
            "samples": len(evaluation.predictions),
            "test_accuracy": evaluation.accuracy,
            "samples_per_second": len(evaluation.predictions) / seconds,
            "frames_resent": connection.resent,
            "frames_damaged": connection.damaged,
            "breaks": connection.breaks,
            "digest": f"{learner.state.digest():016x}",
        },
        as_json=as_json,
    )
