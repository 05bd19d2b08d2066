"""Golden model against gateware, sample by sample, with learning on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from golden.data.datasets import Dataset
from golden.spec.errors import UserError
from golden.state import State
from sim.backends.interface import Backend
from sim.compare.divergence import Divergence, in_state
from sim.compare.record import Record, subject_of
from sim.compare.sides import Sides

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
        Digest of the gateware's state after the last sample; of the last state that agrees where it is stuck.
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
    ``training.shifts(e)``. After every sample prediction, update flag and digest of the engine and the gateware must
    agree. When they do not, engine, reference and gateware run the sample once more from the last equal state, and are
    compared step by step.

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
        Holds how far the comparison has come (:class:`sim.compare.record.Record`), written every ``every`` samples
        and when it is interrupted; a comparison that finds one goes on from there.
    every
        Samples between two writes.
    progress
        Told of (samples done, samples in all).

    Raises
    ------
    UserError
        If the data set does not fit, or ``folder`` holds another comparison or cannot be written.
    KeyboardInterrupt
        Passes through, when the samples until then have been kept.
    """
    sides = Sides(backend, dataset, epochs, limit, start)
    total = sides.total if samples is None else min(samples, sides.total)
    if total <= sides.done:
        missing = total - sides.done
        raise UserError(f"a comparison needs at least 1 sample, not {missing}; ask for more samples or epochs")
    started = time.perf_counter()
    record = None
    if folder is not None:
        subject = subject_of(backend, dataset.digest, sides.agreed.state, sides.done)
        record = Record(folder, backend.preset.network, subject)
        if found := record.begin():
            sides.go_on_from(*found, record.place)
    resumed = sides.done
    backend.load(sides.agreed.state if planted is None else planted)
    divergence = in_state(sides.done, sides.agreed.state, backend.state())

    traced = min(traced, total - sides.done) if backend.traceable else 0
    saved = sides.done
    try:
        while divergence is None and sides.done < resumed + traced:
            divergence = sides.compare_steps()
        while divergence is None and sides.done < total:
            divergence = sides.compare_results(min(total, sides.done + _CHUNK, sides.epoch_end(), saved + every))
            if progress is not None:
                progress(sides.done, total)
            if divergence is None and sides.done >= saved + every:
                saved = _kept(sides, record)
    finally:
        if divergence is None and sides.done > saved:
            _kept(sides, record)
    if divergence is not None and record is not None:
        record.differs(str(divergence))
    compared = sides.done - resumed
    return Comparison(
        equal=divergence is None,
        first_divergence=divergence,
        samples=sides.done,
        resumed_samples=resumed,
        traced_samples=min(traced, compared),
        cycles=sides.cycles,
        cycles_per_second=sides.cycles / sides.seconds if sides.seconds else 0.0,
        samples_per_second=sides.timed_samples / sides.seconds if sides.seconds else 0.0,
        seconds=time.perf_counter() - started,
        accuracy=sides.right / compared if compared else 0.0,
        digest=sides.digest(),
    )


def _kept(sides: Sides, record: Record | None) -> int:
    """Keep what both sides agree on, and return how many samples that are."""
    if record is not None:
        record.save(sides.agreed.state, sides.progress())
    return sides.done
