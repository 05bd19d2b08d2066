"""Engine and gateware side by side on the samples of a recipe, and how far they agree."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork, Outcomes
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from golden.training.checkpoint import Progress
from golden.training.order import epoch_order, training_samples
from sim.backends.interface import Backend, RunResult, StuckError
from sim.compare.divergence import Divergence
from sim.compare.location import (
    Lesson,
    Result,
    by_engine,
    by_gateware,
    by_gateware_twice,
    by_reference,
    left_over,
    located,
)


@dataclass(frozen=True)
class Agreed:
    """A state in which both sides agree, after so many samples."""

    state: State
    samples: int


class Sides:
    """Both sides, and what they have done so far.

    Parameters
    ----------
    backend, dataset
        The gateware, and what it learns.
    epochs, limit
        Passes instead of the recipe's; only the first training samples.
    start
        State and number of samples to start from; the initial state by default.

    Attributes
    ----------
    agreed
        The last state in which they agree.
    total
        Samples of the whole recipe.
    right, cycles, timed_samples, seconds
        Right predictions and clock cycles of the gateware; how many samples its speed was measured on, and their time.

    Raises
    ------
    UserError
        If the data set does not fit.
    """

    def __init__(
        self,
        backend: Backend,
        dataset: Dataset,
        epochs: int | None,
        limit: int | None,
        start: tuple[State, int] | None,
    ) -> None:
        preset = backend.preset if epochs is None else _with_epochs(backend.preset, epochs)
        if dataset.inputs != preset.network.inputs or dataset.classes > preset.network.classes:
            raise UserError(
                f"data set {dataset.name!r} has {dataset.inputs} inputs and {dataset.classes} classes, but the network "
                f"{preset.network.inputs} and {preset.network.classes}; choose a preset made for it"
            )
        self._backend, self._preset, self._network, self._dataset = backend, preset, preset.network, dataset
        self._count = len(dataset.train_samples[:limit])
        self._epoch: tuple[int, NDArray[np.integer], NDArray[np.uint8]] | None = None
        self.total = preset.training.epochs * self._count
        self.right = self.cycles = self.timed_samples = 0
        self.seconds = 0.0
        self._is_stuck = False
        self.agreed = Agreed(State.initial(preset.network), 0) if start is None else Agreed(start[0].copy(), start[1])
        self._engine = FastNetwork(preset.network, self.agreed.state)

    @property
    def done(self) -> int:
        """Samples in which both sides agree."""
        return self.agreed.samples

    def epoch_end(self) -> int:
        """Number of the first sample of the next epoch."""
        return (self.done // self._count + 1) * self._count

    def go_on_from(self, state: State, progress: Progress, place: Path) -> None:
        """Go on from what an earlier comparison has kept in ``place``.

        Raises
        ------
        UserError
            If it followed another recipe.
        """
        self._agree_on(state, progress.samples_seen)
        if progress != self.progress():
            raise UserError(f"{place} holds a comparison with other samples or shifts; choose another folder")

    def progress(self) -> Progress:
        """How far both have come, as a checkpoint says it."""
        epoch = max(0, self.done - 1) // self._count
        return Progress(
            preset=self._preset.name,
            seed=self._network.seed,
            dataset=f"{self._dataset.name}, {self._count} samples",
            epoch=epoch,
            samples_seen=self.done,
            shifts=self._preset.training.shifts(epoch),
            recipe=self._preset.training.recipe,
        )

    def compare_results(self, until: int) -> Divergence | None:
        """Compare samples up to ``until`` (within an epoch) by prediction, update flag and digest."""
        first, count = self.done, until - self.done
        samples, labels, shifts = self._lessons(first, until)
        golden = self._engine.run_many(samples, labels, learn=True, shifts=shifts, digests=True)
        try:
            hardware = self._backend.run(samples, labels, learn=True, shifts=shifts)
        except StuckError as stuck:
            return self._stuck(first + stuck.samples, int(golden.predictions[stuck.samples]))
        agree = (
            (golden.digests == hardware.digests)
            & (golden.predictions == hardware.predictions)
            & (golden.updated == hardware.updated)
        )
        good = count if agree.all() else int(agree.argmin())
        self.right += int((hardware.predictions[:good] == labels[:good]).sum())
        self.cycles += hardware.total_cycles
        self.seconds += hardware.seconds
        self.timed_samples += count
        if good == count:
            self.agreed = Agreed(self._engine.state.copy(), until)
            return None
        before = FastNetwork(self._network, self.agreed.state)
        before.run_many(samples[:good], labels[:good], learn=True, shifts=shifts)
        self._agree_on(before.state.copy(), first + good)
        lesson = Lesson(self.done, samples[good], int(labels[good]), shifts)
        reference = by_reference(self._network, self.agreed.state, lesson)
        engine = by_engine(self._network, self.agreed.state, lesson)
        try:
            gateware = by_gateware_twice(self._backend, self.agreed.state, lesson)
        except StuckError:
            return self._stuck(self.done, reference.prediction)
        return located(self._network, self.done, reference, engine, gateware) or left_over(
            self.done, reference, _result(engine, golden, good), _result(gateware, hardware, good)
        )

    def compare_steps(self) -> Divergence | None:
        """Compare one sample in every value that all three show, from the agreed state, which the gateware holds."""
        samples, labels, shifts = self._lessons(self.done, self.done + 1)
        lesson = Lesson(self.done, samples[0], int(labels[0]), shifts)
        reference = by_reference(self._network, self.agreed.state, lesson)
        engine = by_engine(self._network, self.agreed.state, lesson)
        try:
            gateware = by_gateware(self._backend, lesson)
        except StuckError:
            return self._stuck(self.done, reference.prediction)
        divergence = located(self._network, self.done, reference, engine, gateware)
        if divergence is None:
            self._agree_on(reference.state, self.done + 1)
            self.right += int(reference.prediction == labels[0])
        return divergence

    def digest(self) -> int:
        """Digest of the gateware's state, or of the last one that agrees when it is stuck."""
        return (self.agreed.state if self._is_stuck else self._backend.state()).digest()

    def _stuck(self, number: int, expected: int | None) -> Divergence:
        self._is_stuck = True
        return Divergence(number, None, None, (), "prediction", expected, None)

    def _agree_on(self, state: State, samples: int) -> None:
        self.agreed = Agreed(state, samples)
        self._engine = FastNetwork(self._network, state)

    def _lessons(self, first: int, until: int) -> tuple[NDArray[np.integer], NDArray[np.uint8], tuple[int, int]]:
        """Samples, labels and shifts from ``first`` up to ``until``, all in one epoch."""
        epoch, start = divmod(first, self._count)
        if self._epoch is None or self._epoch[0] != epoch:
            order = epoch_order(self._network.seed, epoch, self._count)
            samples = training_samples(self._preset, self._dataset, epoch, order)
            self._epoch = epoch, samples, self._dataset.train_labels[order]
        chosen = slice(start, start + until - first)
        return self._epoch[1][chosen], self._epoch[2][chosen], self._preset.training.shifts(epoch)


def _result(repeated: Result, outcomes: Outcomes | RunResult, index: int) -> Result:
    """What a side made of a lesson among others."""
    return replace(
        repeated,
        digest=int(outcomes.digests[index]),
        prediction=int(outcomes.predictions[index]),
        updated=bool(outcomes.updated[index]),
    )


def _with_epochs(preset: Preset, epochs: int) -> Preset:
    return replace(preset, training=replace(preset.training, epochs=epochs))
