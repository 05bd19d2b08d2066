"""``threefactor simulate``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.spec.config import Preset
from golden.training.order import epoch_order, training_samples
from threefactor import options
from threefactor.commands import backends
from threefactor.commands.backends import open_backend
from threefactor.console import Bar, emit
from threefactor.runs import data_of, start


@click.command("simulate")
@options.preset
@backends.backend
@options.checkpoint(required=False)
@options.data
@click.option("--samples", type=click.IntRange(min=1), default=16, show_default=True, help="Number of samples.")
@click.option("--learn/--no-learn", default=True, show_default=True, help="Learn training samples, or test others.")
@click.option(
    "--waves",
    type=click.Path(path_type=Path),
    help="Write a waveform to this file, .vcd or with icarus .fst; for few samples.",
)
@options.seed
@options.as_json
def command(
    preset: Preset,
    backend: str,
    checkpoint: Path | None,
    data: Path | None,
    samples: int,
    learn: bool,
    waves: Path | None,
    seed: int | None,
    as_json: bool,
) -> None:
    """Run samples on the processor's gateware in a simulator.

    With --learn these are the next training samples, in the order of the recipe; with --no-learn the first ones of
    the test part.
    """
    preset, state, progress = start(preset, checkpoint, seed)
    dataset = data_of(preset, progress, data)
    epoch = progress.epoch if progress is not None else 0
    if learn:
        order = epoch_order(preset.network.seed, epoch, len(dataset.train_labels))[:samples]
        inputs, labels = training_samples(preset, dataset, epoch, order), dataset.train_labels[order]
    else:
        inputs, labels = dataset.test_samples[:samples], dataset.test_labels[:samples]
    with open_backend(backend, preset, waves=waves) as processor, Bar(backend) as bar:
        processor.load(state)
        result = processor.run(
            inputs, labels, learn=learn, shifts=preset.training.shifts(epoch), digests=False, progress=bar.done
        )
        digest = processor.state().digest()
    accuracy = float((result.predictions == labels).mean())
    emit(
        {
            "preset": preset.name,
            "backend": backend,
            "seed": preset.network.seed,
            "samples": len(labels),
            "train_accuracy" if learn else "test_accuracy": accuracy,
            "cycles": result.total_cycles or None,  # a board does not count them
            "cycles_per_sample": result.total_cycles / len(labels) or None,
            "cycles_per_second": result.cycles_per_second or None,
            "samples_per_second": len(labels) / result.seconds,
            "digest": f"{digest:016x}",
            "waves": None if waves is None else str(waves),
            "predictions": result.predictions.tolist(),
        },
        as_json=as_json,
    )
