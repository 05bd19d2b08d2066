"""``threefactor train``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.datasets import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.training import CHECKPOINT, train
from threefactor import options
from threefactor.console import TrainingBar, emit


@click.command("train")
@options.preset
@options.data
@options.epochs
@options.limit
@options.seed
@options.out("Write a checkpoint into this folder after every epoch.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this folder.")
@options.as_json
def command(
    preset: Preset,
    data: Path | None,
    epochs: int | None,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    resume: Path | None,
    as_json: bool,
) -> None:
    """Train a network on the golden model."""
    if out is not None and resume is not None:
        raise UserError("--resume writes into the folder it names; leave --out away")
    folder = resume if resume is not None else out
    with TrainingBar() as bar:
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
    last = trained.history[-1]
    emit(
        {
            "preset": preset.name,
            "seed": trained.network.seed,
            "epochs": last.epoch,
            "train_accuracy": last.train_accuracy,
            "test_accuracy": last.test_accuracy,
            "digest": last.state_digest,
            "checkpoint": None if folder is None else str(folder / CHECKPOINT),
            "history": [vars(metrics) for metrics in trained.history],
        },
        as_json=as_json,
    )
