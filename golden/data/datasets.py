"""Data sets by name: images as 4-bit levels, sequences as events."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from golden.data.images import (
    Bytes,
    Levels,
    Parts,
    load_centre_surround_images,
    load_digits,
    load_halved_images,
    load_images,
    load_rows,
)
from golden.data.sequences import load_cues, load_spoken
from golden.data.spoken import SPEAKERS
from golden.data.yin_yang import load_yin_yang
from golden.spec.errors import UserError, nearest


@dataclass(frozen=True)
class Dataset:
    """Samples and labels, split into a training and a test part.

    Attributes
    ----------
    name
        Name given to :func:`load`.
    train_samples, test_samples
        Levels 0..15, uint8, or -15..15, int8, shape (n, inputs); or events 0 and 1, uint8, shape (n, steps, inputs).
    train_labels, test_labels
        Classes, uint8, shape (n,).

    Raises
    ------
    UserError
        If the arrays have other types, shapes or values, or do not belong together.
    """

    name: str
    train_samples: Levels
    train_labels: Bytes
    test_samples: Levels
    test_labels: Bytes

    def __post_init__(self) -> None:
        for part in ("train", "test"):
            samples, labels = getattr(self, f"{part}_samples"), getattr(self, f"{part}_labels")
            self._require_types(f"{part}_samples", samples, (np.uint8, np.int8), (2, 3))
            self._require_types(f"{part}_labels", labels, (np.uint8,), (1,))
            if len(samples) != len(labels):
                raise UserError(f"data set {self.name!r} has {len(samples)} {part}_samples but {len(labels)} labels")
            low, high = (-15, 15) if samples.ndim == 2 else (0, 1)
            for extreme in (samples.min(initial=0), samples.max(initial=0)):
                if not low <= extreme <= high:
                    what = "levels" if samples.ndim == 2 else "events"
                    raise UserError(f"{what} of data set {self.name!r} must be in {low}..{high}, not {extreme}")
        train, test = self.train_samples, self.test_samples
        if train.shape[1:] != test.shape[1:] or train.dtype != test.dtype:
            raise UserError(
                f"data set {self.name!r} learns {train.dtype} samples of shape {train.shape[1:]}, but is tested with "
                f"{test.dtype} ones of shape {test.shape[1:]}"
            )

    def _require_types(self, name: str, array: object, types: tuple[type, ...], dimensions: tuple[int, ...]) -> None:
        if not isinstance(array, np.ndarray) or array.dtype not in types or array.ndim not in dimensions:
            needed = " or ".join(np.dtype(kind).name for kind in types)
            sizes = " or ".join(map(str, dimensions))
            found = f"{array.dtype} of {array.ndim}" if isinstance(array, np.ndarray) else type(array).__name__
            raise UserError(f"{name} of data set {self.name!r} must be {needed} of {sizes} dimensions, not {found}")

    @property
    def inputs(self) -> int:
        """Levels of a sample, or inputs that may spike at a step."""
        return int(self.train_samples.shape[-1])

    @property
    def steps(self) -> int | None:
        """Timesteps of a sample of events; None for levels."""
        return int(self.train_samples.shape[1]) if self.train_samples.ndim == 3 else None

    @property
    def signed(self) -> bool:
        """Whether levels may be negative."""
        return self.train_samples.dtype.kind == "i"

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return int(max(self.train_labels.max(initial=0), self.test_labels.max(initial=0))) + 1

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what both parts hold, 64 hex digits: the name says nothing of the files that were read."""
        digest = hashlib.sha256()
        for array in (self.train_samples, self.train_labels, self.test_samples, self.test_labels):
            digest.update(f"{array.dtype.str} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def load(name: str, folder: Path | str | None = None) -> Dataset:
    """Return a data set by name.

    Parameters
    ----------
    name
        Levels: ``digits`` (8x8, shipped), ``mnist``, ``fashion-mnist`` (28x28), ``mnist-14`` (14x14),
        ``fashion-mnist-signed`` (28x28, contrast to the surroundings).
        Events: ``mnist-rows`` (images row by row), ``fsdd`` (spoken digits; encoded on the host),
        ``fsdd-without-<speaker>`` (the same, that speaker being the test), ``cue`` (accumulation, drawn here).
        The functions of golden/data/images.py and golden/data/sequences.py say how samples are made.
    folder
        Where the files are: four idx files, gzipped or not, in it or in a subfolder ``mnist`` or ``fashion-mnist``,
        ``fsdd_logmel20_u8.npz`` in it or in a subfolder ``fsdd``. Not needed for ``digits`` and ``cue``.

    Raises
    ------
    UserError
        If there is no such data set, or a file is missing, damaged or another one than expected.
    """
    if name not in LOADERS:
        raise UserError(f"there is no data set {name!r}; choose one of {', '.join(LOADERS)}{nearest(name, LOADERS)}")
    return Dataset(name, *LOADERS[name](None if folder is None else Path(folder)))


LOADERS: dict[str, Callable[[Path | None], Parts]] = {
    "digits": load_digits,
    "mnist": partial(load_images, "mnist"),
    "mnist-14": partial(load_halved_images, "mnist"),
    "mnist-rows": partial(load_rows, "mnist"),
    "fashion-mnist": partial(load_images, "fashion-mnist"),
    "fashion-mnist-signed": partial(load_centre_surround_images, "fashion-mnist"),
    "fsdd": partial(load_spoken, None),
    **{f"fsdd-without-{speaker}": partial(load_spoken, speaker) for speaker in SPEAKERS},
    "cue": load_cues,
    "yin-yang": load_yin_yang,
}
