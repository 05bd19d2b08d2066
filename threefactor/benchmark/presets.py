"""How fast the engine is on a preset: alone, and in a training; every measurement is meant for a process of its own.

Speeds are by processor time, as in threefactor/benchmark/speed.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from golden.data.source import load
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.training.order import epoch_order, training_samples
from golden.training.train import train
from threefactor.benchmark.measurement import Measurement, peak_megabytes

Result = TypeVar("Result")


def measure_preset(preset: Preset, folder: Path | None, count: int) -> list[Measurement]:
    """Measure the engine on the first samples of a preset's first epoch, then the whole epoch as ``train`` runs it.

    Parameters
    ----------
    folder
        Where the files of its data set are.
    count
        How many samples pass three times: learning, learning again, inference; all there are, if fewer.

    Returns
    -------
    list
        The three passes; then the epoch, per training sample, its time being that of drawing the network, ordering
        and augmenting the samples, learning them and evaluating the test samples.

    Raises
    ------
    UserError
        If the data is not there, or does not fit.
    """
    dataset = load(preset.dataset, folder)
    order = epoch_order(preset.network.seed, 0, len(dataset.train_labels))
    first = order[:count]
    samples, labels = training_samples(preset, dataset, 0, first), dataset.train_labels[first]
    shifts = preset.training.shifts(0)
    engine = FastNetwork(preset.network)
    engine.run_many(samples[:0], labels[:0], True, shifts)  # compiles
    measurements = []

    def note(task: str, ran: int, seconds: float, updates: float | None) -> None:
        measurements.append(Measurement(preset.name, task, ran, ran / seconds, updates, peak_megabytes()))

    for task, learn in (("learning, first pass", True), ("learning, second pass", True), ("inference", False)):
        seconds, outcomes = _timed(lambda learn=learn: engine.run_many(samples, labels, learn, shifts))  # type: ignore[misc]
        note(task, len(first), seconds, float(outcomes.updated.mean()) if learn else None)
    seconds, trained = _timed(lambda: train(preset, dataset, epochs=1))
    note("training, first epoch", len(order), seconds, trained.history[0].update_fraction)
    return measurements


def _timed(run: Callable[[], Result]) -> tuple[float, Result]:
    """Processor time in seconds, and what came of it."""
    started = time.process_time()
    result = run()
    return time.process_time() - started, result
