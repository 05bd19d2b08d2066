"""``threefactor report``."""

from __future__ import annotations

from pathlib import Path

import click

from threefactor import options
from threefactor.console import emit, remarks
from threefactor.runs import checkpoint_folder, data_of, opened

REPORT = "report.html"


@click.command("report")
@click.argument("run", type=click.Path(path_type=Path), metavar="RUN")
@options.data
@click.option(
    "--out",
    "file",
    type=click.Path(path_type=Path),
    help="File to write; by default report.html in RUN, or beside a checkpoint.",
)
@options.as_json
def command(run: Path, data: Path | None, file: Path | None, as_json: bool) -> None:
    """Write a page on the training run in the folder RUN, or on a checkpoint.

    Learning curve, confusion matrix, samples it gets wrong, receptive fields and how they changed, modulators and
    eligibility, spikes of all layers, cycles and memory. The page needs nothing else.
    """
    from threefactor.report.run import write_report

    preset, state, progress = opened(run)
    if file is None:  # beside a checkpoint, which holds nothing else
        file = (run.parent if checkpoint_folder(run) == run else run) / REPORT
    dataset = data_of(preset, progress, data)
    with remarks.status(f"looking into {run}"):
        evaluation = write_report(preset, state, progress, dataset, file, command=f"threefactor report {run}")
    emit(
        {
            "preset": preset.name,
            "seed": preset.network.seed,
            "epochs": progress.epoch,
            "samples": len(evaluation.predictions),
            "test_accuracy": evaluation.accuracy,
            "report": str(file),
        },
        as_json=as_json,
    )
