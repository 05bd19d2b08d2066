"""``threefactor board train``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.host.connection import Connection
from boards.host.journal import JOURNAL
from boards.host.learner import ChipLearner
from boards.host.pipe import LineLostError
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.training.checkpoint import exists
from golden.training.train import CHECKPOINT, train
from threefactor import options
from threefactor.commands.board import reach as reaching
from threefactor.commands.board.reach import Reach, reach
from threefactor.console import TrainingBar, emit
from threefactor.options import with_seed
from threefactor.runs import run_folder


@click.command("train")
@options.preset
@options.data
@options.epochs
@click.option("--limit", "--samples", type=click.IntRange(min=1), help="Use only the first N samples of either part.")
@reaching.seed
@options.out("Write a checkpoint into this folder after every epoch.")
@click.option("--resume", type=click.Path(path_type=Path), help="Go on with the run in this folder.")
@reaching.patience
@reach
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for every epoch, then one for the result.")
def command(
    preset: Preset,
    data: Path | None,
    epochs: int | None,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    resume: Path | None,
    patience: float,
    reach: Reach,
    as_json: bool,
) -> None:
    """Train a network on the chip: the samples of threefactor train, its order and rates, and the same bits.

    After every epoch the chip is tested without learning, and its state read back into a checkpoint. When the line
    breaks, this waits for it and goes on with the first sample that the chip has not learned; so does --resume after
    this was ended, even by force. What the chip has lost it learns again from the last checkpoint.
    """
    folder, place = run_folder(out, resume), reach.find()
    journal = None if folder is None else folder / JOURNAL
    dataset = load(preset.dataset, data)
    try:
        with (
            TrainingBar(as_json=as_json) as bar,
            Connection(reach.opened, with_seed(preset, seed), patience=patience, told=bar.warned) as connection,
        ):
            trained = train(
                preset,
                dataset,
                seed=seed,
                epochs=epochs,
                limit=limit,
                folder=folder,
                resume=resume is not None,
                report=bar,
                learner=lambda _, state: ChipLearner(connection, state, journal=journal),
            )
    except (KeyboardInterrupt, LineLostError) as error:
        if folder is None or not exists(folder / CHECKPOINT):
            raise
        advice = f"go on with the same options and --resume {folder}"
        if isinstance(error, LineLostError):
            raise UserError(f"{error}; then {advice}") from None
        raise click.Abort(f"interrupted; {advice}") from None
    if journal is not None:
        journal.unlink(missing_ok=True)
    last = trained.history[-1]
    emit(
        {
            "port": place.port,
            "preset": preset.name,
            "dataset": preset.dataset_name,
            "seed": trained.network.seed,
            "epochs": last.epoch,
            "train_accuracy": last.train_accuracy,
            "test_accuracy": last.test_accuracy,
            "samples_per_second": last.samples_per_second,
            "frames_resent": connection.resent,
            "frames_damaged": connection.damaged,
            "breaks": connection.breaks,
            "digest": last.state_digest,
            "checkpoint": None if folder is None else str(folder / CHECKPOINT),
            "history": [vars(metrics) for metrics in trained.history],
        },
        as_json=as_json,
    )
