"""Leaky integrate-and-fire neurons in integers, and their threshold homeostasis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp
from golden.spec.config import Network


def tick(network: Network, potential: Int, current: Int, threshold: Int) -> tuple[Int, NDArray[np.bool_], Int]:
    """Advance a layer by one timestep.

    In this order, with theta = threshold >> HF (a floor, and constant within a sample)::

        u      = v(t-1) - (v(t-1) >> leak_shift) + I(t)
        d      = u - theta
        hit    = |d| < TH0 / 2
        spike  = d >= 0
        v(t)   = max(spike ? min(d, theta) : u, -TH0)

    No upper clamp is needed: v(t) <= max(theta) < 3 TH0 + 1 by construction.

    Parameters
    ----------
    potential, current, threshold
        v(t-1), I(t) and the stored threshold, shape (N,).

    Returns
    -------
    potential, spikes, hits
        v(t), spikes and hits of the surrogate window, shape (N,).

    Notes
    -----
    Soft reset and window after arXiv 2605.00402; the clamp of the residual to theta bounds the state.
    """
    theta = threshold >> network.threshold_fraction
    u = potential - (potential >> network.leak_shift) + current
    distance = u - theta
    hits = np.abs(distance) < network.nominal_threshold // 2
    spikes = distance >= 0
    after = np.where(spikes, np.minimum(distance, theta), u)
    return np.maximum(after, -network.nominal_threshold), spikes, hits.astype(np.int64)


def homeostasis(network: Network, threshold: Int, counts: Int) -> Int:
    """Threshold after a training sample: ``clamp(THF + gain * n - decay, TH0/4, 3 TH0)`` in fractions."""
    low, high = network.threshold_range
    return clamp(threshold + network.homeostasis_gain * counts - network.homeostasis_decay, low, high)
