"""Data sets: the shipped digits, idx files made here, and the real ones where THREEFACTOR_DATA names their folder."""

from __future__ import annotations

import gzip
import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from golden import datasets
from golden.datasets import IDX_FILES, Dataset, halved, load
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
    monkeypatch.setitem(datasets.IDX_SHA256, "mnist", checksums)
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
    sklearn_datasets = pytest.importorskip("sklearn.datasets", reason="scikit-learn is not installed")
    source, data = sklearn_datasets.load_digits(), load("digits")
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
    monkeypatch.setattr(datasets, "_DIGITS", copy)
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


def test_files_may_lie_in_a_subfolder(folder: Path) -> None:
    place = folder / "mnist"
    place.mkdir()
    for path in [path for path in folder.iterdir() if path.is_file()]:
        path.rename(place / path.name)
    assert len(load("mnist", str(folder)).train_labels) == 5


def test_halving_floors() -> None:
    np.testing.assert_array_equal(halved(np.array([[[255, 255], [255, 254]]], dtype=np.uint8)), [[[254]]])


def test_unknown_name() -> None:
    with pytest.raises(UserError, match="there is no data set 'cifar'; choose one of digits, mnist, mnist-14, fashion"):
        load("cifar")


def test_no_folder() -> None:
    with pytest.raises(UserError, match="'fashion-mnist' is not shipped; name the folder that holds train-images-idx3"):
        load("fashion-mnist")


def test_missing_file(folder: Path) -> None:
    (folder / IDX_FILES[2]).unlink()
    with pytest.raises(UserError, match=f"{IDX_FILES[2]} or {IDX_FILES[2]}.gz is missing in .*; put train-images"):
        load("mnist", folder)


def test_damaged_gzip(folder: Path) -> None:
    path = folder / f"{IDX_FILES[1]}.gz"
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(UserError, match=r"gz cannot be read \(.*\); fetch it again"):
        load("mnist", folder)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
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
    checksums = list(datasets.IDX_SHA256["mnist"])
    checksums[1] = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(datasets.IDX_SHA256, "mnist", tuple(checksums))
    with pytest.raises(UserError, match="'mnist' in .* has 5 images but 4 labels"):
        load("mnist", folder)


@pytest.mark.parametrize(("name", "inputs"), [("mnist", 784), ("mnist-14", 196), ("fashion-mnist", 784)])
def test_published_files(name: str, inputs: int) -> None:
    place = os.environ.get("THREEFACTOR_DATA")
    if place is None:
        pytest.skip("THREEFACTOR_DATA does not name a folder with the idx files")
    data = load(name, place)
    assert_levels(data, 60_000, 10_000, inputs)
    assert data.classes == 10
