"""Requests to the host port of the processor, as plain integers: state in and out, and the control registers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.placement import placements
from golden.spec.config import Preset
from golden.spec.memmap import CONTROL, Control
from golden.spec.ports import REQUEST
from golden.spec.settings import Settings, adjusted
from golden.state import State


def writes(region: int, values: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Requests that write elements 0, 1, ... of a region."""
    return _requests(1, region, values.astype(np.int64))


def reads(region: int, count: int) -> NDArray[np.uint64]:
    """Requests that read elements 0, 1, ... of a region."""
    return _requests(0, region, np.zeros(count, dtype=np.int64))


def is_read(requests: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Which of the requests are answered."""
    reads_only: NDArray[np.bool_] = np.equal(REQUEST.unpack(requests.astype(np.int64))["write"], 0)
    return reads_only


def shift_writes(shifts: tuple[int, int]) -> NDArray[np.uint64]:
    """Requests that set the layer and readout learning-rate shifts."""
    return writes(CONTROL, np.array([0, *shifts], dtype=np.int64))[Control.LAYER_SHIFT :]


def setting_writes(preset: Preset, settings: Settings | None) -> NDArray[np.uint64]:
    """Requests that set the settings, by default the configured ones; none where there are no registers for them."""
    chosen = adjusted(preset, settings)
    values = [] if chosen is None else [0] * Control.SETTINGS + list(chosen.values().values())
    return writes(CONTROL, np.array(values, dtype=np.int64))[Control.SETTINGS :]


def register_writes(
    preset: Preset, *, learn: bool, shifts: tuple[int, int], settings: Settings | None
) -> NDArray[np.uint64]:
    """Requests before a run: settings, and learning rates where it learns, or at least one that comes at rest."""
    return np.concatenate([setting_writes(preset, settings), shift_writes(shifts) if learn else rest()])


def rest() -> NDArray[np.uint64]:
    """A request that is served when the processor has come to rest, after a reset, and changes nothing."""
    return reads(CONTROL, 1)


def state_writes(preset: Preset, state: State) -> NDArray[np.uint64]:
    """Requests that write weights, thresholds and rounding generators; a UserError if the network has no such state."""
    state.require_legal(preset.network)
    return np.concatenate([writes(p.region.number, p.elements_of(state)) for p in placements(preset)])


def _requests(write: int, region: int, data: NDArray[np.int64]) -> NDArray[np.uint64]:
    words: NDArray[np.int64] = REQUEST.pack(
        {"write": write, "region": region, "element": np.arange(len(data), dtype=np.int64), "data": data}
    )
    return words.astype(np.uint64)
