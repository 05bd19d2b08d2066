"""Leaky integrate-and-fire neurons in integers, and their threshold homeostasis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp
from golden.spec.config import Network


def effective_threshold(network: Network, threshold: Int, adaptation: Int) -> Int:
    """Return theta = (threshold >> HF) + (a >> adaptation_shift), both floors."""
    theta: Int = (threshold >> network.threshold_fraction) + (adaptation >> network.adaptation_shift)
    return theta


def adapt(network: Network, adaptation: Int, spikes: NDArray[np.bool_]) -> Int:
    """Return a(t) = min(a - (a >> adaptation_decay) + (spike ? adaptation_increment : 0), 2^15 - 1)."""
    risen: Int = adaptation - (adaptation >> network.adaptation_decay) + network.adaptation_increment * spikes
    return clamp(risen, 0, network.adaptation.high)


def tick(network: Network, potential: Int, current: Int, theta: Int) -> tuple[Int, NDArray[np.bool_], Int]:
    """Advance a layer by one timestep.

    In this order::

        u      = v(t-1) - (v(t-1) >> leak_shift) + I(t)
        d      = u - theta
        hit    = |d| < TH0 / 2
        spike  = d >= 0
        v(t)   = max(spike ? min(d, theta) : u, -TH0)

    No upper clamp is needed: v(t) <= theta by construction.

    Parameters
    ----------
    potential, current, theta
        v(t-1), I(t) and the effective threshold, shape (N,).

    Returns
    -------
    potential, spikes, hits
        v(t), spikes and hits of the surrogate window, shape (N,).

    Notes
    -----
    Soft reset and window after arXiv 2605.00402; the clamp of the residual to theta bounds the state.
    """
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
