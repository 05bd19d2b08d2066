"""What learns: anything that runs samples as the engine does, with the same bits."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import Outcomes
from golden.spec.config import Network, Training
from golden.state import State
from golden.training.metrics import EpochMetrics, Report


class Learner(Protocol):
    """A network with its state: :class:`golden.engine.network.FastNetwork`, or what equals it elsewhere.

    ``spikes`` of the outcomes has shape (n, 0) where a learner cannot count them.
    """

    @property
    def network(self) -> Network:
        """Configuration."""

    @property
    def state(self) -> State:
        """The state now."""

    def run_many(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], learn: bool, shifts: tuple[int, int]
    ) -> Outcomes:
        """Run samples in order, see :meth:`golden.engine.network.FastNetwork.run_many`."""


@runtime_checkable
class EpochLearner(Protocol):
    """What a learner may be besides: one that takes epochs as a whole, and tells of them itself."""

    def learn_epoch(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], epoch: int, training: Training, report: Report
    ) -> EpochMetrics:
        """Learn the samples of an epoch (from 0) in order with ``training.shifts(epoch)``, without a test."""
