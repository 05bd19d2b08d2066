"""Accesses to the host port of the processor, as plain integers: state in and out, and the control registers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.placement import placements
from golden.spec.config import Preset
from golden.spec.memmap import CONTROL, ELEMENT_BITS, REGION_BITS, Control
from golden.state import State


def writes(region: int, values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Requests that write elements 0, 1, ... of a region (rtl.host.request_layout)."""
    elements = np.arange(len(values), dtype=np.uint64)
    data = values.astype(np.uint64) & np.uint64(0xFFFF_FFFF)
    return reads(region, len(elements)) | np.uint64(1) | data << np.uint64(1 + REGION_BITS + ELEMENT_BITS)


def reads(region: int, count: int) -> NDArray[np.uint64]:
    """Requests that read elements 0, 1, ... of a region."""
    elements = np.arange(count, dtype=np.uint64)
    return np.uint64(region << 1) | elements << np.uint64(1 + REGION_BITS)


def shift_writes(shifts: tuple[int, int]) -> NDArray[np.uint64]:
    """Requests that set the layer and readout learning-rate shifts."""
    return writes(CONTROL, np.array([0, *shifts], dtype=np.int64))[Control.LAYER_SHIFT :]


def state_writes(preset: Preset, state: State) -> NDArray[np.uint64]:
    """Requests that write weights, thresholds and rounding generators."""
    return np.concatenate([writes(p.region.number, p.elements_of(state)) for p in placements(preset)])
