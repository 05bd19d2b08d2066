"""Training and evaluation of the golden model: epochs, metrics, checkpoints."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from golden.data.augment import augmented
from golden.data.datasets import Dataset
from golden.data.images import Levels
from golden.engine.network import FastNetwork
from golden.spec.config import Network, Preset, Training
from golden.spec.errors import UserError
from golden.spec.generator import Generator, Stream
from golden.state import State
from golden.training import checkpoint
from golden.training.checkpoint import Progress

CHECKPOINT = "checkpoint"  # directory inside the folder of a run
_CHUNK = 250  # samples between two reports
_WATCHED = 4  # chunks over which activity is watched while an epoch learns
SILENT_RATE = 0.002  # spikes a neuron and step: at 16 steps, one spike in some 30 samples
RUNAWAY_RATE = 0.5  # every other step: recurrence drives itself


@dataclass(frozen=True)
class EpochMetrics:
    """Figures of one epoch.

    Attributes
    ----------
    epoch
        Counted from 1.
    train_accuracy
        Fraction of right predictions while learning, each before its own update.
    test_accuracy
        Fraction of right predictions on the test samples after the epoch.
    update_fraction
        Fraction of training samples at which the teacher was not content.
    firing_rates
        Spikes a neuron and step, per layer, while learning.
    samples_per_second
        Learning speed; the only figure that two equal runs do not share.
    state_digest
        Digest of the state after the epoch, 16 hex digits.
    warnings
        Sentences on layers that are silent or run away.
    """

    epoch: int
    train_accuracy: float
    test_accuracy: float
    update_fraction: float
    firing_rates: tuple[float, ...]
    samples_per_second: float
    state_digest: str
    warnings: tuple[str, ...]

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> EpochMetrics:
        """Metrics from an entry of ``Progress.history``."""
        lists = {key: tuple(values[key]) for key in ("firing_rates", "warnings")}
        return cls(**{**values, **lists})


@dataclass(frozen=True)
class Running:
    """How far an epoch has come.

    Attributes
    ----------
    epoch, epochs
        This epoch, counted from 1, of how many.
    done, total
        Training samples of this epoch.
    train_accuracy, update_fraction, firing_rates, samples_per_second
        As in :class:`EpochMetrics`, so far.
    """

    epoch: int
    epochs: int
    done: int
    total: int
    train_accuracy: float
    update_fraction: float
    firing_rates: tuple[float, ...]
    samples_per_second: float

    @property
    def seconds_left(self) -> float:
        """Learning that the run still needs at this speed."""
        return ((self.epochs - self.epoch + 1) * self.total - self.done) / self.samples_per_second


class Report(Protocol):
    """What a run tells its caller; nothing here prints."""

    def samples_done(self, running: Running) -> None:
        """More training samples have been learned."""

    def warned(self, sentence: str) -> None:
        """A layer is silent or runs away; told as soon as it is seen, once an epoch and layer."""

    def epoch_done(self, metrics: EpochMetrics) -> None:
        """An epoch is complete and, with a folder, saved."""


class _Quiet:
    def samples_done(self, running: Running) -> None:
        pass

    def warned(self, sentence: str) -> None:
        pass

    def epoch_done(self, metrics: EpochMetrics) -> None:
        pass


@dataclass(frozen=True)
class Trained:
    """Result of a run: the network with its seed, its state, and the metrics of all epochs."""

    network: Network
    state: State
    history: tuple[EpochMetrics, ...]


@dataclass(frozen=True)
class Evaluation:
    """Result on the test samples: predictions, shape (n,), the fraction that is right, and spikes a neuron and step."""

    predictions: NDArray[np.uint8]
    accuracy: float
    firing_rates: tuple[float, ...]


def epoch_order(seed: int, epoch: int, count: int) -> NDArray[np.int64]:
    """Return the order of the training samples in an epoch.

    Parameters
    ----------
    seed, epoch
        Indices 0..count-1 are shuffled by ``Generator(seed + 65536 * epoch, Stream.ORDER)``; epochs count from 0.
    count
        Number of training samples.
    """
    order = list(range(count))
    Generator(seed + 65536 * epoch, Stream.ORDER).shuffle(order)
    return np.array(order, dtype=np.int64)


def training_samples(preset: Preset, dataset: Dataset, epoch: int, order: NDArray[np.int64]) -> Levels:
    """Return the samples that an epoch learns, one after the other, augmented as the recipe says.

    Parameters
    ----------
    preset
        Its network holds the seed of the run.
    epoch
        Counted from 0.
    order
        ``epoch_order`` of the epoch, or its beginning.
    """
    training = preset.training
    return augmented(dataset.train_samples[order], training.augmentation, preset.network.seed, epoch)


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
        Go on from the checkpoint in ``folder``.
    report
        Told of progress.

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
    report = report or _Quiet()
    _require_fit(network, dataset, limit)
    count = len(dataset.train_labels[:limit])
    place = None if folder is None else folder / CHECKPOINT
    if resume:
        state, progress = _resumed(place, network, dataset)
        _require_same_recipe(place, progress, training, count)
    else:
        if place is not None and checkpoint.exists(place):
            raise UserError(f"{place} holds a checkpoint already; resume it or choose another folder")
        state = State.initial(network)
        progress = Progress(preset.name, network.seed, dataset.name, 0, 0, training.shifts(0), training.recipe)
        if place is not None:
            checkpoint.save(place, network, state, progress)

    engine = FastNetwork(network, state)
    for epoch in range(progress.epoch, training.epochs):
        order = epoch_order(network.seed, epoch, count)
        samples, labels = training_samples(preset, dataset, epoch, order), dataset.train_labels[order]
        metrics = _learn_epoch(engine, samples, labels, epoch, training, report)
        tested = _evaluate(engine, dataset, limit)
        metrics = replace(metrics, test_accuracy=tested.accuracy)
        progress = replace(
            progress,
            epoch=epoch + 1,
            samples_seen=progress.samples_seen + count,
            shifts=training.shifts(epoch),
            history=(*progress.history, asdict(metrics)),
        )
        if place is not None:
            checkpoint.save(place, network, engine.state, progress)
        report.epoch_done(metrics)
    return Trained(network, engine.state, tuple(EpochMetrics.from_json(entry) for entry in progress.history))


def evaluate(network: Network, state: State, dataset: Dataset, limit: int | None = None) -> Evaluation:
    """Predict the first ``limit`` test samples, by default all, without learning; ``state`` stays as it is.

    Raises
    ------
    UserError
        If data set and network do not fit.
    """
    _require_fit(network, dataset, limit)
    return _evaluate(FastNetwork(network, state), dataset, limit)


def _learn_epoch(
    engine: FastNetwork,
    samples: Levels,
    labels: NDArray[np.uint8],
    epoch: int,
    training: Training,
    report: Report,
) -> EpochMetrics:
    """Learn the samples of an epoch (from 0) in order; the test accuracy is left at zero."""
    network, count, shifts = engine.network, len(samples), training.shifts(epoch)
    engine.run_many(samples[:0], labels[:0], True, shifts)  # compiles, so that the clock does not count it
    right = updates = 0
    spikes = np.zeros(network.layers, dtype=np.int64)
    watch = _Watch(network, epoch + 1, report)
    start = time.perf_counter()
    for first in range(0, count, _CHUNK):
        chunk = slice(first, first + _CHUNK)
        outcomes = engine.run_many(samples[chunk], labels[chunk], True, shifts)
        right += int((outcomes.predictions == labels[chunk]).sum())
        updates += int(outcomes.updated.sum())
        spikes += outcomes.spikes.sum(axis=0)
        done = min(first + _CHUNK, count)
        running = Running(
            epoch=epoch + 1,
            epochs=training.epochs,
            done=done,
            total=count,
            train_accuracy=right / done,
            update_fraction=updates / done,
            firing_rates=_firing_rates(network, spikes, done),
            samples_per_second=done / (time.perf_counter() - start),
        )
        watch.learned(done, outcomes.spikes)
        report.samples_done(running)
    warnings = _activity_warnings(running.firing_rates)
    watch.tell(count, warnings)
    return EpochMetrics(
        epoch=epoch + 1,
        train_accuracy=running.train_accuracy,
        test_accuracy=0.0,
        update_fraction=running.update_fraction,
        firing_rates=running.firing_rates,
        samples_per_second=running.samples_per_second,
        state_digest=f"{engine.state.digest():016x}",
        warnings=tuple(warnings.values()),
    )


class _Watch:
    """Tells of layers that are silent or run away, over the last chunks of an epoch (from 1), each layer once."""

    def __init__(self, network: Network, epoch: int, report: Report) -> None:
        self._network, self._epoch, self._report = network, epoch, report
        self._recent: deque[NDArray[np.int32]] = deque(maxlen=_WATCHED)
        self._told: set[int] = set()

    def learned(self, done: int, spikes: NDArray[np.int32]) -> None:
        """Take the spikes of a chunk, shape (n, K); ``done`` samples of the epoch are learned."""
        self._recent.append(spikes)
        if len(self._recent) == _WATCHED:
            recent = np.concatenate(self._recent)
            total = recent.sum(axis=0, dtype=np.int64)
            self.tell(done, _activity_warnings(_firing_rates(self._network, total, len(recent))))

    def tell(self, done: int, warnings: dict[int, str]) -> None:
        """Pass on the warnings of layers that were not named yet."""
        for layer in sorted(warnings.keys() - self._told):
            self._report.warned(f"epoch {self._epoch}, after {done:,} samples: {warnings[layer]}")
        self._told |= warnings.keys()


def _evaluate(engine: FastNetwork, dataset: Dataset, limit: int | None) -> Evaluation:
    samples, labels = dataset.test_samples[:limit], dataset.test_labels[:limit]
    outcomes = engine.run_many(samples, labels, False, (0, 0))
    return Evaluation(
        predictions=outcomes.predictions,
        accuracy=float((outcomes.predictions == labels).mean()),
        firing_rates=_firing_rates(engine.network, outcomes.spikes.sum(axis=0, dtype=np.int64), len(samples)),
    )


def _firing_rates(network: Network, spikes: NDArray[np.int64], samples: int) -> tuple[float, ...]:
    return tuple(float(total) / (samples * network.neurons * network.steps) for total in spikes)


def _activity_warnings(rates: tuple[float, ...]) -> dict[int, str]:
    """Sentences on layers that are silent or run away, by layer."""
    sentences = {}
    for layer, rate in enumerate(rates):
        if rate < SILENT_RATE:
            sentences[layer] = f"layer {layer} is nearly silent ({rate:.2%} of steps); raise its initial amplitude"
        elif rate > RUNAWAY_RATE:
            sentences[layer] = (
                f"layer {layer} runs away ({rate:.0%} of steps); lower its amplitudes or homeostasis_decay"
            )
    return sentences


def _require_fit(network: Network, dataset: Dataset, limit: int | None) -> None:
    if network.encoder != ("levels" if dataset.steps is None else "events"):
        kind = "levels" if dataset.steps is None else "events"
        raise UserError(f"data set {dataset.name!r} holds {kind}, so the network needs encoder {kind!r}")
    if dataset.steps not in (None, network.steps):
        raise UserError(
            f"data set {dataset.name!r} has {dataset.steps} steps, but the network {network.steps}; "
            "choose a preset made for it"
        )
    if dataset.signed and not network.signed_input:
        raise UserError(f"data set {dataset.name!r} has negative levels, so the network needs signed_input")
    if dataset.inputs != network.inputs:
        raise UserError(
            f"data set {dataset.name!r} has {dataset.inputs} inputs, but the network {network.inputs}; "
            "choose a preset made for it"
        )
    if dataset.classes > network.classes:
        raise UserError(
            f"data set {dataset.name!r} has {dataset.classes} classes, but the network {network.classes}; "
            "choose a preset made for it"
        )
    if limit is not None and limit < 1:
        raise UserError(f"limit must be at least 1, not {limit}")


def _resumed(place: Path | None, network: Network, dataset: Dataset) -> tuple[State, Progress]:
    if place is None:
        raise UserError("resuming needs the folder of the run; name it")
    state, progress = checkpoint.load(place, network)
    if progress.dataset != dataset.name:
        raise UserError(f"checkpoint {place} was trained on {progress.dataset!r}, not {dataset.name!r}")
    return state, progress


def _require_same_recipe(place: Path | None, progress: Progress, training: Training, count: int) -> None:
    """Refuse to go on with what would not be the bits of an uninterrupted run; only the epochs may change."""
    began, recipe = progress.recipe, training.recipe
    for name, value in recipe.items():
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
