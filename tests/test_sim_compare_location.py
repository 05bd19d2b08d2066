"""Which of engine, reference and gateware differs from the other two, and where; the gateware is a faulty model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork, Outcomes
from golden.network import Outcome, ReferenceNetwork, SampleTrace
from golden.spec.presets import preset_named
from golden.state import State
from golden.training.order import epoch_order
from sim.compare import location, sides
from sim.compare.comparison import compare
from sim.compare.divergence import Divergence
from sim.compare.location import Result, difference, left_over

TINY = preset_named("tiny")
AXON, NEURON = 3, 5
NUMBERS = 0, 1, 9  # of the sample with the fault: two that are compared step by step, one that is not

Fault = Callable[[int, NDArray[np.integer], State], int]


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def marked(digits: Dataset, number: int) -> NDArray[np.integer]:
    """The sample that is learned as the one of this number."""
    order = epoch_order(TINY.network.seed, 0, len(digits.train_labels))
    found: NDArray[np.integer] = digits.train_samples[order[number]]
    return found


def weight_at(sample: NDArray[np.integer], by: int = 1) -> Fault:
    """Change a weight after a certain sample."""

    def fault(_: int, learned: NDArray[np.integer], state: State) -> int:
        if np.array_equal(learned, sample):
            state.weights[1][AXON, NEURON] += by
        return 0

    return fault


def break_engine(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    class Broken(FastNetwork):
        def run_many(self, samples: Any, labels: Any, learn: Any, shifts: Any, digests: bool = False) -> Outcomes:
            parts = []
            for index in range(len(samples)):
                one = slice(index, index + 1)
                done = super().run_many(samples[one], labels[one], learn, shifts)
                wrong = np.uint8(fault(len(samples), samples[index], self.state))
                digest = np.array([self.state.digest()], np.uint64)
                parts.append(replace(done, predictions=done.predictions + wrong, digests=digest))
            return Outcomes(*(np.concatenate([getattr(part, name) for part in parts]) for name in vars(parts[0])))

    monkeypatch.setattr(sides, "FastNetwork", Broken)
    monkeypatch.setattr(location, "FastNetwork", Broken)


def break_reference(monkeypatch: pytest.MonkeyPatch, fault: Fault) -> None:
    class Broken(ReferenceNetwork):
        def run(self, sample: Any, label: int, **options: Any) -> Outcome:
            outcome = super().run(sample, label, **options)
            fault(1, sample, self.state)
            return outcome

    monkeypatch.setattr(location, "ReferenceNetwork", Broken)


@pytest.mark.parametrize("number", NUMBERS)
def test_an_engine_that_differs_is_named(
    number: int, modelled: Any, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_engine(monkeypatch, weight_at(marked(digits, number)))
    found = compare(modelled(TINY), digits, samples=12)
    divergence = found.first_divergence
    assert divergence is not None and not found.equal and found.samples == number
    assert divergence.verdict == "reference and gateware agree, the engine differs"
    assert (divergence.sample, divergence.unit, divergence.field) == (number, "layer 1", "weights")
    assert (divergence.index, divergence.sides) == ((AXON, NEURON), ("reference", "engine"))
    assert divergence.expected is not None and divergence.got == divergence.expected + 1
    values = json.loads(json.dumps(divergence.as_values()))
    assert (values["layer"], values["axon"], values["neuron"], values["class"]) == (1, AXON, NEURON, None)
    assert values["sides"] == {"expected": "reference", "got": "engine"}
    assert (values["differs"], values["agree"], values["repeats"]) == ("engine", ["reference", "gateware"], True)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_gateware_that_differs_is_named(number: int, modelled: Any, digits: Dataset) -> None:
    found = compare(modelled(TINY, weight_at(marked(digits, number))), digits, samples=12)
    divergence = found.first_divergence
    assert divergence is not None and found.samples == number
    assert divergence.verdict == "engine and reference agree, the gateware differs"
    assert (divergence.sample, divergence.unit, divergence.index) == (number, "layer 1", (AXON, NEURON))
    assert divergence.sides == ("reference", "gateware")


@pytest.mark.parametrize("number", NUMBERS[:2])
def test_a_reference_that_differs_is_named(
    number: int, modelled: Any, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_reference(monkeypatch, weight_at(marked(digits, number)))
    divergence = compare(modelled(TINY), digits, samples=12).first_divergence
    assert divergence is not None
    assert divergence.verdict == "engine and gateware agree, the reference differs"
    assert (divergence.sample, divergence.unit, divergence.index) == (number, "layer 1", (AXON, NEURON))


def test_three_that_differ_are_said_to(modelled: Any, digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    break_engine(monkeypatch, weight_at(marked(digits, 9)))
    divergence = compare(modelled(TINY, weight_at(marked(digits, 9), by=2)), digits, samples=12).first_divergence
    assert divergence is not None and divergence.got is not None
    assert divergence.verdict == (
        "no two of engine, reference, gateware agree; expected is the reference, the value the gateware"
    )
    assert divergence.got - 2 == divergence.expected
    assert divergence.as_values()["agree"] == []


def test_a_prediction_alone_is_named(modelled: Any, digits: Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a trace nor a state shows it: it used to be taken for something left over."""
    sample = marked(digits, 9)

    def wrong(_: int, learned: NDArray[np.integer], __: State) -> int:
        return int(np.array_equal(learned, sample))

    divergence = compare(modelled(TINY, wrong), digits, samples=12).first_divergence
    assert divergence is not None and divergence.repeats
    assert (divergence.sample, divergence.unit, divergence.field, divergence.odd) == (
        9,
        "readout",
        "prediction",
        "gateware",
    )
    break_engine(monkeypatch, wrong)
    divergence = compare(modelled(TINY), digits, samples=12).first_divergence
    assert divergence is not None and divergence.repeats
    assert (divergence.field, divergence.odd) == ("prediction", "engine")


