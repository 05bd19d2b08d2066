"""The phases of a scenario on the gateware beside the engine, sample by sample."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import FastNetwork, Outcomes
from golden.spec.config import Network
from golden.state import State
from sim.backends.interface import Backend, RunResult, StuckError
from sim.compare.divergence import Divergence
from sim.compare.location import Lesson, Result, by_engine, by_gateware_twice, by_reference, left_over, located
from threefactor.studies.deployment.perform import deployed, lessons
from threefactor.studies.deployment.scenario import Part, Scenario

_CHUNK = 64  # samples between two looks at the digests


@dataclass(frozen=True)
class Check:
    """Result of a comparison.

    Attributes
    ----------
    first_divergence
        Where engine, reference and gateware part, or None.
    samples
        Samples that agree in prediction, update flag and digest.
    updates
        How many of them changed weights.
    cycles, seconds
        Clock cycles and wall time of the gateware.
    digest
        Digest of the last state in which both agree.
    """

    first_divergence: Divergence | None
    samples: int
    updates: int
    cycles: int
    seconds: float
    digest: int


def check(
    backend: Backend,
    scenario: Scenario,
    prepared: State | None,
    limit: int | None = None,
    most: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Check:
    """Let engine and gateware learn all phases from the deployed state, and stop where they differ.

    After every sample prediction, update flag and the digest of all weights, thresholds and generators must agree. When
    they do not, engine, reference and gateware run the sample once more from the last equal state, step by step.

    Parameters
    ----------
    backend
        A processor of ``scenario.preset``; its state is overwritten.
    prepared, limit
        As :func:`threefactor.studies.deployment.perform.perform` takes them.
    most
        Stop after so many samples; by default after the last phase.
    progress
        Told of (samples done, samples in all).
    """
    network, state = scenario.preset.network, deployed(scenario, prepared)
    batches = _batches(scenario, limit, most)
    total = sum(len(part.labels) for part, _ in batches)
    done = updates = cycles = 0
    seconds = 0.0
    backend.load(state)
    for part, shifts in batches:
        engine = FastNetwork(network, state)
        golden = engine.run_many(*part, True, shifts, digests=True)
        try:
            hardware = backend.run(*part, learn=True, shifts=shifts)
        except StuckError as stuck:
            where = Divergence(done + stuck.samples, None, None, (), "prediction", int(golden.predictions[0]), None)
            return Check(where, done + stuck.samples, updates, cycles, seconds, state.digest())
        agree = _agree(golden, hardware)
        good = len(part.labels) if agree.all() else int(agree.argmin())
        done += good
        updates += int(golden.updated[:good].sum())
        cycles += hardware.total_cycles
        seconds += hardware.seconds
        if not agree.all():
            divergence, digest = _located(backend, network, state, part, shifts, good, done, golden, hardware)
            return Check(divergence, done, updates, cycles, seconds, digest)
        state = engine.state.copy()
        if progress is not None:
            progress(done, total)
    return Check(None, done, updates, cycles, seconds, state.digest())


def _batches(scenario: Scenario, limit: int | None, most: int | None) -> list[tuple[Part, tuple[int, int]]]:
    """What is learned, up to ``most`` samples, in pieces of one rate."""
    found = []
    for phase in scenario.phases:
        part = lessons(phase, limit).first(most) if phase.learn else Part(*phase.part).first(0)
        most = None if most is None else most - len(part.labels)
        for first in range(0, len(part.labels), _CHUNK):
            piece = slice(first, first + _CHUNK)
            found.append((Part(part.samples[piece], part.labels[piece]), phase.shifts))
    return found


def _agree(golden: Outcomes, hardware: RunResult) -> NDArray[np.bool_]:
    agree: NDArray[np.bool_] = (
        (golden.digests == hardware.digests)
        & (golden.predictions == hardware.predictions)
        & (golden.updated == hardware.updated)
    )
    return agree


def _located(
    backend: Backend,
    network: Network,
    state: State,
    part: Part,
    shifts: tuple[int, int],
    good: int,
    number: int,
    golden: Outcomes,
    hardware: RunResult,
) -> tuple[Divergence, int]:
    """Where sample ``good`` of a batch that began in ``state`` differs, and the digest before it."""
    before = FastNetwork(network, state)
    before.run_many(*part.first(good), True, shifts)
    agreed = before.state.copy()
    lesson = Lesson(number, part.samples[good], int(part.labels[good]), shifts)
    reference, engine = by_reference(network, agreed, lesson), by_engine(network, agreed, lesson)
    try:
        gateware = by_gateware_twice(backend, agreed, lesson)
    except StuckError:
        return Divergence(number, None, None, (), "prediction", reference.prediction, None), agreed.digest()
    found = located(network, number, reference, engine, gateware)
    return found or left_over(
        number, reference, _of(engine, golden, good), _of(gateware, hardware, good)
    ), agreed.digest()


def _of(side: Result, outcomes: Outcomes | RunResult, index: int) -> Result:
    """What a side made of a sample at first, with the state of its repetition."""
    return Result(
        side.state,
        int(outcomes.digests[index]),
        int(outcomes.predictions[index]),
        bool(outcomes.updated[index]),
    )
