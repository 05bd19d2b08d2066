"""Static features to levels: as they are, by the training range, or by quantiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.data.encoders.fixed_point import MISSING, Codes, FixedPoint, cuts
from golden.data.encoders.interface import Encoder, require_shape
from golden.data.images import Levels
from golden.data.samples import Samples
from golden.spec.data import CODE_LIMIT, Data, Shape
from golden.spec.errors import UserError, require

LEVELS, STEPS = 16, 16


@dataclass(frozen=True)
class LevelEncoder(Encoder):
    """Levels as they are: integers 0..15, or -15..15 when the training part has negative ones.

    Attributes
    ----------
    inputs
        Features.
    signed
        Whether levels may be negative.
    """

    inputs: int
    signed: bool
    name = "levels"

    def __post_init__(self) -> None:
        require(isinstance(self.signed, bool), f"signed must be true or false, not {self.signed}")
        require_shape(self.inputs, STEPS)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        return cls(training.values.shape[1], bool((training.values < 0).any()))

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("levels", self.inputs, STEPS, self.signed)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        self.require_columns(samples, self.inputs)
        self.require_room(samples)
        values = samples.values
        lowest = 1 - LEVELS if self.signed else 0
        wrong = np.argwhere(~((values >= lowest) & (values < LEVELS) & (values == np.rint(values))))
        if wrong.size:
            sample, column = wrong[0]
            raise UserError(
                f"{samples.where(sample)}: feature {column} is {values[sample, column]:g}, and levels are integers "
                f"{lowest}..{LEVELS - 1}; use encoder range or quantiles"
            )
        levels: Levels = values.astype(np.int8) if self.signed else values.astype(np.uint8)
        return levels


@dataclass(frozen=True)
class RangeEncoder(Encoder):
    """The training range of each feature in 16 equal parts: ``level = floor(16 code / (top + 1))``.

    Attributes
    ----------
    fixed_point
        Codes of the features.
    """

    fixed_point: FixedPoint
    name = "range"

    def __post_init__(self) -> None:
        require_shape(self.fixed_point.columns, STEPS)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        return cls(FixedPoint.fit(training.values))

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("levels", self.fixed_point.columns, STEPS, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        codes = _filled_codes(self, self.fixed_point, samples)
        levels: Levels = (LEVELS * codes // (np.array(self.fixed_point.tops) + 1)).astype(np.uint8)
        return levels


@dataclass(frozen=True)
class QuantileEncoder(Encoder):
    """Levels by the quantiles of each feature in the training part.

    With c of its D thresholds below the code, ``level = floor((15 c + floor(D / 2)) / D)``, and 0 when D is 0. The
    thresholds are the :func:`~golden.data.encoders.fixed_point.cuts` into 16 parts, each once, so that a feature
    of few values uses the whole scale too.

    Attributes
    ----------
    fixed_point
        Codes of the features.
    thresholds
        Of each feature, ascending, at most 15; empty if it was constant.
    """

    fixed_point: FixedPoint
    thresholds: tuple[tuple[int, ...], ...]
    name = "quantiles"

    def __post_init__(self) -> None:
        require_shape(self.fixed_point.columns, STEPS)
        require(
            len(self.thresholds) == self.fixed_point.columns
            and all(
                len(row) < LEVELS and list(row) == sorted(set(row)) and all(0 <= cut < CODE_LIMIT for cut in row)
                for row in self.thresholds
            ),
            "encoder quantiles needs up to 15 ascending thresholds of every feature",
        )

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        fixed_point = FixedPoint.fit(training.values)
        known = (codes[codes != MISSING] for codes in fixed_point.codes(training.values).T)
        thresholds = (sorted({*cuts(codes, LEVELS)} - {CODE_LIMIT}) for codes in known)
        return cls(fixed_point, tuple(tuple(row) for row in thresholds))

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("levels", self.fixed_point.columns, STEPS, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        codes = _filled_codes(self, self.fixed_point, samples)
        levels = np.zeros(codes.shape, dtype=np.uint8)
        for column, thresholds in enumerate(self.thresholds):
            if thresholds:
                below = np.searchsorted(thresholds, codes[:, column])  # thresholds less than the code
                levels[:, column] = ((LEVELS - 1) * below + len(thresholds) // 2) // len(thresholds)
        return levels


def _filled_codes(encoder: Encoder, fixed_point: FixedPoint, samples: Samples) -> Codes:
    """Codes of features, the median where one is missing."""
    encoder.require_columns(samples, fixed_point.columns)
    encoder.require_room(samples)
    codes = fixed_point.codes(samples.values)
    return np.where(codes == MISSING, np.array(fixed_point.medians, dtype=np.int32), codes)
