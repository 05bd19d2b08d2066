"""Training of the golden model: epochs, metrics, checkpoints."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.data.files import OwnDataset
from golden.data.images import Levels
from golden.engine.network import FastNetwork
from golden.spec.config import Network, Preset, Training
from golden.spec.errors import UserError
from golden.spec.presetfile import written
from golden.state import State
from golden.system.sources import model_digest
from golden.training import checkpoint
from golden.training.activity import Watch, activity_warnings, firing_rates
from golden.training.checkpoint import Progress
from golden.training.evaluate import evaluated
from golden.training.fit import require_fit
from golden.training.learner import EpochLearner, Learner
from golden.training.metrics import EpochMetrics, Quiet, Report, Running
from golden.training.order import epoch_order, training_samples

CHECKPOINT = "checkpoint"  # directory inside the folder of a run
_CHUNK = 250  # samples between two reports


@dataclass(frozen=True)
class Trained:
    """Result of a run: the network with its seed, its state, and how it came about."""

    network: Network
    state: State
    progress: Progress

    @property
    def history(self) -> tuple[EpochMetrics, ...]:
        """Metrics of all epochs."""
        return self.progress.history


def train(
    preset: Preset,
    dataset: Dataset,
    *,
    seed: int | None = None,
    epochs: int | None = None,
    limit: int | None = None,
    folder: Path | None = None,
    resume: bool = False,
    report: Report | None = None,
    tested: bool = True,
    learner: Callable[[Network, State], Learner] = FastNetwork,
) -> Trained:
    """Train a preset from its initial state, or go on where a checkpoint ends.

    A run is a function of preset, data set, seed and limit: interrupted and resumed it gives the same bits. Epoch e
    (from 0) learns the samples in the order ``epoch_order(seed, e, count)`` with ``preset.training.shifts(e)``.

    Parameters
    ----------
    seed, epochs
        Override the preset's.
    limit
        Use only the first samples of the training and of the test part.
    folder
        Its subdirectory ``checkpoint`` is written before the first and after every epoch. When the run is stopped,
        by KeyboardInterrupt, which passes through, or by anything else, it holds the last complete epoch.
    resume
        Go on from the checkpoint in ``folder``. When other code has written it, that is reported, and the run goes on.
    report
        Told of progress.
    tested
        Evaluate the test samples after every epoch; otherwise there need not be any.
    learner
        Makes of network and state what learns: the engine, or what equals it.

    Raises
    ------
    UserError
        If data set and network do not fit, a fresh run finds a checkpoint, or the one to resume is unusable or was
        made with another recipe.
    """
    if seed is not None:
        preset = replace(preset, network=replace(preset.network, seed=seed))
    if epochs is not None:
        preset = replace(preset, training=replace(preset.training, epochs=epochs))
    network, training = preset.network, preset.training
    report = report or Quiet()
    require_fit(network, dataset, limit, tested=tested)
    count = len(dataset.train_labels[:limit])
    place = None if folder is None else folder / CHECKPOINT
    if resume:
        state, progress = _resumed(place, network, dataset)
        _require_same_recipe(place, progress, training, count)
        if written_by_other_code := _remark(place):
            report.warned(written_by_other_code)
    else:
        if place is not None and checkpoint.exists(place):
            raise UserError(f"{place} holds a checkpoint already; resume it or choose another folder")
        state = State.initial(network)
        progress = beginning(preset, dataset)
        if place is not None:
            checkpoint.save(place, network, state, progress)

    engine = learner(network, state)
    for epoch in range(progress.epoch, training.epochs):
        order = epoch_order(network.seed, epoch, count)
        samples, labels = training_samples(preset, dataset, epoch, order), dataset.train_labels[order]
        if isinstance(engine, EpochLearner):
            metrics = engine.learn_epoch(samples, labels, epoch, training, report)
        else:
            metrics = _learn_epoch(engine, samples, labels, epoch, training, report)
        if tested:
            metrics = replace(metrics, test_accuracy=evaluated(engine, dataset, limit).accuracy)
        progress = replace(
            progress,
            epoch=epoch + 1,
            samples_seen=progress.samples_seen + count,
            shifts=training.shifts(epoch),
            history=(*progress.history, metrics),
        )
        if place is not None:
            checkpoint.save(place, network, engine.state, progress)
        report.epoch_done(metrics)
    return Trained(network, engine.state, progress)


def beginning(preset: Preset, dataset: Dataset) -> Progress:
    """Return the progress of a run before its first sample; the seed is that of the preset's network."""
    own = dataset if isinstance(dataset, OwnDataset) else None
    return Progress(
        preset=preset.name,
        seed=preset.network.seed,
        dataset=dataset.name,
        epoch=0,
        samples_seen=0,
        shifts=preset.training.shifts(0),
        recipe=preset.training.recipe,
        data=dataset.digest,
        configuration=written(preset),
        encoder=None if own is None else own.encoder.to_document(),
        class_names=None if own is None else own.class_names,
    )


