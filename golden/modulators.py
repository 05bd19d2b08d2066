"""Modulatory neurons and their fixed random broadcast."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import Int, clamp
from golden.spec.config import BROADCAST_LIMIT, Network


def modulate(modulation: NDArray[np.int64], errors: Int) -> Int:
    """Return the modulators m = A e, shape (D,), from the class errors, shape (C,)."""
    return modulation @ errors


def broadcast(feedback: NDArray[np.int64], modulators: Int) -> Int:
    """Return L_j = clamp(sum_d F_jd m_d, -127, 127) of a layer; feedback has shape (N, D)."""
    return clamp(feedback @ modulators, -BROADCAST_LIMIT, BROADCAST_LIMIT)


def post_factor(network: Network, bin_index: int, post: Int, recall: Int) -> Int:
    """Return the postsynaptic factor of a bin: h, or -((h * r) >> 3) before the recall bins.

    A spike before recall raised the adaptive threshold, which works against the neuron at recall; r counts the
    window hits during recall, so h * r is the eligibility through the adaptation, factored per neuron.
    """
    return post if network.recalls(bin_index) else -((post * recall) >> 3)
