"""Golden model against gateware, sample by sample, with learning on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from golden.training import checkpoint
from golden.training.checkpoint import Progress
from golden.training.order import epoch_order, training_samples
from sim.backends.interface import Backend
from sim.compare.divergence import Divergence, in_state, in_trace

CHECKPOINT = "compared"  # directory inside the folder of a comparison
_CHUNK = 256  # samples between two looks at the digests


@dataclass(frozen=True)
class Comparison:
    """Result of a comparison.

    Attributes
    ----------
    equal
        Whether predictions, update flags and digests agree after every sample.
    first_divergence
        Where they part, or None.
    samples, resumed_samples
        Samples that agree, those before this run included; how many those are.
    traced_samples
        Samples of this run that were also compared step by step.
    cycles, cycles_per_second
        Clock cycles of this run, and the speed of the simulation without the golden model.
    samples_per_second
        The same in samples.
    seconds
        Wall time of this run in all.
    accuracy
        Fraction of right predictions of the gateware in this run, each before its own update.
    digest
        Digest of the gateware's state after the last sample.
    """

    equal: bool
    first_divergence: Divergence | None
    samples: int
    resumed_samples: int
    traced_samples: int
    cycles: int
    cycles_per_second: float
    samples_per_second: float
    seconds: float
    accuracy: float
    digest: int


def compare(
    backend: Backend,
    dataset: Dataset,
    *,
    samples: int | None = None,
    epochs: int | None = None,
    limit: int | None = None,
    traced: int = 2,
    start: tuple[State, int] | None = None,
    planted: State | None = None,
    folder: Path | None = None,
    every: int = 1024,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Train in the golden model and in the gateware, and stop where they differ.

    Both start from the initial state, or where a training has come to, and follow the recipe of the backend's
    preset: epoch e learns all training samples in the order ``epoch_order(seed, e, count)`` with
    ``training.shifts(e)``. After every sample prediction, update flag and digest must agree. When they do not, the
    sample is run once more on both sides from the last equal state, and compared step by step.

    Parameters
    ----------
    backend
        A processor; its state is overwritten.
    dataset
        Training samples.
    samples
        Stop after so many; all by default.
    epochs
        Passes over the training samples instead of those of the recipe.
    limit
        Use only the first training samples.
    traced
        The first so many samples of the run are compared step by step in any case, where the backend shows the steps.
    start
        State after so many training samples, to start from instead of the initial one.
    planted
        State for the gateware to start from instead: a planted fault, to see it found.
    folder
        Its subdirectory ``compared`` holds how far the comparison has come, written every ``every`` samples; a
        comparison that finds one goes on from there.
    every
        Samples between two writes.
    progress
        Told of (samples done, samples in all).

    Raises
    ------
    UserError
        If the data set does not fit, or ``folder`` holds another comparison.
    """
    run = _Run(backend, dataset, epochs, limit, start)
    total = run.total if samples is None else min(samples, run.total)
    if total <= run.done:
        raise UserError(f"a comparison needs at least 1 sample, not {total - run.done}; ask for more samples or epochs")
    started = time.perf_counter()
    place = None if folder is None else folder / CHECKPOINT
    resumed = run.resume(place) if place is not None and checkpoint.exists(place) else run.done
    backend.load(run.state if planted is None else planted)
    divergence = in_state(run.done, run.state, backend.state())

    traced = min(traced, total - run.done) if backend.traceable else 0
    while divergence is None and run.done < resumed + traced:
        divergence = run.step_by_step()
    saved = run.done
    while divergence is None and run.done < total:
        until = min(total, run.done + _CHUNK, run.epoch_end(), saved + every)
        divergence = run.chunk(until)
        if progress is not None:
            progress(run.done, total)
        if divergence is None and (run.done >= saved + every or run.done == total):
            if place is not None:
                run.save(place)
            saved = run.done
    compared = run.done - resumed
    return Comparison(
        equal=divergence is None,
        first_divergence=divergence,
        samples=run.done,
        resumed_samples=resumed,
        traced_samples=min(traced, compared),
        cycles=run.cycles,
        cycles_per_second=run.cycles / run.hardware_seconds if run.hardware_seconds else 0.0,
        samples_per_second=run.timed_samples / run.hardware_seconds if run.hardware_seconds else 0.0,
        seconds=time.perf_counter() - started,
        accuracy=run.right / compared if compared else 0.0,
        digest=backend.state().digest(),
    )


