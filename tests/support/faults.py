"""Faults to plant, to see that they are found."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.arith import clamp


def wrong_clamp(value: NDArray[np.int64], low: int, high: int) -> NDArray[np.int64]:
    """Saturation that ends one too early from below."""
    return clamp(value, low + 1, high)
