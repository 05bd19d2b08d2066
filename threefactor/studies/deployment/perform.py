"""Prepare a network, and let happen what a scenario says."""

from __future__ import annotations

from dataclasses import dataclass

from golden.engine.network import FastNetwork
from golden.state import State
from golden.system.documents import Count, Fraction
from golden.training.train import Trained, train
from threefactor.studies.deployment.scenario import Part, Phase, Preparation, Scenario

PREPARED, STRUCK = "prepared", "struck"  # what is measured before the first phase is called


@dataclass(frozen=True)
class Measurement:
    """What the tests found after a phase, and the schema by which results keep it.

    Attributes
    ----------
    stage
        Name of the phase; ``prepared`` before the first, and ``struck`` after what befell the state.
    learned
        Samples that the chip has learned until then.
    updates
        How many of those changed weights.
    accuracies
        Fraction of right predictions of each test that was asked for.
    state_digest
        Digest of the state then, 16 hex digits.
    """

    stage: str
    learned: Count
    updates: Count
    accuracies: dict[str, Fraction]
    state_digest: str


def prepare(preparation: Preparation, limit: int | None = None) -> Trained:
    """Train as the preparation says, on its first ``limit`` samples."""
    return train(preparation.preset, preparation.dataset, limit=limit, tested=False)


def deployed(scenario: Scenario, prepared: State | None) -> State:
    """Return the state in which the first phase begins, from the prepared one, or from the initial one."""
    state = State.initial(scenario.preset.network) if prepared is None else prepared.copy()
    return state if scenario.strike is None else scenario.strike(state)


def lessons(phase: Phase, limit: int | None = None) -> Part:
    """The first ``limit`` samples of a phase, or all."""
    return phase.part.first(limit)


def perform(scenario: Scenario, prepared: State | None, limit: int | None = None) -> list[Measurement]:
    """Let a scenario happen in the engine, and measure before its first phase and after each.

    Parameters
    ----------
    prepared
        State after the preparation; None where there was none.
    limit
        Use only the first samples of every phase and test.
    """
    network = scenario.preset.network
    tests = {name: part.first(limit) for name, part in scenario.tests.items()}
    start = State.initial(network) if prepared is None else prepared
    found = [_measured(PREPARED, FastNetwork(network, start), tests, 0, 0)]
    engine = FastNetwork(network, deployed(scenario, prepared))
    if scenario.strike is not None:
        found.append(_measured(STRUCK, engine, tests, 0, 0))
    learned = updates = 0
    for phase in scenario.phases:
        samples, labels = lessons(phase, limit)
        outcomes = engine.run_many(samples, labels, phase.learn, phase.shifts)
        learned += len(labels) if phase.learn else 0
        updates += int(outcomes.updated.sum())
        asked = tests if phase.tests is None else {name: tests[name] for name in phase.tests}
        found.append(_measured(phase.name, engine, asked, learned, updates))
    return found


def _measured(stage: str, engine: FastNetwork, tests: dict[str, Part], learned: int, updates: int) -> Measurement:
    accuracies = {
        name: float((engine.run_many(*part, False, (0, 0)).predictions == part.labels).mean())
        for name, part in tests.items()
    }
    return Measurement(stage, learned, updates, accuracies, f"{engine.state.digest():016x}")