class _Run:
    """Both sides and how far they have come; ``state`` is the last one in which they agree."""

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
        self.state, self.done = (State.initial(preset.network), 0) if start is None else (start[0].copy(), start[1])
        self._golden = FastNetwork(preset.network, self.state)
        self.right = self.cycles = self.timed_samples = 0
        self.hardware_seconds = 0.0

    def epoch_end(self) -> int:
        """Number of the first sample of the next epoch."""
        return (self.done // self._count + 1) * self._count

    def chunk(self, until: int) -> Divergence | None:
        """Compare samples up to ``until`` (within an epoch) by prediction, update flag and digest."""
        first = self.done
        samples, labels, shifts = self._training_samples(first, until)
        golden = self._golden.run_many(samples, labels, learn=True, shifts=shifts, digests=True)
        hardware = self._backend.run(samples, labels, learn=True, shifts=shifts)
        agree = (
            (golden.digests == hardware.digests)
            & (golden.predictions == hardware.predictions)
            & (golden.updated == hardware.updated)
        )
        good = until - first if agree.all() else int(agree.argmin())
        self.done += good
        self.right += int((hardware.predictions[:good] == labels[:good]).sum())
        self.cycles += hardware.total_cycles
        self.hardware_seconds += hardware.seconds
        self.timed_samples += until - first
        if good == until - first:
            self.state = self._golden.state.copy()
            return None
        before = FastNetwork(self._network, self.state)
        before.run_many(samples[:good], labels[:good], learn=True, shifts=shifts)
        self.state = before.state.copy()
        self._backend.load(self.state)
        found = self.step_by_step()
        if found is not None:
            return found
        # From the same state the sample now agrees: something that no state holds had been left over.
        self.done -= 1
        for field, expected, got in (
            ("prediction", golden.predictions, hardware.predictions),
            ("updated", golden.updated, hardware.updated),
            ("digest", golden.digests, hardware.digests),
        ):
            if expected[good] != got[good]:
                return Divergence(self.done, None, None, (), field, int(expected[good]), int(got[good]))
        raise AssertionError("a chunk differs without a difference")

    def step_by_step(self) -> Divergence | None:
        """Compare one sample in every value that the backend shows, from the agreed state, which it must hold."""
        samples, labels, shifts = self._training_samples(self.done, self.done + 1)
        reference, expected = ReferenceNetwork(self._network, self.state.copy()), SampleTrace()
        outcome = reference.run(samples[0], int(labels[0]), learn=True, shifts=shifts, trace=expected)
        divergence = None
        if self._backend.traceable:
            got = self._backend.traced(samples[0], int(labels[0]), learn=True, shifts=shifts)
            divergence = in_trace(self.done, self._network, expected, got)
        else:
            self._backend.run(samples, labels, learn=True, shifts=shifts, digests=False)
        divergence = divergence or in_state(self.done, reference.state, self._backend.state())
        if divergence is None:
            self.state = reference.state
            self._golden = FastNetwork(self._network, self.state)
            self.done += 1
            self.right += int(outcome.prediction == labels[0])
        return divergence

    def save(self, place: Path) -> None:
        """Write the agreed state."""
        checkpoint.save(place, self._network, self.state, self._progress())

    def resume(self, place: Path) -> int:
        """Go on from what :meth:`save` wrote, and return the samples done."""
        state, progress = checkpoint.load(place, self._network)
        self.done = progress.samples_seen
        if progress != self._progress():
            raise UserError(f"{place} holds a comparison with other samples or shifts; choose another folder")
        self.state = state
        self._golden = FastNetwork(self._network, state)
        return self.done

    def _progress(self) -> Progress:
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

    def _training_samples(
        self, first: int, until: int
    ) -> tuple[NDArray[np.integer], NDArray[np.uint8], tuple[int, int]]:
        """Samples, labels and shifts from ``first`` up to ``until``, all in one epoch."""
        epoch, start = divmod(first, self._count)
        if self._epoch is None or self._epoch[0] != epoch:
            order = epoch_order(self._network.seed, epoch, self._count)
            samples = training_samples(self._preset, self._dataset, epoch, order)
            self._epoch = epoch, samples, self._dataset.train_labels[order]
        chosen = slice(start, start + until - first)
        return self._epoch[1][chosen], self._epoch[2][chosen], self._preset.training.shifts(epoch)


def _with_epochs(preset: Preset, epochs: int) -> Preset:
    return replace(preset, training=replace(preset.training, epochs=epochs))
