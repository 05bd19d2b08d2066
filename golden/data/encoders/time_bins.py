"""Events to timesteps: an input spikes in a step if it had an event in that time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from golden.data.encoders.interface import Encoder, require_shape
from golden.data.images import Levels
from golden.data.samples import Samples, Values
from golden.spec.data import Data, Shape
from golden.spec.errors import UserError, require

_TICK_BITS = 24  # a training sample lasts less than 2^24 ticks
_SHIFT_LIMIT = 1000


@dataclass(frozen=True)
class TimeBinEncoder(Encoder):
    """Events in bins of time.

    An event goes to::

        tick  = round((t - origin) 2^shift)        half to even, the product exact
        step  = floor(tick / width)                dropped from ``steps`` on
        input = channel, or (p H + floor(y / pool)) W + floor(x / pool)

    with H and W the height and width in pools. Several events of an input in a step are one spike.

    Attributes
    ----------
    shift
        Of time: the largest in -1000..1000 for which the longest training sample lasts less than 2^24 ticks.
    width
        Ticks in a step.
    steps
        Timesteps.
    first_event
        Whether a sample begins at its first event, not at zero.
    extents
        Channels, or polarities, height and width of the sensor.
    pool
        Pixels, in x and y, that make one input.
    """

    shift: int
    width: int
    steps: int
    first_event: bool
    extents: tuple[int, ...]
    pool: int
    name = "time-bins"

    def __post_init__(self) -> None:
        require(abs(self.shift) <= _SHIFT_LIMIT, f"shift must be -{_SHIFT_LIMIT}..{_SHIFT_LIMIT}, not {self.shift}")
        require(isinstance(self.first_event, bool), f"first_event must be true or false, not {self.first_event}")
        require(self.width >= 1 and self.pool >= 1, "width and pool must be at least 1")
        require(
            len(self.extents) in (1, 3) and min(self.extents) >= 1,
            "extents must be those of channels, or of polarities, height and width",
        )
        require_shape(self.shape.inputs, self.steps)

    @classmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """See :meth:`Encoder.fit`."""
        if not len(training.values):
            raise UserError(f"{training.path} has no events in the training part")
        first_event = data.origin == "first-event"
        longest = float(_times(training, first_event).max())
        shift = min(_SHIFT_LIMIT, _TICK_BITS - math.frexp(longest)[1])
        while round(math.ldexp(longest, shift)) >= 1 << _TICK_BITS:
            shift -= 1
        last = round(math.ldexp(longest, shift))
        if data.bin_width > longest:
            raise UserError(
                f"bin_width is {data.bin_width:g} where the longest training sample of {training.path} lasts "
                f"{longest:g}; all would be one step"
            )
        width = max(1, round(math.ldexp(data.bin_width, shift))) if data.bin_width else last // data.steps + 1
        steps = data.steps or max(2, last // width + 1)
        require_shape(1, steps)
        first = float(_times(training, first_event).min())
        if round(math.ldexp(first, shift)) >= width * steps:
            raise UserError(
                f"no event of {training.path} lies in the {steps} steps; use origin 'first-event', or more steps or a "
                "larger bin_width"
            )
        return cls(shift, width, steps, first_event, _extents(data, training), data.pool)

    @property
    def shape(self) -> Shape:
        """See :attr:`Encoder.shape`."""
        return Shape("events", math.prod(self._pooled), self.steps, False)

    def encode(self, samples: Samples) -> Levels:
        """See :meth:`Encoder.encode`."""
        self.require_room(samples)
        if len(samples.columns) - 1 != len(self.extents):
            raise UserError(
                f"{samples.path} has events of {' '.join(samples.columns)} where the training part has "
                f"{len(self.extents) + 1} columns"
            )
        addresses = samples.values[:, 1:]
        wrong = np.argwhere(addresses >= np.array(self.extents))
        if wrong.size:
            row, column = wrong[0]
            raise UserError(
                f"{samples.where(samples.owners[row])}: {samples.columns[column + 1]} is {addresses[row, column]:g} "
                f"where the training part has 0..{self.extents[column] - 1}; set extents if there are more"
            )
        with np.errstate(over="ignore"):
            ticks = np.rint(np.ldexp(_times(samples, self.first_event), self.shift))
        steps = np.minimum(ticks, self.width * self.steps).astype(np.int64) // self.width
        inputs = np.zeros(len(addresses), dtype=np.int64)
        for column, (pool, pooled) in enumerate(zip(self._pools, self._pooled, strict=True)):
            inputs = inputs * pooled + addresses[:, column].astype(np.int64) // pool
        events = np.zeros((len(samples), self.steps, self.shape.inputs), dtype=np.uint8)
        kept = steps < self.steps
        events[samples.owners[kept], steps[kept], inputs[kept]] = 1
        return events

    @property
    def _pooled(self) -> tuple[int, ...]:
        """Extents in inputs."""
        return tuple(-(-extent // pool) for extent, pool in zip(self.extents, self._pools, strict=True))

    @property
    def _pools(self) -> tuple[int, ...]:
        """Channels and polarities are not pooled."""
        return (1,) if len(self.extents) == 1 else (1, self.pool, self.pool)


def _times(samples: Samples, first_event: bool) -> Values:
    """Time of each event in its sample."""
    times = samples.values[:, 0]
    if first_event:  # events are in order of time
        origins = times[samples.offsets[:-1].clip(0, len(times) - 1)]
        times = times - origins[samples.owners]
    return times


def _extents(data: Data, training: Samples) -> tuple[int, ...]:
    found = tuple(int(extent) + 1 for extent in training.values[:, 1:].max(axis=0))
    if not data.extents:
        return found
    stated = tuple(reversed((*data.extents, 1)[:3])) if len(data.extents) > 1 else data.extents
    if len(stated) != len(found):
        raise UserError(
            f"extents must have {'one number, channels' if len(found) == 1 else 'width, height and polarities'}, since "
            f"the events of {training.path} are {' '.join(training.columns)}"
        )
    return stated
