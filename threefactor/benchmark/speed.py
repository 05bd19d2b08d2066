"""How fast the golden models are, on one thread; every measurement is meant for a process of its own.

Speeds are by the processor time of the thread, so that a measurement on a busy machine is that of an idle one.
"""

from __future__ import annotations

import time
from pathlib import Path

from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork
from golden.state import State
from threefactor.benchmark.measurement import NETWORK, Measurement, images, peak_megabytes

SHIFTS = 7, 6


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
