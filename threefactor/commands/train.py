"""``threefactor train``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from golden.data.source import load
from golden.spec.config import Preset
from golden.system.writing import write_text
from golden.training.checkpoint import exists, read_progress
from golden.training.train import CHECKPOINT, train
from threefactor import options
from threefactor.console import TrainingBar, emit
from threefactor.runs import run_folder

LEARNING_CURVE = "learning-curve.svg"


def draw_learning_curve(folder: Path) -> Path | None:
    """Plot the epochs that the checkpoint of a run tells of, beside it; None where there are none."""
    history = read_progress(folder / CHECKPOINT).history
    if not history:
        return None
    from threefactor.plots.learning import learning_curve

    place = folder / LEARNING_CURVE
    write_text(place, str(learning_curve([history])))
    return place


@click.command("train")
@options.preset
@options.data
@click.option("--dataset", help="Name of another data set than that of the preset.")
@options.epochs
@options.limit
@options.seed
@options.out("Write a checkpoint into this folder after every epoch.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for every epoch, then one for the result.")
def command(
    preset: Preset,
    data: Path | None,
    dataset: str | None,
    epochs: int | None,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    resume: Path | None,
    as_json: bool,
) -> None:
    """Train a network on the golden model.

    With a folder, a checkpoint is written after every epoch, and the learning curve at the end. A run that is stopped,
    even by force, goes on from its last epoch with --resume, and gives the same bits.
    """
    if dataset is not None:
        preset = replace(preset, dataset=dataset)
    folder = run_folder(out, resume)
    try:
        with TrainingBar(as_json=as_json) as bar:
            trained = train(
                preset,
                load(preset.dataset, data),
                seed=seed,
                epochs=epochs,
                limit=limit,
                folder=folder,
                resume=resume is not None,
                report=bar,
            )
    except KeyboardInterrupt:
        if folder is None or not exists(folder / CHECKPOINT):
            raise
        draw_learning_curve(folder)
        raise click.Abort(f"interrupted; go on with the same options and --resume {folder}") from None
    curve = None if folder is None else draw_learning_curve(folder)
    last = trained.history[-1]
    emit(
        {
            "preset": preset.name,
            "dataset": preset.dataset_name,
            "seed": trained.network.seed,
            "epochs": last.epoch,
            "train_accuracy": last.train_accuracy,
            "test_accuracy": last.test_accuracy,
            "digest": last.state_digest,
            "checkpoint": None if folder is None else str(folder / CHECKPOINT),
            "learning_curve": None if curve is None else str(curve),
            "history": [vars(metrics) for metrics in trained.history],
        },
        as_json=as_json,
    )
