"""Data sets as 4-bit levels: digits comes with the project, MNIST and Fashion-MNIST from a folder of the user."""

from __future__ import annotations

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.spec.errors import UserError
from golden.spec.generator import Generator, Stream

Bytes = NDArray[np.uint8]

_DIGITS = Path(__file__).parent / "data" / "digits.csv.gz"
_DIGITS_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
_DIGITS_TRAINING = 1437

# Files of an idx data set, in the order of Dataset, and the sha256 of their uncompressed bytes.
IDX_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
IDX_SHA256 = {
    "mnist": (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
    "fashion-mnist": (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}


@dataclass(frozen=True)
class Dataset:
    """Samples and labels, split into a training and a test part.

    Attributes
    ----------
    name
        Name given to :func:`load`.
    train_samples, test_samples
        Levels 0..15, uint8, shape (n, inputs).
    train_labels, test_labels
        Classes, uint8, shape (n,).
    """

    name: str
    train_samples: Bytes
    train_labels: Bytes
    test_samples: Bytes
    test_labels: Bytes

    @property
    def inputs(self) -> int:
        """Levels of a sample."""
        return int(self.train_samples.shape[1])

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return int(max(self.train_labels.max(), self.test_labels.max())) + 1


def load(name: str, folder: Path | str | None = None) -> Dataset:
    """Return a data set by name.

    Parameters
    ----------
    name
        ``digits``: 8x8 digits, level = min(15, pixel), indices shuffled by ``Generator(0, SPLIT)``, the first 1,437
        for training. ``mnist``, ``fashion-mnist``: 28x28, level = pixel >> 4. ``mnist-14``: 14x14, level = mean of
        2x2 pixels (sum >> 2), then >> 4.
    folder
        Where the four idx files are, gzipped or not, in it or in a subfolder ``mnist`` or ``fashion-mnist``. Not
        needed for ``digits``.

    Raises
    ------
    UserError
        If there is no such data set, or a file is missing, damaged or another one than expected.
    """
    if name not in LOADERS:
        raise UserError(f"there is no data set {name!r}; choose one of {', '.join(LOADERS)}")
    return LOADERS[name](name, None if folder is None else Path(folder))


def _load_digits(name: str, folder: Path | None) -> Dataset:
    try:
        text = gzip.decompress(_DIGITS.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"the shipped {_DIGITS.name} cannot be read ({error}); install the project again") from error
    if hashlib.sha256(text).hexdigest() != _DIGITS_SHA256:
        raise UserError(f"the shipped {_DIGITS.name} has been changed; install the project again")
    table = np.loadtxt(io.BytesIO(text), dtype=np.uint8, delimiter=",")
    order = list(range(len(table)))
    Generator(0, Stream.SPLIT).shuffle(order)
    levels, labels = np.minimum(table[order, :-1], 15), table[order, -1].copy()
    cut = _DIGITS_TRAINING
    return Dataset(name, levels[:cut], labels[:cut], levels[cut:], labels[cut:])


def _load_images(name: str, folder: Path | None) -> Dataset:
    parts = _read_family(name, folder)
    return Dataset(name, _levels(parts[0]), parts[1], _levels(parts[2]), parts[3])


def _load_halved_images(name: str, folder: Path | None) -> Dataset:
    parts = _read_family(name.removesuffix("-14"), folder)
    return Dataset(name, _levels(halved(parts[0])), parts[1], _levels(halved(parts[2])), parts[3])


LOADERS: dict[str, Callable[[str, Path | None], Dataset]] = {
    "digits": _load_digits,
    "mnist": _load_images,
    "mnist-14": _load_halved_images,
    "fashion-mnist": _load_images,
}


def halved(images: Bytes) -> Bytes:
    """Means of 2x2 blocks, floored: shape (n, 2 h, 2 w) to (n, h, w)."""
    count, height, width = images.shape
    blocks = images.reshape(count, height // 2, 2, width // 2, 2)
    halves: Bytes = (blocks.sum(axis=(2, 4), dtype=np.uint16) >> 2).astype(np.uint8)
    return halves


def _levels(images: Bytes) -> Bytes:
    return np.right_shift(images.reshape(len(images), -1), 4, dtype=np.uint8)


def _read_family(family: str, folder: Path | None) -> list[Bytes]:
    """Images and labels of the training and the test part."""
    if folder is None:
        raise UserError(f"data set {family!r} is not shipped; name the folder that holds {', '.join(IDX_FILES)}")
    place = folder / family if (folder / family).is_dir() else folder
    parts = [_read_idx(place, file, checksum) for file, checksum in zip(IDX_FILES, IDX_SHA256[family], strict=True)]
    for images, labels in (parts[:2], parts[2:]):
        if len(images) != len(labels):
            raise UserError(f"data set {family!r} in {place} has {len(images)} images but {len(labels)} labels")
    return parts


def _read_idx(folder: Path, file: str, checksum: str) -> Bytes:
    """Contents of an idx file of unsigned bytes: two zeros, type 8, dimensions, big-endian sizes, values."""
    path = next((p for p in (folder / file, folder / f"{file}.gz") if p.is_file()), None)
    if path is None:
        raise UserError(f"{file} or {file}.gz is missing in {folder}; put {', '.join(IDX_FILES)} there")
    try:
        content = path.read_bytes()
        if path.suffix == ".gz":
            content = gzip.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch it again") from error
    dimensions = 3 if "idx3" in file else 1
    header = 4 + 4 * dimensions
    if content[:4] != bytes((0, 0, 8, dimensions)):
        raise UserError(f"{path} does not start like an idx{dimensions} file of bytes; fetch it again")
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4))
    expected = header + int(np.prod(shape, dtype=np.int64))
    if len(content) < header or len(content) != expected:
        raise UserError(f"{path} has {len(content)} bytes where its header promises {expected}; fetch it again")
    if hashlib.sha256(content).hexdigest() != checksum:
        raise UserError(f"{path} is not the published file (sha256 differs); fetch it again")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
