"""Samples as a file has them, before they are encoded: features, series or events in one layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.spec.data import EVENTS, SERIES, STATIC
from golden.spec.errors import UserError

Values = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True)
class Samples:
    """Samples one after the other; sample i is ``values[offsets[i]:offsets[i + 1]]``.

    Attributes
    ----------
    kind
        ``static``: a sample is one row of features; ``series``: a row a timestep, a column a channel; ``events``: a
        row an event, in order of time, columns time and address.
    values
        Shape (rows, columns). NaN is a missing feature or value.
    offsets
        Shape (n + 1,), from 0 to the number of rows.
    labels
        The class of each sample as the file writes it; empty where it is missing.
    path, places, unit
        Where samples come from: file, numbers in it, shape (n,), and what they count, ``line`` from 1 or ``index``
        from 0.
    columns
        Of events: ``t`` and ``channel``, or ``t``, ``p``, ``y``, ``x``; of others empty.
    """

    kind: str
    values: Values
    offsets: Indices
    labels: tuple[str, ...]
    path: Path
    places: Indices
    unit: str = "index"
    columns: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def lengths(self) -> Indices:
        """Rows of each sample, shape (n,)."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> Indices:
        """The sample that each row belongs to, shape (rows,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def where(self, sample: int) -> str:
        """File and place of a sample, to begin a sentence with."""
        return f"{self.path}, {self.unit} {self.places[sample]}"

    def select(self, chosen: Sequence[int] | Indices) -> Samples:
        """Return the samples of these indices, in this order."""
        indices = np.asarray(chosen, dtype=np.int64)
        lengths = self.lengths[indices]
        offsets = _offsets(lengths)
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[indices] - offsets[:-1], lengths)
        labels = tuple(self.labels[index] for index in indices.tolist())
        return Samples(
            self.kind, self.values[rows], offsets, labels, self.path, self.places[indices], self.unit, self.columns
        )


def of_array(array: NDArray[Any], labels: Sequence[str], kind: str, path: Path) -> Samples:
    """Samples of equal size in an array.

    Parameters
    ----------
    array
        Numbers, first axis the sample. As ``static`` all other axes are features; as ``series`` the second axis is
        time and the third, if any, the channel.
    labels, kind, path
        As in :class:`Samples`.

    Raises
    ------
    UserError
        If the array has too few or too many axes for that.
    """
    axes = array.ndim
    if kind == EVENTS or axes < 2 or (kind != STATIC and axes > 3):
        wanted = {
            STATIC: "(samples, features)",
            EVENTS: "(events, 2) with offsets, or a structured array",
        }.get(kind, "(samples, time) or (samples, time, channels)")
        raise UserError(f"{path} has samples of shape {array.shape} where the encoder needs {wanted}")
    count = len(array)
    if kind == STATIC:
        width = int(np.prod(array.shape[1:], dtype=np.int64))
        values = array.reshape(count, width).astype(np.float64)
        return Samples(kind, values, np.arange(count + 1), tuple(labels), path, np.arange(count))
    steps, channels = array.shape[1], array.shape[2] if axes == 3 else 1
    values = array.reshape(count * steps, channels).astype(np.float64)
    return Samples(kind, values, steps * np.arange(count + 1), tuple(labels), path, np.arange(count))


def grouped(
    kind: str,
    values: Values,
    lengths: Sequence[int] | Indices,
    labels: Sequence[str],
    path: Path,
    places: Sequence[int] | Indices,
    unit: str = "index",
    columns: tuple[str, ...] = (),
) -> Samples:
    """Samples of any length, from their rows one after the other; events are put in order of time, stably.

    A series wanted as ``static`` becomes one row of features, step by step.

    Raises
    ------
    UserError
        If such series differ in length.
    """
    offsets = _offsets(np.asarray(lengths, dtype=np.int64))
    samples = Samples(kind, values, offsets, tuple(labels), path, np.asarray(places, dtype=np.int64), unit, columns)
    if kind == EVENTS:
        order = np.lexsort((values[:, 0], samples.owners))
        return Samples(kind, values[order], offsets, samples.labels, path, samples.places, unit, columns)
    if kind != STATIC or not len(samples):
        return samples
    odd = np.flatnonzero(samples.lengths != samples.lengths[0])
    if odd.size:
        raise UserError(
            f"{samples.where(odd[0])}: the sample has {samples.lengths[odd[0]]} steps where the first "
            f"has {samples.lengths[0]}; levels need samples of one length, so use encoder thresholds or crossings"
        )
    flat = values.reshape(len(samples), -1)
    return Samples(kind, flat, np.arange(len(samples) + 1), samples.labels, path, samples.places, unit)


def without_trailing_gaps(samples: Samples) -> Samples:
    """Series that end where their last value is: steps without any are how equal length is made up."""
    if samples.kind != SERIES or not len(samples.values):
        return samples
    known = np.logical_not(np.isnan(samples.values).all(axis=1))
    rows = np.arange(len(samples.values))
    last = np.full(len(samples), -1)
    np.maximum.at(last, samples.owners[known], rows[known])
    kept = rows <= last[samples.owners]
    lengths = np.bincount(samples.owners[kept], minlength=len(samples))
    return replace(samples, values=samples.values[kept], offsets=_offsets(lengths))


def _offsets(lengths: Indices) -> Indices:
    return np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
