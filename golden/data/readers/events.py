"""Columns of events: time and channel, or time, x, y and polarity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.data.samples import Values
from golden.spec.errors import UserError

CHANNEL_COLUMNS = ("t", "channel")
PIXEL_COLUMNS = ("t", "p", "y", "x")
_NAMES = {
    "t": ("t", "time", "times", "timestamp", "timestamps", "ts"),
    "channel": ("channel", "channels", "c", "unit", "units", "neuron", "address"),
    "x": ("x",),
    "y": ("y",),
    "p": ("p", "polarity", "pol", "polarities"),
}


def role(name: str) -> str | None:
    """Which of t, channel, x, y, p a column of this name is; None if none."""
    return next((known for known, names in _NAMES.items() if name.strip().lower() in names), None)


def event_columns(columns: dict[str, NDArray[Any]], source: str) -> tuple[Values, tuple[str, ...]]:
    """Bring columns by role to one array.

    Parameters
    ----------
    columns
        By role: t with channel, or with x and perhaps y and p. Without y, an x beside a constant p is a channel, as in
        spiking recordings of sound.
    source
        What holds them, to begin a sentence with.

    Returns
    -------
    values, columns
        Shape (events, 2) with ``CHANNEL_COLUMNS``, or (events, 4) with ``PIXEL_COLUMNS``.

    Raises
    ------
    UserError
        If there is no time or no address, or a column is not of numbers.
    """
    if "t" not in columns or not {"channel", "x"} & set(columns):
        raise UserError(f"{source} has no columns t and channel, or t, x, y and p")
    for name, column in columns.items():
        if column.ndim != 1 or column.dtype.kind not in "biuf":
            raise UserError(f"{source}: column {name} is not one of numbers but {column.dtype} of shape {column.shape}")
    if "channel" not in columns and "y" not in columns:
        polarity = columns.get("p", np.zeros(1))
        if not polarity.size or (polarity == polarity[0]).all():
            columns = {"t": columns["t"], "channel": columns["x"]}
    names = CHANNEL_COLUMNS if "channel" in columns else PIXEL_COLUMNS
    zeros = np.zeros(len(columns["t"]))
    if {len(columns.get(name, zeros)) for name in names} != {len(zeros)}:
        raise UserError(f"{source}: columns {', '.join(columns)} differ in length")
    return np.stack([columns.get(name, zeros).astype(np.float64) for name in names], axis=1), names


def by_position(count: int) -> Sequence[str]:
    """Roles of columns without names, in order: two are t and channel, three or four t, x, y (and p)."""
    return CHANNEL_COLUMNS if count == 2 else ("t", "x", "y", "p")[:count]
