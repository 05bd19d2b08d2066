"""A case in reference and engine: everything that both tell must be equal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import FastNetwork
from golden.network import Outcome, ReferenceNetwork, SampleTrace
from golden.state import State
from sim.compare.divergence import in_state
from sim.crosscheck.case import Case, Lessons


class DifferenceError(AssertionError):
    """Two of reference, engine, gateware and cycle model differ in a case."""


@dataclass(frozen=True)
class Step:
    """One sample of a case in the reference.

    Attributes
    ----------
    number
        Of the sample, from 0.
    lessons, sample, label
        What was taught.
    before, after
        States around it.
    outcome, trace
        What came of it.
    """

    number: int
    lessons: Lessons
    sample: NDArray[np.integer]
    label: int
    before: State
    after: State
    outcome: Outcome
    trace: SampleTrace


def steps_of(case: Case, start: State) -> Iterator[Step]:
    """Run a case in the reference, sample by sample."""
    reference, number = ReferenceNetwork(case.preset.network, start.copy()), 0
    for taught in case.plan.lessons:
        for sample, label in zip(*taught.drawn(case.preset.network), strict=True):
            before, trace = reference.state.copy(), SampleTrace()
            outcome = reference.run(sample, int(label), learn=taught.learn, shifts=taught.shifts, trace=trace)
            yield Step(number, taught, sample, int(label), before, reference.state.copy(), outcome, trace)
            number += 1


def compare_models(case: Case, start: State) -> list[Step]:
    """Run a case in reference and engine, and return what the reference did.

    Raises
    ------
    DifferenceError
        If they differ.
    """
    network = case.preset.network
    steps = list(steps_of(case, start))
    engine, first = FastNetwork(network, start), 0
    for taught in case.plan.lessons:
        found = engine.run_many(
            *taught.drawn(network), learn=taught.learn, shifts=taught.shifts, digests=True, potentials=True
        )
        for index, step in enumerate(steps[first : first + taught.samples]):
            for what, expected, got in (
                ("prediction", step.outcome.prediction, found.predictions[index]),
                ("update", step.outcome.updated, found.updated[index]),
                ("spikes", step.outcome.spikes, found.spikes[index].sum()),
                ("digest", step.after.digest(), found.digests[index]),
            ):
                if expected != got:
                    raise DifferenceError(
                        f"sample {step.number}: {what} of the engine is {got}, of the reference {expected}"
                    )
        first += taught.samples
        if divergence := in_state(first - 1, steps[first - 1].after, engine.state):
            raise DifferenceError(f"engine: {divergence}")
    return steps
