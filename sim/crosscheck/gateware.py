"""A case in the gateware, held against the models: results, cycles, and every step of some samples."""

from __future__ import annotations

import numpy as np

from golden.cycles.activity import observe
from golden.cycles.model import count_cycles
from golden.state import State
from sim.backends.interface import Backend, StuckError
from sim.compare.divergence import in_state
from sim.compare.location import Lesson, by_engine, by_gateware_twice, by_reference, located
from sim.crosscheck.case import Case
from sim.crosscheck.models import DifferenceError, Step

_WATCHED = 2  # samples of a case are watched step by step


def compare_gateware(case: Case, steps: list[Step], backend: Backend) -> None:
    """Run a case in the gateware, and compare it with what the reference did.

    Parameters
    ----------
    case, steps
        The case, and what :func:`sim.crosscheck.models.compare_models` returned for it.
    backend
        A processor of its preset, which the stalls of the case are set in.

    Raises
    ------
    DifferenceError
        If they differ.
    """
    try:
        _compare_runs(case, steps, backend)
        _compare_steps(case, steps, backend)
    except StuckError as stuck:
        raise DifferenceError(f"gateware: {stuck}") from stuck


def _compare_runs(case: Case, steps: list[Step], backend: Backend) -> None:
    """Predictions, updates, digests and cycles of all samples, and the state at the end as the host reads it."""
    network, first = case.preset.network, 0
    backend.load(steps[0].before)
    for taught in case.plan.lessons:
        part = steps[first : first + taught.samples]
        samples, labels = taught.drawn(network)
        found = backend.run(samples, labels, learn=taught.learn, shifts=taught.shifts)
        for name, expected, got in (
            ("predictions", [step.outcome.prediction for step in part], found.predictions),
            ("updates", [step.outcome.updated for step in part], found.updated),
            ("digests", [step.after.digest() for step in part], found.digests),
        ):
            if expected != got.tolist():
                raise DifferenceError(f"samples from {first} on: {name} of the gateware are {got}, not {expected}")
        if not case.plan.stalls:
            counted = _cycles(case, part[0].before, samples, labels, learn=taught.learn, shifts=taught.shifts)
            if counted != found.cycles.tolist():
                raise DifferenceError(f"samples from {first} on took {found.cycles} cycles, not {counted}")
        first += taught.samples
    if divergence := in_state(first - 1, steps[-1].after, backend.state()):
        raise DifferenceError(f"gateware: {divergence}")


def _cycles(
    case: Case, start: State, samples: np.ndarray, labels: np.ndarray, *, learn: bool, shifts: tuple[int, int]
) -> list[int]:
    """What the cycle model says that samples take."""
    activity = observe(case.preset.network, start.copy(), samples, labels, learn=learn, shifts=shifts)
    counted: list[int] = count_cycles(case.preset, activity).per_sample.tolist()
    return counted


def _compare_steps(case: Case, steps: list[Step], backend: Backend) -> None:
    """Some of the samples that are learned, in all that reference, engine and gateware show of them."""
    network = case.preset.network
    for step in [step for step in steps if step.lessons.learn][-_WATCHED:]:
        lesson = Lesson(step.number, step.sample, step.label, step.lessons.shifts)
        reference = by_reference(network, step.before, lesson)
        engine = by_engine(network, step.before, lesson)
        gateware = by_gateware_twice(backend, step.before, lesson)
        if divergence := located(network, step.number, reference, engine, gateware):
            raise DifferenceError(f"{divergence} ({divergence.verdict})")
