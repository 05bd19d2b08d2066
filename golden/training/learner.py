"""What learns: anything that runs samples as the engine does, with the same bits."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from golden.engine.network import Outcomes
from golden.spec.config import Network
from golden.state import State


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
