"""What a training part holds: how many samples of which classes, how long, how much is missing or silent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from golden.data.labels import class_indices, class_names
from golden.data.samples import Samples
from golden.spec.data import EVENTS, Data
from threefactor.draft.reading import read_as


@dataclass(frozen=True)
class Inspection:
    """What a training part holds.

    Attributes
    ----------
    data
        Where it is; with the column of samples that was found where none was named.
    samples
        As the file has them.
    tested
        Samples of a test part of its own; 0 without.
    classes
        Number of samples of each class.
    width
        Features, channels, or addresses of events that occur.
    missing
        Fraction of values that are missing.
    zeros
        Fraction of values that are 0; of events, of the addresses that a sample leaves silent.
    """

    data: Data
    samples: Samples
    tested: int
    classes: dict[str, int]
    width: int
    missing: float
    zeros: float

    @property
    def shortest(self) -> int:
        """Rows of the shortest sample: steps of a series, or events."""
        return int(self.samples.lengths.min())

    @property
    def longest(self) -> int:
        """Rows of the longest sample."""
        return int(self.samples.lengths.max())


def inspected(data: Data, folder: Path, encoder: str | None = None) -> Inspection:
    """Read the training part of a file and say what it holds.

    Parameters
    ----------
    data
        Names files and columns; its encoder decides nothing.
    folder
        What file names are relative to.
    encoder
        Reads what this encoder takes; by default what the file looks like.

    Raises
    ------
    UserError
        As :func:`golden.data.files.read`, and if there are too few or too many classes.
    """
    data, samples, test = read_as(data, folder, encoder)
    names = class_names(samples)
    counts = Counter(class_indices(samples, names).tolist())
    values = samples.values
    zeros, width = float((values == 0).mean()) if values.size else 0.0, int(values.shape[1])
    if samples.kind == EVENTS:
        zeros, width = _addresses(samples)
    return Inspection(
        data=data,
        samples=samples,
        tested=0 if test is None else len(test),
        classes={name: counts[index] for index, name in enumerate(names)},
        width=width,
        missing=float(np.isnan(values).mean()) if values.size else 0.0,
        zeros=zeros,
    )


def _addresses(samples: Samples) -> tuple[float, int]:
    """Fraction of addresses that a sample leaves silent, and how many occur."""
    addresses, numbers = np.unique(samples.values[:, 1:], axis=0, return_inverse=True)
    if not len(addresses):
        return 1.0, 0
    heard = len(np.unique(np.stack([samples.owners, numbers.reshape(-1)]), axis=1).T)
    return 1 - heard / (len(samples) * len(addresses)), len(addresses)
