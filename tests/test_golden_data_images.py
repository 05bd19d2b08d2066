"""Images: the shipped digits, idx files made here, and the real ones where THREEFACTOR_DATA names their folder."""

from __future__ import annotations

import gzip
import hashlib
import os
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits as load_sklearn_digits

from golden.data import images as images_module
from golden.data.datasets import Dataset, load
from golden.data.images import IDX_FILES, centre_surround, halved
from golden.spec.errors import UserError


def idx(values: np.ndarray) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes((0, 0, 8, values.ndim)) + sizes + values.tobytes()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small "mnist" in idx files, the labels gzipped, whose checksums are taken for the published ones."""
    draw = np.random.default_rng(1)
    parts = [
        draw.integers(0, 256, (5, 28, 28), dtype=np.uint8),
        np.array([3, 1, 4, 1, 9], dtype=np.uint8),
        draw.integers(0, 256, (2, 28, 28), dtype=np.uint8),
        np.array([2, 6], dtype=np.uint8),
    ]
    for name, values in zip(IDX_FILES, parts, strict=True):
        if "labels" in name:
            (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx(values)))
        else:
            (tmp_path / name).write_bytes(idx(values))
    checksums = tuple(hashlib.sha256(idx(values)).hexdigest() for values in parts)
    monkeypatch.setitem(images_module.IDX_SHA256, "mnist", checksums)
    return tmp_path


def assert_levels(data: Dataset, train: int, test: int, inputs: int) -> None:
    assert data.train_samples.shape == (train, inputs) and data.test_samples.shape == (test, inputs)
    assert data.train_labels.shape == (train,) and data.test_labels.shape == (test,)
    arrays = (data.train_samples, data.train_labels, data.test_samples, data.test_labels)
    assert all(array.dtype == np.uint8 for array in arrays)
    assert data.train_samples.max() <= 15


def test_digits() -> None:
    data = load("digits")
    assert_levels(data, 1437, 360, 64)
    assert (data.inputs, data.classes, data.train_samples.max()) == (64, 10, 15)
    everything = np.concatenate([data.train_samples.ravel(), data.train_labels, data.test_samples.ravel()])
    digest = hashlib.sha256(everything.tobytes() + data.test_labels.tobytes()).hexdigest()
    assert digest.startswith("a7ed6b069ca0318e"), "the split of the digits has changed"


def test_digits_are_those_of_scikit_learn() -> None:
    source, data = load_sklearn_digits(), load("digits")
    expected = np.column_stack([np.minimum(source.data, 15), source.target]).astype(np.uint8)
    got = np.vstack(
        [
            np.column_stack([data.train_samples, data.train_labels]),
            np.column_stack([data.test_samples, data.test_labels]),
        ]
    )
    assert sorted(map(bytes, expected)) == sorted(map(bytes, got))


def test_digits_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = tmp_path / "digits.csv.gz"
    monkeypatch.setattr(images_module, "_DIGITS", copy)
    with pytest.raises(UserError, match=r"the shipped digits.csv.gz cannot be read \(.*\); install the project again"):
        load("digits")
    copy.write_bytes(gzip.compress(b"1,2,3\n"))
    with pytest.raises(UserError, match="the shipped digits.csv.gz has been changed; install the project again"):
        load("digits")


def test_idx_files(folder: Path) -> None:
    data = load("mnist", folder)
    assert_levels(data, 5, 2, 784)
    raw = np.frombuffer((folder / IDX_FILES[0]).read_bytes(), dtype=np.uint8)[16:].reshape(5, 28, 28)
    np.testing.assert_array_equal(data.train_samples, raw.reshape(5, 784) // 16)
    np.testing.assert_array_equal(data.train_labels, [3, 1, 4, 1, 9])
    small = load("mnist-14", folder)
    assert_levels(small, 5, 2, 196)
    block = int(raw[4, 2:4, 6:8].astype(int).sum())
    assert small.train_samples[4, 14 * 1 + 3] == block // 4 // 16


def test_rows_are_binary_steps(folder: Path) -> None:
    data = load("mnist-rows", folder)
    raw = np.frombuffer((folder / IDX_FILES[2]).read_bytes(), dtype=np.uint8)[16:].reshape(2, 28, 28)
    np.testing.assert_array_equal(data.test_samples, raw >= 128)
    assert (data.steps, data.inputs, data.test_samples.dtype) == (28, 28, np.uint8)


def scalar_level(image: np.ndarray, y: int, x: int, radius: int) -> int:
    """One signed level, written from the equations."""
    total = 0
    for v in range(max(0, y - radius), min(len(image), y + radius + 1)):
        for u in range(max(0, x - radius), min(len(image[v]), x + radius + 1)):
            total += int(image[v, u])
    mean = total * (65536 // (2 * radius + 1) ** 2) >> 16
    contrast = 2 * (int(image[y, x]) - mean)
    level = min(255, abs(contrast)) >> 4
    return level if contrast > 0 else -level


@pytest.mark.parametrize("radius", [1, 6])
def test_centre_surround_equals_its_equations(radius: int) -> None:
    images = np.random.default_rng(2).integers(0, 256, (3, 9, 28), dtype=np.uint8)
    images[1], images[2, :, 14:] = 255, 0
    levels = centre_surround(images, radius)
    expected = [[[scalar_level(image, y, x, radius) for x in range(28)] for y in range(9)] for image in images]
    assert levels.dtype == np.int8 and levels.tolist() == expected
    assert levels.min() < 0 < levels.max() == 15


def test_centre_surround_commutes_with_mirroring_and_blocks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    images = np.random.default_rng(3).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    levels = centre_surround(images)
    np.testing.assert_array_equal(centre_surround(images[:, :, ::-1]), levels[:, :, ::-1])
    monkeypatch.setattr(images_module, "_BLOCK", 3)
    np.testing.assert_array_equal(centre_surround(images), levels)


def test_files_may_lie_in_a_subfolder(folder: Path) -> None:
    place = folder / "mnist"
    place.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        path.rename(place / path.name)
    assert len(load("mnist", str(folder)).train_labels) == 5


def test_halving_floors() -> None:
    np.testing.assert_array_equal(halved(np.array([[[255, 255], [255, 254]]], dtype=np.uint8)), [[[254]]])


def test_no_folder() -> None:
    for name in ("fashion-mnist", "fashion-mnist-signed"):
        with pytest.raises(UserError, match="'fashion-mnist' is not shipped; .* fetch fashion-mnist --data FOLDER"):
            load(name)
    with pytest.raises(UserError, match="'mnist' is not shipped; name the folder .* threefactor fetch mnist --data"):
        load("mnist-rows")


def test_missing_file(folder: Path) -> None:
    (folder / IDX_FILES[2]).unlink()
    with pytest.raises(
        UserError, match=f"{IDX_FILES[2]} or {IDX_FILES[2]}.gz is missing in .*; put it there, .* fetch mnist --data"
    ):
        load("mnist", folder)


def test_damaged_gzip(folder: Path) -> None:
    path = folder / f"{IDX_FILES[1]}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"gz cannot be read \(.*\); fetch it again"):
        load("mnist", folder)


def test_a_gzip_bomb_is_not_unpacked(folder: Path) -> None:
    path = folder / f"{IDX_FILES[1]}.gz"
    path.write_bytes(gzip.compress(b"\x00\x00\x08\x01" + bytes(1 << 28), compresslevel=1))
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"gz has 67108865 bytes where its header promises 8; fetch it again"):
            load("mnist", folder)
        assert tracemalloc.get_traced_memory()[1] < 160 << 20
    finally:
        tracemalloc.stop()


def test_a_file_of_10_terabytes(folder: Path) -> None:
    with (folder / IDX_FILES[0]).open("wb") as file:
        file.truncate(10 << 40)
    with pytest.raises(UserError, match=r"cannot be read \(it has more than 67,108,864 bytes\); fetch it again"):
        load("mnist", folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "has 16 bytes where its header promises 79228162458924105385300197391"),
        (b"\x00\x00\x08\x01" + bytes(40), "does not start like an idx3 file of bytes; fetch it again"),
        (b"<html>", "does not start like an idx3 file of bytes; fetch it again"),
        (idx(np.zeros((5, 28, 28), np.uint8))[:-1], "has 3935 bytes where its header promises 3936; fetch it again"),
        (idx(np.zeros((5, 28, 28), np.uint8))[:9], "has 9 bytes where its header promises"),
        (idx(np.zeros((5, 28, 28), np.uint8)), r"is not the published file \(sha256 differs\); fetch it again"),
    ],
)
def test_damaged_file(folder: Path, content: bytes, sentence: str) -> None:
    (folder / IDX_FILES[0]).write_bytes(content)
    with pytest.raises(UserError, match=sentence):
        load("mnist", folder)


def test_unequal_counts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = idx(np.zeros(4, np.uint8))
    (folder / f"{IDX_FILES[1]}.gz").write_bytes(gzip.compress(content))
    checksums = list(images_module.IDX_SHA256["mnist"])
    checksums[1] = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(images_module.IDX_SHA256, "mnist", tuple(checksums))
    with pytest.raises(UserError, match="'mnist' in .* has 5 images but 4 labels"):
        load("mnist", folder)


@pytest.mark.parametrize(("name", "inputs"), [("mnist", 784), ("mnist-14", 196), ("fashion-mnist", 784)])
def test_published_files(name: str, inputs: int) -> None:
    data = load(name, published_folder())
    assert_levels(data, 60_000, 10_000, inputs)
    assert data.classes == 10


def test_published_files_as_signed_levels_and_as_rows() -> None:
    signed = load("fashion-mnist-signed", published_folder())
    assert signed.signed and signed.train_samples.shape == (60_000, 784) and signed.test_samples.dtype == np.int8
    assert (int(signed.train_samples.min()), int(signed.train_samples.max())) == (-15, 15)
    rows = load("mnist-rows", published_folder())
    assert rows.train_samples.shape == (60_000, 28, 28) and rows.test_samples.max() == 1


def published_folder() -> str:
    place = os.environ.get("THREEFACTOR_DATA")
    if place is None:
        pytest.skip("THREEFACTOR_DATA does not name a folder with the idx files")
    return place
