"""From real values to integers of 16 bits, and cuts that divide them into equal parts."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from golden.data.samples import Values
from golden.spec.data import CODE_LIMIT
from golden.spec.errors import require

Codes = NDArray[np.int32]
MISSING = -1
_SHIFT_LIMIT = 1000  # a double reaches 2^1024
_EXACT = 2**52  # whole doubles up to here are exact, halves too


@dataclass(frozen=True)
class FixedPoint:
    """Codes of the columns of a table, fitted to the training part.

    The code of a value is::

        code = clamp(round(value 2^shift) - offset, 0, top)

    rounded half to even; the product and the difference are exact. ``offset`` is ``round(low 2^shift)`` and ``top`` the
    code of ``high``, the smallest and largest training value; ``shift`` is the largest in -1000..1000 for which ``top``
    is at most 2^16 - 1 and no training value exceeds 2^52.

    Attributes
    ----------
    shifts, offsets, tops
        As above, one a column.
    medians
        Lower median of the training codes, which stands in for a missing value that follows none.
    """

    shifts: tuple[int, ...]
    offsets: tuple[int, ...]
    tops: tuple[int, ...]
    medians: tuple[int, ...]

    def __post_init__(self) -> None:
        count = len(self.shifts)
        require(
            count > 0 and count == len(self.offsets) == len(self.tops) == len(self.medians),
            "fixed point needs shift, offset, top and median of every column",
        )
        require(
            all(abs(shift) <= _SHIFT_LIMIT for shift in self.shifts)
            and all(abs(offset) <= _EXACT for offset in self.offsets)
            and all(0 <= median <= top <= CODE_LIMIT for median, top in zip(self.medians, self.tops, strict=True)),
            "fixed point has a shift, offset, top or median out of range",
        )

    @classmethod
    def fit(cls, values: Values) -> FixedPoint:
        """Return the codes of columns with these training values, shape (rows, columns), NaN where missing."""
        shifts, offsets, tops = [], [], []
        for column in values.T:
            known = column[~np.isnan(column)]
            low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 0.0)
            shift = _shift(low, high)
            shifts.append(shift)
            offsets.append(_scaled(low, shift))
            tops.append(_scaled(high, shift) - offsets[-1])
        unset = cls(tuple(shifts), tuple(offsets), tuple(tops), (0,) * len(shifts))
        medians = []
        for codes in unset.codes(values).T:
            ordered = np.sort(codes[codes != MISSING])
            medians.append(int(ordered[(ordered.size - 1) // 2]) if ordered.size else 0)
        return cls(unset.shifts, unset.offsets, unset.tops, tuple(medians))

    @property
    def columns(self) -> int:
        """Columns of the table."""
        return len(self.shifts)

    def codes(self, values: Values) -> Codes:
        """Codes of values, shape (rows, columns); ``MISSING`` for NaN."""
        with np.errstate(over="ignore"):
            scaled = np.rint(np.ldexp(values, np.array(self.shifts, dtype=np.int32)))
        missing = np.isnan(scaled)
        scaled -= np.array(self.offsets, dtype=np.float64)
        np.clip(scaled, 0, np.array(self.tops), out=scaled)
        scaled[missing] = MISSING
        whole: Codes = scaled.astype(np.int32)
        return whole


def cuts(codes: Codes, parts: int) -> list[int]:
    """Thresholds between ``parts`` parts of equally many codes, ascending; a code is above one when it is larger.

    Of n codes in order, cut k = 1..parts - 1 lies before number floor(k n / parts), or where two neighbours are equal
    there, at the nearest place where they differ, the lower one of two equally near. The threshold is the floored mean
    of the neighbours. Where all codes are equal, no code is above: the thresholds are 2^16 - 1.
    """
    ordered = np.sort(codes).astype(np.int64)
    places = np.flatnonzero(np.diff(ordered)) + 1
    if not places.size:
        return [CODE_LIMIT] * (parts - 1)
    wanted = np.arange(1, parts) * ordered.size // parts
    after = np.searchsorted(places, wanted).clip(0, places.size - 1)
    before = (after - 1).clip(0)
    nearest = np.where(np.abs(places[before] - wanted) <= np.abs(places[after] - wanted), places[before], places[after])
    thresholds: list[int] = ((ordered[nearest - 1] + ordered[nearest]) >> 1).tolist()
    return thresholds


def _shift(low: float, high: float) -> int:
    magnitude = max(abs(low), abs(high))
    shift = _SHIFT_LIMIT
    if magnitude:
        shift = min(shift, 53 - math.frexp(magnitude)[1])
    while _scaled(high, shift) - _scaled(low, shift) > CODE_LIMIT or math.ldexp(magnitude, shift) > _EXACT:
        shift -= 1
    return shift


def _scaled(value: float, shift: int) -> int:
    return round(math.ldexp(value, shift))
