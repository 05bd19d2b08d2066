"""What every measurement shares: the network, its images, and the form of a result."""

from __future__ import annotations

import resource
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.data.datasets import Dataset, load
from golden.spec.config import Network
from golden.spec.errors import UserError

NETWORK = Network(
    inputs=784,
    classes=10,
    neurons=256,
    recurrence="dense",
    readout_fan_in=256,
    recurrent_amplitude=10,
    margin=2,
)
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


def peak_megabytes() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
