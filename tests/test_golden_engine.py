"""The compiled engine equals the reference, sample by sample and bit by bit, also where registers saturate."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.engine import kernel
from golden.engine.network import FastNetwork
from golden.modulators import broadcast, modulate, post_factor
from golden.network import ReferenceNetwork, SampleTrace
from golden.neuron import adapt
from golden.readout import class_potentials
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.topology import topology
from golden.state import State
from tests.support.networks import SAMPLES, SHIFTS, VARIANTS, network_of, stimulus


def assert_same_state(left: State, right: State) -> None:
    for expected, got in zip(left.arrays(), right.arrays(), strict=True):
        np.testing.assert_array_equal(expected, got)


@pytest.mark.parametrize("variant", VARIANTS)
def test_equals_the_reference(variant: str) -> None:
    network = network_of(variant)
    samples, labels = stimulus(network)
    reference, engine = ReferenceNetwork(network), FastNetwork(network)
    outcomes = engine.run_many(samples, labels, True, SHIFTS, digests=True)
    for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        expected = reference.run(sample, int(label), learn=True, shifts=SHIFTS)
        got = (outcomes.predictions[index], outcomes.updated[index], outcomes.spikes[index].sum())
        assert got == (expected.prediction, expected.updated, expected.spikes), f"sample {index}"
        assert int(outcomes.digests[index]) == reference.state.digest(), f"sample {index}"
    assert_same_state(reference.state, engine.state)


def test_fixed_recurrence_keeps_its_weights_and_else_learns() -> None:
    network = network_of("fixed recurrence")
    engine = FastNetwork(network)
    before = [weights.copy() for weights in engine.state.weights]
    engine.run_many(*stimulus(network), True, SHIFTS)
    for k, (old, new) in enumerate(zip(before, engine.state.weights, strict=True)):
        forward = network.forward_axons(k)
        assert old[forward:].any()
        np.testing.assert_array_equal(old[forward:], new[forward:])
        assert (old[:forward] != new[:forward]).any()


@pytest.mark.parametrize("shifts", [(1, 1), (12, 12), (7, 1)])
def test_equals_the_reference_at_all_rates(shifts: tuple[int, int]) -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    reference, engine = ReferenceNetwork(network), FastNetwork(network)
    engine.run_many(samples, labels, True, shifts)
    for sample, label in zip(samples, labels, strict=True):
        reference.run(sample, int(label), learn=True, shifts=shifts)
    assert_same_state(reference.state, engine.state)


def adaptation_corners(network: Network, trace: SampleTrace) -> Counter[str]:
    """Corners of adaptation and recall, recomputed from the spikes and hits of a sample."""
    hits: Counter[str] = Counter()
    adaptation = np.zeros((network.layers, network.neurons), dtype=np.int64)
    for spikes in trace.spikes:
        adaptation = adapt(network, adaptation, spikes)
        hits["saturated adaptation"] += int((adaptation == network.adaptation.high).sum())
    if trace.errors is not None and network.recall_bins:
        post = trace.post[-1]
        exact = post[:, -network.recall_bins :].sum(axis=1)
        recall = np.minimum(exact, network.recall.high)
        early = post_factor(network, 0, post[:, 0], recall)
        unbounded = post_factor(network, 0, post[:, 0], exact)
        for k, feedback in enumerate(topology(network).feedback):
            learning = broadcast(np.array(feedback), modulate(np.array(topology(network).modulation), trace.errors))
            hits["saturated recall"] += int((learning * (early[k] - unbounded[k]) != 0).sum())
            hits["negative early factor"] += int((learning * early[k] < 0).sum())
            hits["positive early factor"] += int((learning * early[k] > 0).sum())
    return hits


def corners(network: Network) -> Counter[str]:
    """How often each corner of the arithmetic occurs in the reference on the common stimulus."""
    hits: Counter[str] = Counter()
    reference = ReferenceNetwork(network)
    low, high = network.threshold_range
    for sample, label in zip(*stimulus(network), strict=True):
        theta = np.array(reference.state.thresholds) >> network.threshold_fraction  # unless it adapts
        trace = SampleTrace()
        reference.run(sample, int(label), learn=True, shifts=SHIFTS, trace=trace)
        assert trace.readout is not None
        ranked = np.sort(class_potentials(network, trace.readout))
        for potential, spikes in zip(trace.potentials, trace.spikes, strict=True):
            hits["potential at the floor"] += int((potential == -network.nominal_threshold).sum())
            hits["residual at the threshold"] += int((spikes & (potential == theta)).sum())
            hits["exactly at the threshold"] += int((spikes & (potential == 0)).sum())
        hits["tie for the first place"] += int(ranked[-1] == ranked[-2])
        hits["content teacher"] += int(trace.errors is None)
        if trace.errors is not None:
            hits["error 1"] += int(trace.errors.max() == 1)
            hits["error 2"] += int(trace.errors.max() == 2)
        hits["saturated pre"] += sum(int((pre == network.pre.high).sum()) for pre in trace.pre)
        hits["saturated post"] += int((trace.post[-1] == network.post.high).sum())
        hits["saturated count"] += int((trace.counts[-1] == network.count.high).sum())
        hits["weight at its limit"] += sum(int((abs(w) == network.weight_limit).sum()) for w in reference.state.weights)
        hits["link at its limit"] += int((abs(reference.state.readout) == network.readout_limit).sum())
        hits["lowest threshold"] += int((np.array(reference.state.thresholds) == low).sum())
        hits["highest threshold"] += int((np.array(reference.state.thresholds) == high).sum())
        hits["silent sample"] += int(not np.any(trace.spikes))
        hits["saturated negative pre"] += sum(int((pre == -network.pre.high).sum()) for pre in trace.pre)
        unheard = np.array(trace.spikes)[[not network.listens(step) for step in range(network.steps)]]
        hits["spike that the readout does not take"] += int(unheard.sum())
        hits.update(adaptation_corners(network, trace))
    return hits


def test_the_stimulus_reaches_every_corner() -> None:
    hits = sum((corners(network_of(variant)) for variant in VARIANTS), Counter())
    expected = {
        "potential at the floor",
        "residual at the threshold",
        "exactly at the threshold",
        "tie for the first place",
        "content teacher",
        "error 1",
        "error 2",
        "saturated pre",
        "saturated post",
        "saturated count",
        "weight at its limit",
        "link at its limit",
        "lowest threshold",
        "highest threshold",
        "silent sample",
        "saturated negative pre",
        "spike that the readout does not take",
        "saturated adaptation",
        "saturated recall",
        "negative early factor",
        "positive early factor",
    }
    assert expected == set(+hits)


def test_calls_can_be_split_anywhere() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    whole, parts = FastNetwork(network), FastNetwork(network)
    expected = whole.run_many(samples, labels, True, SHIFTS, digests=True)
    got = [parts.run_many(samples[cut], labels[cut], True, SHIFTS, True) for cut in (slice(0, 5), slice(5, None))]
    np.testing.assert_array_equal(expected.digests, np.concatenate([part.digests for part in got]))
    assert whole.state.digest() == parts.state.digest() == int(expected.digests[-1])


def test_without_learning_nothing_changes() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    engine, reference = FastNetwork(network), ReferenceNetwork(network)
    outcomes = engine.run_many(samples, labels, False, SHIFTS, digests=True)
    assert set(outcomes.digests.tolist()) == {State.initial(network).digest()}
    assert not outcomes.updated.any() and not outcomes.potentials.size
    assert outcomes.predictions.tolist() == [
        reference.run(sample, 0, learn=False, shifts=SHIFTS).prediction for sample in samples
    ]


@pytest.mark.parametrize("learn", [False, True])
def test_potentials_are_those_of_the_reference(learn: bool) -> None:
    network = network_of("widest")
    samples, labels = stimulus(network)
    reference, engine = ReferenceNetwork(network), FastNetwork(network)
    outcomes = engine.run_many(samples, labels, learn, SHIFTS, potentials=True)
    for sample, label, got in zip(samples, labels, outcomes.potentials, strict=True):
        reference.run(sample, int(label), learn=learn, shifts=SHIFTS, trace=(trace := SampleTrace()))
        assert trace.readout is not None
        np.testing.assert_array_equal(got, class_potentials(network, trace.readout))
    np.testing.assert_array_equal(outcomes.potentials.argmax(axis=1), outcomes.predictions)


def test_continues_from_a_copy_of_a_state() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    first = FastNetwork(network)
    first.run_many(samples[:9], labels[:9], True, SHIFTS)
    kept = first.state.copy()
    second = FastNetwork(network, first.state)
    first.run_many(samples[9:], labels[9:], True, SHIFTS)
    assert_same_state(kept, second.state)
    second.run_many(samples[9:], labels[9:], True, SHIFTS)
    assert_same_state(first.state, second.state)


def test_compiled_code_comes_from_the_files_that_version_it() -> None:
    """The cache of the compiled entry is keyed by golden/engine/*.py: what they import must be among them."""
    folder = Path(kernel.__file__).parent
    reached, found = set[str](), {"golden.engine.kernel"}
    while unread := found - reached:
        reached |= unread
        for module in unread:
            assert module.startswith("golden.engine."), f"{module} is compiled, but not among {folder}/*.py"
            source = (folder / f"{module.rpartition('.')[2]}.py").read_text(encoding="utf-8")
            imported = set(re.findall(r"^from (golden\S*) import", source, re.MULTILINE))
            found |= imported - {"golden.system.compilation"}  # compiles, and is not compiled itself
    assert len(reached) > 1


def test_read_only_samples_are_accepted() -> None:
    network = network_of("ring")
    samples, labels = stimulus(network)
    samples.flags.writeable = labels.flags.writeable = False
    assert len(FastNetwork(network).run_many(samples, labels, True, SHIFTS).predictions) == SAMPLES


@pytest.mark.parametrize(
    ("variant", "change", "sentence"),
    [
        ("ring", dict(samples=np.zeros((2, 8), np.uint8)), r"samples must have shape \(n, 9\), not \(2, 8\)"),
        ("events", dict(samples=np.zeros((2, 9), np.uint8)), r"samples must have shape \(n, 11, 9\), not \(2, 9\)"),
        ("ring", dict(labels=np.zeros(3, np.uint8)), r"one label a sample \(2\), not labels of shape \(3,\)"),
        ("ring", dict(samples=np.full((2, 9), 16, np.uint8)), r"levels must be in 0\.\.15, not 16"),
        ("ring", dict(samples=np.full((2, 9), -1, np.int8)), r"levels must be in 0\.\.15, not -1"),
        ("signed input", dict(samples=np.full((2, 9), -16, np.int8)), r"levels must be in -15\.\.15, not -16"),
        ("events", dict(samples=np.full((2, 11, 9), 2, np.uint8)), r"events must be in 0\.\.1, not 2"),
        ("ring", dict(labels=np.array([0, 3], np.uint8)), r"labels must be below classes \(3\), not 3"),
        ("ring", dict(shifts=(3, 16)), r"shifts must be 1..12, not \(3, 16\)"),
    ],
)
def test_errors_are_sentences(variant: str, change: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = dict(
        samples=np.zeros((2, 9), np.uint8), labels=np.zeros(2, np.uint8), learn=True, shifts=SHIFTS
    )
    with pytest.raises(UserError, match=sentence):
        FastNetwork(network_of(variant)).run_many(**arguments | change)


ZEROS = np.zeros((2, 9), np.uint8)
LARGEST = 2**64 - 1
BEYOND: list[tuple[str, dict[str, Any], str]] = [
    ("ring", dict(labels=np.array([-1, 0])), "labels must be 0 or more, not -1"),
    ("ring", dict(labels=np.array([-1, 0], np.int8)), "labels must be 0 or more, not -1"),
    ("ring", dict(labels=np.array([256, 0])), r"labels must be below classes \(3\), not 256"),
    ("ring", dict(labels=np.array([LARGEST, 0], np.uint64)), rf"labels must be below classes \(3\), not {LARGEST}"),
    ("ring", dict(labels=np.array([0.0, 1.0])), "labels must be integers, not float64"),
    ("ring", dict(labels=np.array([0, np.nan])), "labels must be integers, not float64"),
    ("ring", dict(labels=np.array([False, True])), "labels must be integers, not bool"),
    ("ring", dict(labels=np.array([10**30, 0])), "labels must be integers, not object"),
    ("ring", dict(labels=[0, 1]), "labels must be a NumPy array, not list"),
    ("ring", dict(labels=np.zeros((2, 1), np.uint8)), r"one label a sample \(2\), not labels of shape \(2, 1\)"),
    ("ring", dict(labels=np.array(0)), r"one label a sample \(2\), not labels of shape \(\)"),
    ("ring", dict(samples=ZEROS + 0.5), "samples must be integers, not float64"),
    ("ring", dict(samples=np.full((2, 9), np.nan)), "samples must be integers, not float64"),
    ("ring", dict(samples=ZEROS > 0), "samples must be integers, not bool"),
    ("ring", dict(samples=np.full((2, 9), "1")), "samples must be integers, not <U1"),
    ("ring", dict(samples=ZEROS.tolist()), "samples must be a NumPy array, not list"),
    ("ring", dict(samples=np.full((2, 9), 256)), r"levels must be in 0\.\.15, not 256"),
    ("ring", dict(samples=np.full((2, 9), LARGEST)), rf"levels must be in 0\.\.15, not {LARGEST}"),
    ("ring", dict(samples=np.array(0)), r"samples must have shape \(n, 9\), not \(\)"),
    ("ring", dict(samples=np.zeros((2, 1, 9), np.uint8)), r"samples must have shape \(n, 9\), not \(2, 1, 9\)"),
    ("events", dict(samples=np.full((2, 11, 9), -1, np.int8)), r"events must be in 0\.\.1, not -1"),
    ("events", dict(samples=np.zeros((2, 11, 9), np.bool_)), "samples must be integers, not bool"),
    *(
        ("ring", dict(shifts=shifts), re.escape(f"shifts must be 1..12, not {shifts}"))
        for shifts in ((0, 1), (1, 0), (13, 1), (1, 15), (-1, 3), (3.0, 2), (True, 2), (3,), (1, 2, 3))
    ),
]


@pytest.mark.parametrize(("variant", "change", "sentence"), BEYOND)
def test_nothing_beyond_its_bounds_reaches_compiled_code(variant: str, change: dict[str, Any], sentence: str) -> None:
    """A label of -1 became 255 and indexed without a check; rates that the processor does not have were computed."""
    arguments: dict[str, Any] = dict(samples=ZEROS, labels=np.zeros(2, np.uint8), learn=True, shifts=SHIFTS) | change
    with pytest.raises(UserError, match=sentence):
        FastNetwork(network_of(variant)).run_many(**arguments)


@pytest.mark.parametrize(
    ("variant", "sample", "label", "shifts", "sentence"),
    [
        ("ring", ZEROS[0], -1, SHIFTS, "labels must be 0 or more, not -1"),
        ("ring", ZEROS[0], 3, SHIFTS, r"labels must be below classes \(3\), not 3"),
        ("ring", ZEROS[0], 1.0, SHIFTS, "labels must be integers, not float64"),
        ("ring", ZEROS[0] + 16, 0, SHIFTS, r"levels must be in 0\.\.15, not 16"),
        ("ring", ZEROS[0] - 0.5, 0, SHIFTS, "samples must be integers, not float64"),
        ("events", ZEROS[0], 0, SHIFTS, r"samples must have shape \(n, 11, 9\), not \(1, 9\)"),
        ("ring", ZEROS[0], 0, (0, 0), r"shifts must be 1..12, not \(0, 0\)"),
        ("ring", ZEROS[0], 0, (3, 13), r"shifts must be 1..12, not \(3, 13\)"),
    ],
)
def test_the_reference_refuses_the_same(
    variant: str, sample: Any, label: Any, shifts: tuple[int, int], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        ReferenceNetwork(network_of(variant)).run(sample, label, learn=True, shifts=shifts)


def test_without_learning_labels_and_shifts_are_not_looked_at() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    expected = FastNetwork(network).run_many(samples, labels, False, SHIFTS)
    got = FastNetwork(network).run_many(samples, np.full(SAMPLES, -1), False, (0, 0))
    np.testing.assert_array_equal(expected.predictions, got.predictions)


def test_any_layout_in_memory_gives_the_same() -> None:
    network = network_of("two layers")
    samples, labels = stimulus(network)
    expected = FastNetwork(network).run_many(samples, labels, True, SHIFTS, digests=True)
    wide = np.zeros((2 * SAMPLES, 2 * network.inputs), ">i8")
    wide[::2, ::2] = samples
    for given, lessons in (
        (np.asfortranarray(samples), labels.astype(">u2")),
        (wide[::2, ::2], np.repeat(labels, 3)[::3].astype(np.int64)),
        (samples[::-1].copy()[::-1], labels[::-1].copy()[::-1]),
    ):
        got = FastNetwork(network).run_many(given, lessons, True, SHIFTS, digests=True)  # type: ignore[arg-type]
        np.testing.assert_array_equal(expected.digests, got.digests)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda s: s.weights.pop(), "a state of this network has 2 layers, not 1"),
        (lambda s: s.weights.append(s.weights[0]), "a state of this network has 2 layers, not 3"),
        (
            lambda s: put(s.weights, s.weights[0][1:]),
            r"weights of layer 0 must be int16 \(17, 8\), not int16 \(16, 8\)",
        ),
        (lambda s: put(s.weights, s.weights[0] * 1.0), r"weights of layer 0 must be int16 \(17, 8\), not float64"),
        (lambda s: put(s.thresholds, [1 << 14] * 8), r"thresholds of layer 0 must be int32 \(8,\), not list"),
        (lambda s: setattr(s, "readout", s.readout.T), r"readout weights must be int16 \(16, 6\), not int16 \(6, 16\)"),
        (lambda s: setattr(s, "generators", s.generators[1:]), r"generators must be uint32 \(3,\), not uint32 \(2,\)"),
        (lambda s: put(s.weights[1][0], 8), r"weights of layer 1 must be in -7..7, not 8 at \[0, 0\]"),
        (lambda s: put(s.generators, 0), r"rounding generators must be in 1..4294967295, not 0 at \[0\]"),
    ],
)
def test_a_state_of_another_network(change: Callable[[State], object], sentence: str) -> None:
    network = network_of("two layers")
    models: tuple[Callable[[Network, State], object], ...] = (FastNetwork, ReferenceNetwork)
    for model in models:
        state = State.initial(network)
        change(state)
        with pytest.raises(UserError, match=sentence):
            model(network, state)


def put(values: Any, first: object) -> None:
    values[0] = first
