"""Presynaptic eligibility registers, one an axon and bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp
from golden.spec.config import Network


class Eligibility:
    """Presynaptic eligibility x[b, i], with an optional trace z[i] that carries over steps and bins.

    Without a trace (``trace_shift`` 0) every delivered spike adds its sign to x of the step's bin. With a trace, at
    every step and for every axon, in this order, all saturating::

        z(t) = z(t-1) - ceil(z(t-1) / 2^trace_shift)
        z(t) = z(t) + trace_increment        where the axon spikes
        x[b] = x[b] + z(t)

    Parameters
    ----------
    network
        Configuration.
    axons
        Number of axons.
    """

    def __init__(self, network: Network, axons: int) -> None:
        self.network = network
        self.pre: Int = np.zeros((network.bins, axons), dtype=np.int64)
        self.trace: Int = np.zeros(axons, dtype=np.int64)

    def step(self, spikes: NDArray[np.integer], bin_index: int) -> None:
        """Take the spikes delivered in one step, -1, 0 or 1, shape (axons,), in bin ``bin_index``."""
        network = self.network
        added = spikes.astype(np.int64)
        if network.trace_shift:
            self.trace -= (self.trace + (1 << network.trace_shift) - 1) >> network.trace_shift
            self.trace = np.minimum(self.trace + network.trace_increment * added, network.trace.high)
            added = self.trace
        self.pre[bin_index] = clamp(self.pre[bin_index] + added, -network.pre.high, network.pre.high)

    def centred(self, bin_index: int, axons: int) -> Int:
        """Return the presynaptic factor of a bin: x, and x - floor(sum of x / axons) for the first ``axons``."""
        return centred(self.pre[bin_index], axons)


def centred(pre: Int, axons: int) -> Int:
    """Return the presynaptic factors of x, shape (..., axons in all), see :meth:`Eligibility.centred`."""
    factor: Int = pre.copy()
    if axons:
        factor[..., :axons] -= factor[..., :axons].sum(axis=-1, keepdims=True) // axons
    return factor
