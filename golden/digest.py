"""One 64-bit number for all state that outlives a sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_STEP = np.uint64(0x9E37_79B9_7F4A_7C15)


def coefficients(first: int, count: int) -> NDArray[np.uint64]:
    """Return splitmix64 of ``first + 1 ..``, made odd: a change of any single value changes the sum."""
    with np.errstate(over="ignore"):
        x = np.arange(first + 1, first + count + 1, dtype=np.uint64) * _STEP
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58_476D_1CE4_E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D0_49BB_1331_11EB)
        return (x ^ x >> np.uint64(31)) | np.uint64(1)


def weighted_sum(values: NDArray[np.integer], weights: NDArray[np.uint64]) -> int:
    """Return the sum of value times coefficient modulo 2^64; negative values count as two's complement."""
    wide = np.ascontiguousarray(values, dtype=np.int64).ravel().view(np.uint64)
    with np.errstate(over="ignore"):
        return int((wide * weights).sum(dtype=np.uint64))
