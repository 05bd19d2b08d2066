"""How fast the golden models are, on one thread; every measurement is meant for a process of its own.

Speeds are by the processor time of the thread, so that a measurement on a busy machine is that of an idle one.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from golden.data.datasets import Dataset, load
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.state import State

NETWORK = Network(
    inputs=784,
    classes=10,
    neurons=256,
    recurrence="dense",
    readout_fan_in=256,
    recurrent_amplitude=10,
    margin=2,
)
SHIFTS = 7, 6
_NO_TEST = np.zeros((0, NETWORK.inputs), np.uint8), np.zeros(0, np.uint8)
LIT = 0.19  # of the pixels of an MNIST image have a level above 0


@dataclass(frozen=True)
class Measurement:
    """Speed of a model at a task.

    Attributes
    ----------
    model, task
        What was measured.
    samples
        How many samples ran.
    samples_per_second
        By processor time, without loading data and compiling.
    update_fraction
        Of the samples; None without learning, or where every sample updates.
    peak_megabytes
        Largest resident memory of the process so far, with interpreter, libraries and data.
    """

    model: str
    task: str
    samples: int
    samples_per_second: float
    update_fraction: float | None
    peak_megabytes: float


def images(folder: Path | None, count: int) -> Dataset:
    """Return the first training images of MNIST, or synthetic ones as sparse where its files are not there.

    A synthetic image has a random three quarters of the pixels of its class, at random levels.
    """
    try:
        found = load("mnist", folder)
        return Dataset(found.name, found.train_samples[:count], found.train_labels[:count], *_NO_TEST)
    except UserError:
        draw = np.random.default_rng(1)
        classes = draw.random((NETWORK.classes, NETWORK.inputs)) < LIT / 0.75
        labels = draw.integers(0, NETWORK.classes, count, dtype=np.uint8)
        lit = classes[labels] & (draw.random((count, NETWORK.inputs)) < 0.75)
        samples = lit * draw.integers(1, 16, lit.shape, dtype=np.uint8)
        return Dataset("synthetic", samples, labels, *_NO_TEST)


def measure_engine(folder: Path | None, count: int) -> tuple[str, list[Measurement], State]:
    """Measure the engine on ``count`` images: their first pass, a second one, and inference.

    Returns
    -------
    tuple
        Name of the data, the measurements, and the state after the first pass.
    """
    data = images(folder, count)
    engine = FastNetwork(NETWORK)
    engine.run_many(data.train_samples[:0], data.train_labels[:0], True, SHIFTS)  # compiles
    measurements = []
    after = engine.state
    for task, learn in (("learning, first pass", True), ("learning, second pass", True), ("inference", False)):
        started = time.process_time()
        outcomes = engine.run_many(data.train_samples, data.train_labels, learn, SHIFTS)
        seconds = time.process_time() - started
        updates = float(outcomes.updated.mean()) if learn else None
        measurements.append(Measurement("engine", task, count, count / seconds, updates, peak_megabytes()))
        if len(measurements) == 1:
            after = engine.state.copy()
    return data.name, measurements, after


def measure_reference(folder: Path | None, count: int, state: State, samples: int) -> list[Measurement]:
    """Measure the reference on the first ``samples`` of ``count`` images, from a state after the first pass.

    It must end in the state in which the engine ends, or AssertionError is raised.
    """
    data = images(folder, count)
    engine, reference = FastNetwork(NETWORK, state), ReferenceNetwork(NETWORK, state.copy())
    measurements = []
    for task, learn in (("learning, second pass", True), ("inference", False)):
        started = time.process_time()
        outcomes = [
            reference.run(sample, int(label), learn=learn, shifts=SHIFTS)
            for sample, label in zip(data.train_samples[:samples], data.train_labels[:samples], strict=True)
        ]
        seconds = time.process_time() - started
        updates = sum(outcome.updated for outcome in outcomes) / samples if learn else None
        measurements.append(Measurement("reference", task, samples, samples / seconds, updates, peak_megabytes()))
    engine.run_many(data.train_samples[:samples], data.train_labels[:samples], True, SHIFTS)
    if engine.state.digest() != reference.state.digest():
        raise AssertionError("engine and reference differ")
    return measurements


def peak_megabytes() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def backpropagation() -> Callable[[Path | None, int, int], list[Measurement]] | None:
    """Return the measurement of backpropagation through time, or None where snnTorch is not installed."""
    if find_spec("snntorch") is None or find_spec("torch") is None:
        return None
    from threefactor.benchmark.backpropagation import measure_backpropagation

    return measure_backpropagation