@pytest.mark.parametrize("side", ["engine", "gateware"])
def test_what_no_state_holds_is_said_to_be_left_over(
    side: str, modelled: Any, digits: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault that a sample shows among others, and not when it is repeated from the same state."""
    sample = marked(digits, 9)

    def among_others(count: int, learned: NDArray[np.integer], state: State) -> int:
        if count > 1 and np.array_equal(learned, sample):
            state.readout[0, 0] += 1
        return 0

    if side == "engine":
        break_engine(monkeypatch, among_others)
    backend = modelled(TINY, among_others if side == "gateware" else None)
    divergence = compare(backend, digits, samples=12).first_divergence
    assert divergence is not None and not divergence.repeats
    assert (divergence.sample, divergence.field, divergence.odd, divergence.sides[1]) == (9, "digest", side, side)
    assert divergence.verdict.endswith(
        "but not when it repeats the sample from the same state: what no state holds was left over"
    )
    assert re.fullmatch(r"sample 9: digest is [0-9a-f]{16}, expected [0-9a-f]{16}", str(divergence))
    values = divergence.as_values()
    assert values["got"] == f"{divergence.got:016x}" and values["expected"] == f"{divergence.expected:016x}"


def result(**fields: Any) -> Result:
    state = State.initial(TINY.network)
    return Result(state, **{"digest": state.digest(), "prediction": 1, "updated": True, **fields})


def test_order_of_what_two_sides_tell() -> None:
    """Thresholds adapt before the teacher judges, and the teacher before weights change."""
    network, expected, got = TINY.network, result(), result(digest=0)
    assert difference(network, 4, expected, expected) is None
    assert difference(network, 4, expected, got) == Divergence(4, None, None, (), "digest", expected.digest, 0)
    got.state.weights[0][0, 1] += 1
    found = difference(network, 4, expected, got)
    assert found is not None and (found.field, found.index) == ("weights", (0, 1))
    got = result(updated=False)
    got.state.weights[0][0, 1] += 1
    assert difference(network, 4, expected, got) == Divergence(4, None, None, (), "updated", 1, 0)
    got = result(updated=False, prediction=7)
    assert difference(network, 4, expected, got) == Divergence(4, None, None, (), "prediction", 1, 7)
    got.state.thresholds[0][2] += 1
    found = difference(network, 4, expected, got)
    assert found is not None and (found.field, found.layer, found.index) == ("thresholds", 0, (2,))
    traces = SampleTrace(pre=[np.zeros((1, 4)) for _ in range(network.layers + 1)]), SampleTrace()
    for trace in traces:
        shape = network.layers, network.neurons
        for _ in range(network.steps):
            for values in (trace.potentials, trace.spikes, trace.post, trace.counts):
                values.append(np.zeros(shape))
    traces[1].pre = [np.ones((1, 4)) for _ in range(network.layers + 1)]
    found = difference(network, 4, result(trace=traces[0]), result(trace=traces[1], prediction=7))
    assert found is not None and (found.field, found.layer) == ("pre", 0)
    assert difference(network, 4, result(prediction=None), got.__class__(result().state, result().digest)) is None


def test_left_over_where_no_two_agree() -> None:
    found = left_over(4, result(digest=1), result(digest=2), result(digest=3))
    assert (found.expected, found.got, found.odd, found.repeats) == (1, 3, None, False)


@pytest.mark.parametrize("number", NUMBERS)
def test_a_gateware_that_stops_is_told_from_one_that_is_wrong(number: int, modelled: Any, digits: Dataset) -> None:
    backend = modelled(TINY)
    before = FastNetwork(TINY.network)
    order = epoch_order(TINY.network.seed, 0, len(digits.train_labels))[: min(number, 2)]
    before.run_many(digits.train_samples[order], digits.train_labels[order], True, TINY.training.shifts(0))
    backend.stuck_at = number
    found = compare(backend, digits, samples=12)
    divergence = found.first_divergence
    assert divergence is not None and not found.equal
    assert (divergence.sample, divergence.field, divergence.got) == (number, "prediction", None)
    assert divergence.expected is not None
    assert divergence.verdict == (
        "engine and reference agree, the gateware differs: it is stuck, and gives no prediction"
    )
    assert found.digest == before.state.digest(), "the last state that agrees"


def test_a_gateware_that_stops_when_it_repeats_a_sample(modelled: Any, digits: Dataset) -> None:
    def fault(number: int, _: NDArray[np.integer], __: State) -> int:
        if number == 9:
            backend.stuck_at = 0  # after the next load
        return int(number == 9)

    backend = modelled(TINY, fault)
    divergence = compare(backend, digits, samples=12, traced=0).first_divergence
    assert divergence is not None
    assert (divergence.sample, divergence.field, divergence.got) == (9, "prediction", None)
