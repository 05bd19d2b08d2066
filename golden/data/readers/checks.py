"""What no encoder can make sense of is refused where it stands in the file."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from golden.data.samples import Values
from golden.spec.data import EVENTS, KINDS, Data
from golden.spec.errors import UserError

_FILLING = "; put a value there, or set missing = 'fill'"
_LARGEST_ADDRESS = 1 << 31
_LATEST = 1 << 53  # times up to here are exact


def require_sound(data: Data, values: Values, columns: Sequence[str], where: Callable[[int], str]) -> None:
    """Raise UserError unless rows can be encoded.

    Parameters
    ----------
    data
        Its encoder says whether rows are events, and ``missing`` whether a value may be NaN.
    values
        Shape (rows, columns).
    columns
        Their names; ``t`` first in events.
    where
        File and place of a row.
    """

    def refuse(wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], what: str) -> None:
        if wrong.any():
            row, column = np.argwhere(wrong)[0]
            value = values[row, column]
            raise UserError(f"{where(int(row))}: {columns[column]} is {what.format(f'{value:.15g}')}")

    refuse(np.isinf(values), "infinite; put a number there")
    absent = np.isnan(values)
    if KINDS[data.encoder] != EVENTS:
        if data.missing == "refuse":
            may_fill = data.encoder not in ("levels", "spikes")
            refuse(absent, "missing" + (_FILLING if may_fill else "; put a value there"))
        return
    refuse(absent, "missing; an event has a time and an address")
    times = np.zeros_like(absent)
    times[:, 0] = True
    if data.origin == "zero":
        refuse(times & (values < 0), "{}, a negative time; let samples begin at 0, or set origin = 'first-event'")
    refuse(times & (np.abs(values) >= _LATEST), "{}, too large a time; count from the beginning of the sample")
    refuse(
        ~times & ~((values >= 0) & (values < _LARGEST_ADDRESS) & (values == np.floor(values))),
        "{} where an address counts from 0",
    )
