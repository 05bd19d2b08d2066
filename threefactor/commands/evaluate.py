"""``threefactor evaluate``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.training.evaluate import evaluate
from threefactor import options
from threefactor.console import emit
from threefactor.runs import data_of, opened


@click.command("evaluate")
@options.checkpoint(required=True)
@options.data
@options.limit
@options.as_json
def command(checkpoint: Path, data: Path | None, limit: int | None, as_json: bool) -> None:
    """Test a trained network on the golden model, without learning."""
    preset, state, progress = opened(checkpoint)
    evaluation = evaluate(preset.network, state, data_of(preset, progress, data), limit)
    emit(
        {
            "preset": preset.name,
            "dataset": preset.dataset_name,
            "seed": preset.network.seed,
            "epochs": progress.epoch,
            "samples": len(evaluation.predictions),
            "test_accuracy": evaluation.accuracy,
            "firing_rates": list(evaluation.firing_rates),
            "digest": f"{state.digest():016x}",
        },
        as_json=as_json,
    )
