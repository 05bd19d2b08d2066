"""Input coding: intensities to evenly spread spikes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.network import LEVEL_BITS, LEVEL_STEPS


def reversed_step(step: int) -> int:
    """Four-bit counter read backwards: rev4(t)."""
    return sum((step >> bit & 1) << LEVEL_BITS - 1 - bit for bit in range(LEVEL_BITS))


def encode_levels(levels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Return spikes[t, i] = |levels[i]| > rev4(t) for 16 steps.

    Parameters
    ----------
    levels
        Intensities -15..15, shape (inputs,). A level of n gives exactly |n| spikes, evenly spread.
    """
    return np.array([np.abs(levels) > reversed_step(step) for step in range(LEVEL_STEPS)])
