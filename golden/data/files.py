"""Somebody's own files, from the table that names them to a data set that a network takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from golden.data.datasets import Dataset
from golden.data.encoders.choice import fit
from golden.data.encoders.interface import Encoder
from golden.data.images import Bytes
from golden.data.labels import class_indices, class_names
from golden.data.readers.arrays import is_array, read_arrays, read_pair
from golden.data.readers.content import require_file, stem
from golden.data.readers.tables import read_table
from golden.data.readers.timeseries import read_timeseries
from golden.data.samples import Samples
from golden.data.split import stratified
from golden.spec.data import Data
from golden.spec.errors import UserError

READERS: dict[str, Callable[[Path, Data], Samples]] = {
    ".csv": read_table,
    ".tsv": read_table,
    ".txt": read_table,
    ".ts": read_timeseries,
}


@dataclass(frozen=True)
class OwnDataset(Dataset):
    """A data set of files, its classes and how it was encoded; ``name`` is the file of the training part.

    Attributes
    ----------
    class_names
        As the file writes them; class i of the network is ``class_names[i]``.
    encoder
        Fitted to the training part; its ``shape`` is what a network needs.
    """

    class_names: tuple[str, ...]
    encoder: Encoder

    @property
    def classes(self) -> int:
        """Classes of the training part."""
        return len(self.class_names)


class Kept(NamedTuple):
    """What a training has learned of its data beforehand: the fitted encoder, and the classes in their order."""

    encoder: Encoder
    class_names: tuple[str, ...]


def read(data: Data, folder: Path) -> tuple[Samples, Samples | None]:
    """Read the training part, and the test part if there is one, as the files have them.

    Parameters
    ----------
    data
        Names the files.
    folder
        What their paths are relative to.

    Raises
    ------
    UserError
        If a file cannot be read or holds what no encoder can make sense of, in a sentence that names file and row.
    """
    training, test = _read_file(data.train, data.train_labels, "train", data, folder)
    if data.test:
        test, inner = _read_file(data.test, data.test_labels, "test", data, folder)
        test = test if inner is None else inner
    return training, test


@dataclass(frozen=True)
class Divided:
    """Both parts as the files have them, and their classes: class i is ``class_names[i]``."""

    training: Samples
    train_labels: Bytes
    test: Samples
    test_labels: Bytes
    class_names: tuple[str, ...]


def divided(data: Data, folder: Path, class_names_kept: tuple[str, ...] | None = None) -> Divided:
    """Read both parts and number their classes; without a test part, some samples of each class become it.

    The choice is that of :func:`golden.data.split.stratified`. Classes are those of the training part, or the ones
    that are given.

    Raises
    ------
    UserError
        As :func:`read`, and if there is one class only, or a class of the test is not in the training part.
    """
    training, test = read(data, folder)
    names = class_names(training) if class_names_kept is None else class_names_kept
    train_labels = class_indices(training, names)
    if test is None:
        rest, taken = stratified(train_labels, data.test_percent, data.split_seed)
        if not taken:
            raise UserError(
                f"{training.path} has too few samples ({len(training)}) for a test part of {data.test_percent} "
                "percent; raise test_percent, or name a file with test"
            )
        training, test = training.select(rest), training.select(taken)
        train_labels = train_labels[rest]
    return Divided(training, train_labels, test, class_indices(test, names), names)


def load_own(data: Data, folder: Path, kept: Kept | None = None) -> OwnDataset:
    """Return the data set that ``data`` describes: read, split, its classes numbered, encoded.

    The encoder is fitted to the training part only.

    Parameters
    ----------
    data
        Names the files.
    folder
        What their paths are relative to.
    kept
        Encoder and classes of an earlier training, to be used as they are.

    Raises
    ------
    UserError
        As :func:`divided`, and if a sample cannot be encoded.
    """
    parts = divided(data, folder, None if kept is None else kept.class_names)
    encoder = fit(data, parts.training) if kept is None else kept.encoder
    return OwnDataset(
        name=Path(data.train).name,
        train_samples=encoder.encode(parts.training),
        train_labels=parts.train_labels,
        test_samples=encoder.encode(parts.test),
        test_labels=parts.test_labels,
        class_names=parts.class_names,
        encoder=encoder,
    )


def _read_file(name: str, labels: str, field: str, data: Data, folder: Path) -> tuple[Samples, Samples | None]:
    path = folder / name
    require_file(path)
    if is_array(path):
        if not labels:
            raise UserError(f"{path} has samples without labels; name the file of their labels with {field}_labels")
        beside = folder / labels
        if not is_array(beside):
            raise UserError(f"{beside} is neither .npy nor idx; labels beside {path.name} must be in such a file")
        return read_pair(path, beside, data), None
    if labels:
        raise UserError(f"{path} has its labels inside; leave out {field}_labels, or name samples in .npy or idx")
    if path.suffix.lower() == ".npz":
        return read_arrays(path, data)
    reader = next((reader for suffix, reader in READERS.items() if stem(path).endswith(suffix)), None)
    if reader is None:
        raise UserError(
            f"{path} is of no format that can be read; those are .npz, .npy, .csv, .tsv, .txt, .ts and idx (.idx, "
            "-ubyte)"
        )
    return reader(path, data), None
