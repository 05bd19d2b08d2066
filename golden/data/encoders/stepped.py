"""Series of codes, brought to timesteps."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.data.encoders.fixed_point import MISSING, Codes, FixedPoint
from golden.data.samples import Indices, Samples


class Stepped(NamedTuple):
    """``codes`` of shape (n, steps, channels), and which steps a sample has, ``present``, shape (n, steps)."""

    codes: Codes
    present: NDArray[np.bool_]


def step_counts(samples: Samples, values_per_step: int) -> Indices:
    """Timesteps of each sample, shape (n,): complete groups of ``values_per_step`` values."""
    return samples.lengths // values_per_step


def stepped(samples: Samples, fixed_point: FixedPoint, values_per_step: int, steps: int) -> Stepped:
    """Bring series to ``steps`` timesteps: cut where longer, absent steps at the end where shorter.

    A missing value is the channel's last one in the sample, and before the first one the training median. The code of
    a timestep is the floored mean of its ``values_per_step`` codes.
    """
    channels = fixed_point.columns
    lengths = np.minimum(samples.lengths, steps * values_per_step)
    present = np.arange(steps * values_per_step) < lengths[:, None]
    codes = np.zeros((len(samples), steps * values_per_step, channels), dtype=np.int32)
    within = np.arange(len(samples.values)) - samples.offsets[samples.owners]
    codes[present] = fixed_point.codes(samples.values[within < steps * values_per_step])
    if (codes == MISSING).any():
        last = np.broadcast_to(np.array(fixed_point.medians, dtype=np.int32), (len(samples), channels))
        for step in range(codes.shape[1]):
            last = np.where(codes[:, step] == MISSING, last, codes[:, step])
            codes[:, step] = last
    if values_per_step > 1:
        sums = codes.reshape(len(samples), steps, values_per_step, channels).sum(axis=2, dtype=np.int64)
        codes = (sums // values_per_step).astype(np.int32)
    counts = np.minimum(step_counts(samples, values_per_step), steps)
    return Stepped(codes, np.arange(steps) < counts[:, None])