def _learn_epoch(
    engine: Learner,
    samples: Levels,
    labels: NDArray[np.uint8],
    epoch: int,
    training: Training,
    report: Report,
) -> EpochMetrics:
    """Learn the samples of an epoch (from 0) in order, without a test."""
    network, count, shifts = engine.network, len(samples), training.shifts(epoch)
    engine.run_many(samples[:0], labels[:0], True, shifts)  # compiles, so that the clock does not count it
    right = updates = 0
    spikes = np.zeros((), dtype=np.int64)  # then one a layer, or none where the learner cannot count them
    watch = Watch(network, epoch + 1, report)
    start = time.perf_counter()
    for first in range(0, count, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        outcomes = engine.run_many(samples[chunk], labels[chunk], True, shifts)
        right += int((outcomes.predictions == labels[chunk]).sum())
        updates += int(outcomes.updated.sum())
        spikes = spikes + outcomes.spikes.sum(axis=0, dtype=np.int64)
        done = min(first + _CHUNK, count)
        running = Running(
            epoch=epoch + 1,
            epochs=training.epochs,
            done=done,
            total=count,
            train_accuracy=right / done,
            update_fraction=updates / done,
            firing_rates=firing_rates(network, spikes, done),
            samples_per_second=done / (time.perf_counter() - start),
        )
        watch.learned(done, outcomes.spikes)
        report.samples_done(running)
    warnings = activity_warnings(running.firing_rates)
    watch.tell(count, warnings)
    return EpochMetrics(
        epoch=epoch + 1,
        train_accuracy=running.train_accuracy,
        test_accuracy=None,
        update_fraction=running.update_fraction,
        firing_rates=running.firing_rates,
        samples_per_second=running.samples_per_second,
        state_digest=f"{engine.state.digest():016x}",
        warnings=tuple(warnings.values()),
    )


def _resumed(place: Path | None, network: Network, dataset: Dataset) -> tuple[State, Progress]:
    if place is None:
        raise UserError("resuming needs the folder of the run; name it")
    state, progress = checkpoint.load(place, network)
    if progress.dataset != dataset.name:
        raise UserError(f"checkpoint {place} was trained on {progress.dataset!r}, not {dataset.name!r}")
    if progress.data not in (None, dataset.digest):
        raise UserError(
            f"checkpoint {place} was trained on other contents of data set {dataset.name!r}; bring them back"
        )
    if isinstance(dataset, OwnDataset) and progress.encoder not in (None, dataset.encoder.to_document()):
        raise UserError(
            f"checkpoint {place} was trained with an encoder that fits data set {dataset.name!r} otherwise than now; "
            "bring back the training samples it was fitted to"
        )
    if [metrics.epoch for metrics in progress.history] != [*range(1, progress.epoch + 1)]:
        raise UserError(
            f"checkpoint {place} does not tell of each of its {progress.epoch} epochs; restore a copy or train again"
        )
    return state, progress


def _remark(place: Path | None) -> str | None:
    """What is to be said when the bits of an uninterrupted run cannot be promised."""
    written = None if place is None else checkpoint.read_code(place)
    if written == model_digest():
        return None
    by = "a version that does not name its code" if written is None else f"code {written[:8]}"
    return (
        f"checkpoint {place} was written by {by}, this is {model_digest()[:8]}: the bits may be others than in one run"
    )


def _require_same_recipe(place: Path | None, progress: Progress, training: Training, count: int) -> None:
    """Refuse to go on with what would not be the bits of an uninterrupted run; only the epochs may change."""
    began, recipe = progress.recipe, training.recipe
    for name in {**recipe, **began}:
        value = recipe.get(name)
        if began.get(name) != value:
            raise UserError(
                f"checkpoint {place} was trained with {name} {began.get(name)!r}, not {value!r}; "
                "resume with the options it began with"
            )
    if progress.samples_seen != progress.epoch * count:
        raise UserError(
            f"checkpoint {place} saw {progress.samples_seen} samples in {progress.epoch} epochs, where this run "
            f"expects {progress.epoch * count}; resume with the options it began with"
        )
