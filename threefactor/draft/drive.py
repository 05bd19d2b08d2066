"""How strongly samples drive the neurons of the first layer: what the initial input weights are derived from."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.encoder import encode_levels

_EXAMINED = 256  # training samples, evenly taken: the figure is a mean


def spikes_of(dataset: Dataset, examined: int = _EXAMINED) -> NDArray[np.int8]:
    """Return what inputs receive in some training samples: spikes with their sign, shape (n, steps, inputs)."""
    count = len(dataset.train_samples)
    samples = dataset.train_samples[np.linspace(0, count - 1, min(count, examined)).astype(np.int64)]
    if dataset.steps is not None:
        return samples.astype(np.int8)
    return np.stack([encode_levels(levels) * np.sign(levels.astype(np.int8)) for levels in samples]).astype(np.int8)


def input_drive(spikes: NDArray[np.int8], leak_shift: int) -> float:
    """Return the membrane potential, root mean square, that input weights of variance 1 give a neuron that never fires.

    A neuron's potential is the sum over its inputs of weight times leaky count of spikes, so that with independent
    weights of mean 0 its variance is that of the weights times the summed squares of those counts; the mean is taken
    over samples and steps.

    Parameters
    ----------
    spikes
        -1, 0 and 1, shape (n, steps, inputs).
    leak_shift
        The leak of a step: ``v - (v >> leak_shift)``.
    """
    kept = 1 - 2.0**-leak_shift
    counts = np.zeros((len(spikes), spikes.shape[2]))
    total = 0.0
    for step in range(spikes.shape[1]):
        counts = kept * counts + spikes[:, step]
        total += float((counts**2).sum())
    return math.sqrt(total / (len(spikes) * spikes.shape[1]))


def amplitude(threshold: int, drive: float, limit: int) -> int:
    """Return the amplitude of uniform weights at which the potential's root mean square is the threshold.

    Uniform weights in +-A have the standard deviation A / sqrt(3). At this strength some neurons fire from the first
    sample on and none is driven all the time; the thresholds then adapt. ``drive`` is :func:`input_drive`, or what
    takes its place.

    Returns
    -------
    int
        In 1..``limit``.
    """
    wanted = math.sqrt(3) * threshold / drive if drive else math.inf
    return max(1, round(min(wanted, limit)))
