"""What a search may see of a data set: the training part alone, in folds that learn and validate."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from golden.data import datasets
from golden.data.datasets import Dataset
from golden.data.encoders.choice import fit
from golden.data.encoders.interface import Encoder
from golden.data.encoders.time_bins import TimeBinEncoder
from golden.data.files import read
from golden.data.images import Bytes, Levels
from golden.data.labels import class_indices, class_names
from golden.data.samples import Indices, Samples
from golden.data.split import stratified
from golden.spec.data import EVENTS, SERIES, Data
from golden.spec.errors import UserError


@dataclass(frozen=True)
class Material:
    """Samples and labels of a training part.

    Attributes
    ----------
    name
        Of the data set, or of the file of its training part.
    samples
        Of somebody's own files as they were read; of a named data set levels or events, as in
        :class:`golden.data.datasets.Dataset`.
    labels
        Classes, uint8, shape (n,).
    class_names
        Class i as the user knows it.
    """

    name: str
    samples: Samples | Levels
    labels: Bytes
    class_names: tuple[str, ...]

    def encoder(self, data: Data) -> Encoder:
        """Encoder of own data, fitted to all of the training part; its ``shape`` is what a network needs."""
        if not isinstance(self.samples, Samples):
            raise TypeError(f"data set {self.name} is encoded already")
        return fit(data, self.samples)

    def fold(self, source: str | Data, learned: Indices, validated: Indices) -> Dataset:
        """Data set that learns some samples and is tested with others; an encoder sees those that are learned only.

        Raises
        ------
        UserError
            If a sample cannot be encoded.
        """
        labels = self.labels[learned], self.labels[validated]
        if not isinstance(self.samples, Samples):
            return Dataset(self.name, self.samples[learned], labels[0], self.samples[validated], labels[1])
        if isinstance(source, str):
            raise TypeError(f"{self.name} needs an encoder")
        training = self.samples.select(learned)
        encoder = fit(_of_fixed_shape(source, self.encoder(source)), training)
        validation = encoder.encode(self.samples.select(validated))
        return Dataset(self.name, encoder.encode(training), labels[0], validation, labels[1])

    @property
    def shortest(self) -> int:
        """Values of the shortest sample of a series; 0 of anything else."""
        samples = self.samples
        return int(samples.lengths.min()) if isinstance(samples, Samples) and samples.kind == SERIES else 0

    @cached_property
    def digest(self) -> str:
        """SHA-256 of samples and labels, 64 hex digits."""
        samples, digest = self.samples, hashlib.sha256()
        raw = (samples.values, samples.offsets) if isinstance(samples, Samples) else (samples,)
        for array in (*raw, self.labels):
            digest.update(f"{array.dtype.str} {array.shape} ".encode() + np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()


def read_material(source: str | Data, folder: Path | None = None, limit: int | None = None) -> Material:
    """Read the training part of :attr:`golden.spec.config.Preset.dataset`.

    A test file of somebody's own is not opened. A test part inside the file of the training part, or of a named data
    set, is dropped here, and so is the part that :func:`golden.data.files.load_own` holds back.

    Parameters
    ----------
    source
        Name of a data set, or files of somebody's own.
    folder
        Where the files of a named data set are.
    limit
        Use the first so many samples.

    Raises
    ------
    UserError
        As :func:`golden.data.source.load`.
    """
    if isinstance(source, str):
        dataset = datasets.load(source, folder)
        names = tuple(str(label) for label in range(dataset.classes))
        return Material(dataset.name, dataset.train_samples[:limit], dataset.train_labels[:limit], names)
    training, inside = read(replace(source, test="", test_labels=""), Path())
    names = class_names(training)
    labels = class_indices(training, names)
    if not source.test and inside is None:
        kept, _ = stratified(labels, source.test_percent, source.split_seed)
        training, labels = training.select(kept), labels[kept]
    chosen = range(len(labels))[:limit]
    return Material(source.name, training.select(chosen), labels[:limit], names)


def require_validation(material: Material, classes: int) -> None:
    """Raise UserError unless every class has two samples, one to learn and one to validate, and network room."""
    counts = np.bincount(material.labels, minlength=len(material.class_names))
    short = np.flatnonzero(counts < 2)
    if short.size:
        name, count = material.class_names[short[0]], int(counts[short[0]])
        raise UserError(
            f"class {name!r} of {material.name} has {count} training sample{'s' * (count != 1)} where a validation "
            "part needs 2; add samples or raise --limit"
        )
    if len(counts) > classes:
        raise UserError(f"{material.name} has {len(counts)} classes, but the network {classes}; raise classes")


def _of_fixed_shape(data: Data, encoder: Encoder) -> Data:
    """The data with the shape that all samples need: those of a fold may be shorter or use fewer addresses."""
    if data.kind == SERIES:
        return replace(data, steps=encoder.shape.steps)
    if data.kind == EVENTS and isinstance(encoder, TimeBinEncoder):
        return replace(data, steps=encoder.steps, extents=encoder.extents[::-1])
    return data
