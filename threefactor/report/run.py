"""The report of a training run: what a network has learned, what it gets wrong, and what happens inside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from boards.capacity import memory_bits
from boards.throughput import home_of, measured
from golden.cycles.model import MEANINGS
from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.state import State
from golden.training.checkpoint import Progress
from golden.training.evaluate import Evaluation, evaluate
from golden.training.order import epoch_order, training_samples
from threefactor.plots.learning import learning_curve
from threefactor.plots.samples import confusion_matrix, lessons, mistakes, spike_raster
from threefactor.plots.weights import distributions, receptive_fields
from threefactor.report.page import write_page

RASTERS = 3
LESSONS = 60
SPEED_SAMPLES = 50


def write_report(
    preset: Preset, state: State, progress: Progress, dataset: Dataset, file: Path, *, command: str
) -> Evaluation:
    """Test a network, look inside, and write the page.

    Parameters
    ----------
    preset, state, progress
        Of a checkpoint; the preset has the seed of the run.
    dataset
        Of the run.
    file
        The page.
    command
        Line that repeats it.

    Returns
    -------
    Evaluation
        On all test samples.
    """
    evaluation = evaluate(preset.network, state, dataset)
    write_page("run", {"command": command, **_contents(preset, state, progress, dataset, evaluation)}, file)
    return evaluation


def _contents(
    preset: Preset, state: State, progress: Progress, dataset: Dataset, evaluation: Evaluation
) -> dict[str, Any]:
    network, initial, epoch = preset.network, State.initial(preset.network), progress.epoch
    board = home_of(preset)
    history = progress.history
    order = epoch_order(network.seed, epoch, len(dataset.train_labels))[:LESSONS]
    next_samples, next_labels = training_samples(preset, dataset, epoch, order), dataset.train_labels[order]
    weights, others = memory_bits(preset)
    tests, labels = dataset.test_samples, dataset.test_labels
    shifts = preset.training.shifts(min(epoch, preset.training.epochs - 1))
    return {
        "preset": preset,
        "network": network,
        "progress": progress,
        "history": history,
        "evaluation": evaluation,
        "state_digest": f"{state.digest():016x}",
        "train_count": len(dataset.train_labels),
        "test_count": len(labels),
        "learning_curve": learning_curve([history]) if history else None,
        "distributions": distributions(network, initial, state),
        "fields": receptive_fields(network, initial, state),
        "confusion": confusion_matrix(labels, evaluation.predictions, network.classes),
        "mistakes": mistakes(network, tests, labels, evaluation.predictions),
        "lessons": lessons(network, state, list(next_samples), next_labels, shifts),
        "lesson_count": len(order),
        "rasters": [
            spike_raster(network, state, sample, int(label), index)
            for index, (sample, label) in enumerate(zip(tests[:RASTERS], labels[:RASTERS], strict=True))
        ],
        "board": board.for_preset(preset.name),
        "speeds": measured(preset, board, state, dataset, SPEED_SAMPLES, epoch=epoch),
        "MEANINGS": MEANINGS,
        "memory_bits": weights + others,
        "weight_bits": weights,
        "other_bits": others,
        "chip_bits": board.memory_bits,
    }
