"""Where engine, reference and gateware part in one sample, and which two of them agree."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Network
from golden.state import State
from sim.backends.interface import Backend
from sim.compare.divergence import (
    ENGINE,
    GATEWARE,
    REFERENCE,
    Divergence,
    in_thresholds,
    in_trace,
    in_weights,
)


@dataclass(frozen=True)
class Lesson:
    """One training sample: its number, the levels or events, the label, and the learning-rate shifts."""

    number: int
    sample: NDArray[np.integer]
    label: int
    shifts: tuple[int, int]


@dataclass(frozen=True)
class Result:
    """What one side made of a lesson.

    Attributes
    ----------
    state
        After the lesson.
    digest
        Of the state, as the side computes it itself.
    prediction, updated
        None where the side does not tell.
    trace
        Everything in between, where the side shows it.
    """

    state: State
    digest: int
    prediction: int | None = None
    updated: bool | None = None
    trace: SampleTrace | None = None


def by_reference(network: Network, state: State, lesson: Lesson) -> Result:
    """Take a lesson in the reference."""
    reference, trace = ReferenceNetwork(network, state.copy()), SampleTrace()
    outcome = reference.run(lesson.sample, lesson.label, learn=True, shifts=lesson.shifts, trace=trace)
    return Result(reference.state, reference.state.digest(), outcome.prediction, outcome.updated, trace)


def by_engine(network: Network, state: State, lesson: Lesson) -> Result:
    """Take a lesson in the engine."""
    engine = FastNetwork(network, state)
    outcomes = engine.run_many(*_batch(lesson), learn=True, shifts=lesson.shifts, digests=True)
    return Result(
        engine.state.copy(), int(outcomes.digests[0]), int(outcomes.predictions[0]), bool(outcomes.updated[0])
    )


def by_gateware(backend: Backend, lesson: Lesson) -> Result:
    """Take a lesson in the gateware, from the state that it holds, step by step where it can be watched."""
    if backend.traceable:
        trace = backend.traced(lesson.sample, lesson.label, learn=True, shifts=lesson.shifts)
        state = backend.state()
        return Result(state, state.digest(), trace=trace)
    outcomes = backend.run(*_batch(lesson), learn=True, shifts=lesson.shifts)
    return Result(backend.state(), int(outcomes.digests[0]), int(outcomes.predictions[0]), bool(outcomes.updated[0]))


def by_gateware_twice(backend: Backend, state: State, lesson: Lesson) -> Result:
    """Take a lesson in the gateware as samples run, and once more to watch it; both from ``state``."""
    backend.load(state)
    outcomes = backend.run(*_batch(lesson), learn=True, shifts=lesson.shifts)
    backend.load(state)
    return replace(
        by_gateware(backend, lesson),
        digest=int(outcomes.digests[0]),
        prediction=int(outcomes.predictions[0]),
        updated=bool(outcomes.updated[0]),
    )


def located(network: Network, number: int, reference: Result, engine: Result, gateware: Result) -> Divergence | None:
    """First difference among the three, or None.

    Where the engine alone differs, it is the engine's from the reference; else the gateware's from the reference,
    which both show what happens within a sample.
    """
    in_hardware = difference(network, number, reference, gateware)
    in_engine = difference(network, number, reference, engine)
    if in_hardware is None:
        return None if in_engine is None else replace(in_engine, sides=(REFERENCE, ENGINE), odd=ENGINE)
    if in_engine is None:
        return in_hardware
    agreed = difference(network, number, engine, gateware) is None
    return replace(in_hardware, odd=REFERENCE if agreed else None)


def left_over(number: int, reference: Result, engine: Result, gateware: Result) -> Divergence:
    """Difference that a repetition from the same state, in which all three agree, does not show.

    ``engine`` and ``gateware`` are what they made of the lesson at first.
    """
    for field in ("prediction", "updated", "digest"):
        expected, compiled, hardware = (int(getattr(side, field)) for side in (reference, engine, gateware))
        if compiled == hardware:
            continue
        if hardware == expected:
            return _left_over(number, field, expected, compiled, ENGINE, ENGINE)
        return _left_over(number, field, expected, hardware, GATEWARE, GATEWARE if compiled == expected else None)
    raise AssertionError("a lesson differs without a difference")


def difference(network: Network, number: int, expected: Result, got: Result) -> Divergence | None:
    """First difference between two results, in the order of the computation, in what both sides tell."""
    found = None
    if expected.trace is not None and got.trace is not None:
        found = in_trace(number, network, expected.trace, got.trace)
    found = found or in_thresholds(number, expected.state, got.state)
    found = found or _in_field(number, expected, got, "prediction") or _in_field(number, expected, got, "updated")
    return found or in_weights(number, expected.state, got.state) or _in_field(number, expected, got, "digest")


def _in_field(number: int, expected: Result, got: Result, field: str) -> Divergence | None:
    one, other = getattr(expected, field), getattr(got, field)
    if one is None or other is None or one == other:
        return None
    return Divergence(number, None, None, (), field, int(one), int(other))


def _left_over(number: int, field: str, expected: int, got: int, side: str, odd: str | None) -> Divergence:
    return Divergence(number, None, None, (), field, expected, got, sides=(REFERENCE, side), odd=odd, repeats=False)


def _batch(lesson: Lesson) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    return lesson.sample[None], np.array([lesson.label], dtype=np.uint8)
