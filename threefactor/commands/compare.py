"""``threefactor compare``."""

from __future__ import annotations

from pathlib import Path

import click

from boards.bitstream.source import adapted
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.training import checkpoint as checkpoints
from golden.training.checkpoint import Progress
from rtl.verilog import processor_rtlil
from sim.compare.comparison import compare
from sim.compare.record import CHECKPOINT
from threefactor import options
from threefactor.commands import backends
from threefactor.commands.backends import open_backend
from threefactor.console import Bar, emit
from threefactor.runs import data_of, start

DIFFERENT = 1


def interrupted(out: Path | None) -> str:
    """Say how an interrupted comparison goes on."""
    if out is None:
        return "interrupted; with --out FOLDER the same command would go on from here, without it begins again"
    if not checkpoints.exists(out / CHECKPOINT):
        return "interrupted before the first sample; type the same command to begin again"
    samples = checkpoints.read_progress(out / CHECKPOINT).samples_seen
    return f"interrupted after {samples:,} samples that agree; type the same command to go on"


def samples_an_epoch(progress: Progress, limit: int | None) -> int | None:
    """Training samples of an epoch, as the training that is gone on with had them; before its first, ``limit``.

    Raises
    ------
    UserError
        If ``limit`` is another number, or the checkpoint is not one between two epochs.
    """
    if not progress.epoch:
        return limit
    count, rest = divmod(progress.samples_seen, progress.epoch)
    if rest or not count:
        raise UserError(
            f"the checkpoint saw {progress.samples_seen} samples in {progress.epoch} epochs; name one of a training"
        )
    if limit not in (None, count):
        raise UserError(f"the checkpoint was trained with {count} samples an epoch, not {limit}; leave --limit away")
    return count


@click.command("compare")
@options.preset
@backends.backend
@options.checkpoint(required=False)
@options.data
@click.option("--samples", type=click.IntRange(min=1), help="Stop after N samples; by default after the last epoch.")
@options.epochs
@options.limit
@options.seed
@options.out("Folder that keeps how far the comparison has come; the same command goes on from there.")
@click.option("--poison", is_flag=True, help="Spoil what is read while it is written, and contents that do not matter.")
@click.option("--built", is_flag=True, help="Run the text that is synthesized for boards.")
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    preset: Preset,
    backend: str,
    checkpoint: Path | None,
    data: Path | None,
    samples: int | None,
    epochs: int | None,
    limit: int | None,
    seed: int | None,
    out: Path | None,
    poison: bool,
    built: bool,
    as_json: bool,
) -> None:
    """Train in the golden model and in the gateware, and stop where they differ.

    After every sample the prediction and the digest of all learned state must be equal. Exits with 1 when they are
    not, and prints the first value that differs, and which of engine, reference and gateware agree. From a checkpoint
    the training goes on where it ended.
    """
    preset, state, progress = start(preset, checkpoint, seed)
    dataset = data_of(preset, progress, data)
    begin, first = None, 0
    if progress is not None:
        begin, first = (state, progress.samples_seen), progress.samples_seen
        limit = samples_an_epoch(progress, limit)
        epochs = progress.epoch + epochs if epochs else max(preset.training.epochs, progress.epoch + 1)
    try:
        source = adapted(processor_rtlil(preset)) if built else None
        with (
            open_backend(backend, preset, source=source, poison=poison) as processor,
            Bar(f"comparing with {backend}") as bar,
        ):
            result = compare(
                processor,
                dataset,
                samples=None if samples is None else first + samples,
                epochs=epochs,
                limit=limit,
                start=begin,
                folder=out,
                progress=bar.done,
            )
    except KeyboardInterrupt:
        raise click.Abort(interrupted(out)) from None
    divergence = result.first_divergence
    emit(
        {
            "preset": preset.name,
            "backend": backend,
            "seed": preset.network.seed,
            "equal": result.equal,
            "samples": result.samples - first,
            "resumed_samples": result.resumed_samples - first,
            "traced_samples": result.traced_samples,
            "train_accuracy": result.accuracy,
            "cycles": result.cycles or None,
            "cycles_per_second": result.cycles_per_second or None,
            "samples_per_second": result.samples_per_second,
            "seconds": result.seconds,
            "digest": f"{result.digest:016x}",
            "verdict": None if divergence is None else divergence.verdict,
            "first_divergence": None if divergence is None else divergence.as_values() if as_json else str(divergence),
        },
        as_json=as_json,
    )
    context.exit(0 if result.equal else DIFFERENT)
