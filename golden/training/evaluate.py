"""Evaluation: the test samples, without learning."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork
from golden.spec.config import Network
from golden.state import State
from golden.training.activity import firing_rates
from golden.training.fit import require_fit
from golden.training.learner import Learner


@dataclass(frozen=True)
class Evaluation:
    """Result on the test samples: predictions, shape (n,), the fraction that is right, and spikes a neuron and step."""

    predictions: NDArray[np.uint8]
    accuracy: float
    firing_rates: tuple[float, ...]


def evaluate(network: Network, state: State, dataset: Dataset, limit: int | None = None) -> Evaluation:
    """Predict the first ``limit`` test samples, by default all, without learning; ``state`` stays as it is.

    Raises
    ------
    UserError
        If data set and network do not fit.
    """
    require_fit(network, dataset, limit)
    return evaluated(FastNetwork(network, state), dataset, limit)


def evaluated(learner: Learner, dataset: Dataset, limit: int | None) -> Evaluation:
    """As :func:`evaluate`, of a learner that fits; its state stays as it is."""
    samples, labels = dataset.test_samples[:limit], dataset.test_labels[:limit]
    outcomes = learner.run_many(samples, labels, False, (0, 0))
    return Evaluation(
        predictions=outcomes.predictions,
        accuracy=float((outcomes.predictions == labels).mean()),
        firing_rates=firing_rates(learner.network, outcomes.spikes.sum(axis=0, dtype=np.int64), len(samples)),
    )
