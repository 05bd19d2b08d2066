"""Integer arithmetic of the specification on NumPy arrays: nothing rounds by accident."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.network import DITHER_BITS, DITHER_MULTIPLIER

Int = NDArray[np.int64]


def clamp(value: Int, low: int, high: int) -> Int:
    """Saturate to ``low..high``."""
    return np.minimum(np.maximum(value, low), high)


def dither_masks(columns: int) -> Int:
    """Return ``mask[j] = clmul(j, 0x9E37) mod 2^16``, the per-column pattern of the stochastic rounding.

    A carry-less product is linear over XOR, so that the mask of column ``w * lanes + l`` is the mask of
    ``w * lanes`` XOR the mask of ``l``: hardware spends no adder on it. The multiplier is odd, so columns that
    differ in their low ``shift`` bits differ in the dither that a ``shift``-bit rounding sees.
    """
    column = np.arange(columns, dtype=np.int64)
    mask = np.zeros(columns, dtype=np.int64)
    for bit in range(DITHER_BITS):
        mask ^= np.where(column >> bit & 1, DITHER_MULTIPLIER << bit, 0)
    return mask & (1 << DITHER_BITS) - 1


def dithered_shift(value: Int, shift: int, draw: int, masks: Int) -> Int:
    """Stochastic rounding: ``(value + ((draw ^ mask_j) mod 2^shift)) >> shift``, the shift flooring."""
    return (value + ((draw ^ masks) & (1 << shift) - 1)) >> shift


def plain_shift(value: Int, shift: int) -> Int:
    """Rounding to the nearest, halves up: ``(value + floor(2^shift / 2)) >> shift``."""
    return (value + (1 << shift >> 1)) >> shift
