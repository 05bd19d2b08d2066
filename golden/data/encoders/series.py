"""Series of channels to events: zeros and ones as they are, thresholds, crossings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.data.encoders.fixed_point import FixedPoint, cuts
from golden.data.encoders.interface import Encoder, flagged, require_shape
from golden.data.encoders.stepped import step_counts, stepped
from golden.data.images import Levels
from golden.data.samples import Samples
from golden.spec.data import CODE_LIMIT, Data, Shape
from golden.spec.errors import UserError, require


@dataclass(frozen=True)
class SpikeEncoder(Encoder):
    """Series of zeros and ones as they are: a one is a spike.

    Attributes
    ----------
    inputs, steps
        Channels, and timesteps to which samples are cut or, in silence, extended.
    """

    inputs: int
    steps: int
    name = "spikes"

    def __post_init__(self) -> None:
        require_shape(self.inputs, self.steps)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        return cls(training.values.shape[1], data.steps or int(training.lengths.max()))

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("events", self.inputs, self.steps, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        self.require_columns(samples, self.inputs)
        self.require_room(samples)
        values = samples.values
        wrong = np.argwhere((values != 0) & (values != 1))
        if wrong.size:
            row, channel = wrong[0]
            raise UserError(
                f"{samples.where(samples.owners[row])}: channel {channel} has {values[row, channel]:g}, and spikes are "
                "0 or 1; use encoder thresholds or crossings"
            )
        within = np.arange(len(values)) - samples.offsets[samples.owners]
        kept = within < self.steps
        events = np.zeros((len(samples), self.steps, self.inputs), dtype=np.uint8)
        events[samples.owners[kept], within[kept]] = values[kept]
        return events


@dataclass(frozen=True)
class ThresholdEncoder(Encoder):
    """Axon ``q channels + c`` spikes at every step at which the code of channel c is above its threshold q.

    The thresholds of a channel are the :func:`~golden.data.encoders.fixed_point.cuts` of its training codes, at all
    steps of all samples, into one part more.

    Attributes
    ----------
    fixed_point
        Codes of the channels.
    values_per_step, steps
        As in :func:`~golden.data.encoders.stepped.stepped`.
    thresholds
        Of each channel, ascending, equally many.
    """

    fixed_point: FixedPoint
    values_per_step: int
    steps: int
    thresholds: tuple[tuple[int, ...], ...]
    name = "thresholds"

    def __post_init__(self) -> None:
        require(
            len(self.thresholds) == self.fixed_point.columns
            and len({len(row) for row in self.thresholds}) == 1
            and all(list(row) == sorted(row) and all(0 <= cut <= CODE_LIMIT for cut in row) for row in self.thresholds),
            "encoder thresholds needs equally many ascending thresholds of every channel",
        )
        require(1 <= self.values_per_step <= CODE_LIMIT, f"values_per_step must be 1..{CODE_LIMIT}")
        require_shape(self.shape.inputs, self.steps)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        steps = _steps(data, training)
        fixed_point = FixedPoint.fit(training.values)
        codes, present = stepped(training, fixed_point, data.values_per_step, steps)
        thresholds = tuple(tuple(cuts(channel, data.thresholds + 1)) for channel in codes[present].T)
        return cls(fixed_point, data.values_per_step, steps, thresholds)

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("events", self.fixed_point.columns * len(self.thresholds[0]), self.steps, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        self.require_columns(samples, self.fixed_point.columns)
        self.require_room(samples)
        codes, present = stepped(samples, self.fixed_point, self.values_per_step, self.steps)
        above = [codes > np.array(row) for row in zip(*self.thresholds, strict=True)]
        return flagged(np.concatenate(above, axis=2) & present[:, :, None])


@dataclass(frozen=True)
class CrossingEncoder(Encoder):
    """An axon for rises and one for falls of every channel, sending on delta.

    With code x and reference r of channel c, step by step::

        axon c spikes            when x - r >= delta;   then r += delta
        axon channels + c spikes when r - x >= delta;   then r -= delta

    A sample begins with r at the training median, and a jump of several deltas is told in as many steps.

    Attributes
    ----------
    fixed_point
        Codes of the channels.
    values_per_step, steps
        As in :func:`~golden.data.encoders.stepped.stepped`.
    deltas
        Of each channel: its training range divided by ``crossings``, at least 1.
    """

    fixed_point: FixedPoint
    values_per_step: int
    steps: int
    deltas: tuple[int, ...]
    name = "crossings"

    def __post_init__(self) -> None:
        require(
            len(self.deltas) == self.fixed_point.columns and all(1 <= delta <= CODE_LIMIT for delta in self.deltas),
            f"encoder crossings needs a delta in 1..{CODE_LIMIT} of every channel",
        )
        require(1 <= self.values_per_step <= CODE_LIMIT, f"values_per_step must be 1..{CODE_LIMIT}")
        require_shape(self.shape.inputs, self.steps)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        steps = _steps(data, training)
        fixed_point = FixedPoint.fit(training.values)
        deltas = tuple(max(1, top // data.crossings) for top in fixed_point.tops)
        return cls(fixed_point, data.values_per_step, steps, deltas)

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("events", 2 * self.fixed_point.columns, self.steps, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        self.require_columns(samples, self.fixed_point.columns)
        self.require_room(samples)
        codes, present = stepped(samples, self.fixed_point, self.values_per_step, self.steps)
        channels = self.fixed_point.columns
        events = np.zeros((len(samples), self.steps, 2 * channels), dtype=np.uint8)
        deltas = np.array(self.deltas, dtype=np.int32)
        reference = np.broadcast_to(np.array(self.fixed_point.medians, dtype=np.int32), codes[:, 0].shape)
        for step in range(self.steps):
            rise = (codes[:, step] - reference >= deltas) & present[:, step, None]
            fall = (reference - codes[:, step] >= deltas) & present[:, step, None]
            events[:, step, :channels], events[:, step, channels:] = rise, fall
            reference = reference + deltas * (rise.astype(np.int32) - fall)
        return events


def _steps(data: Data, training: Samples) -> int:
    """Timesteps of the longest training sample unless stated, refused before anything is made of that size."""
    counts = step_counts(training, data.values_per_step)
    if not counts.any():
        raise UserError(f"{training.path} has no sample of {data.values_per_step} values; use fewer values_per_step")
    steps = data.steps or int(counts.max())
    require_shape(training.values.shape[1], steps)
    return steps
