"""Downloads: from a local mirror, and the sentence where there is no network."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import logging
import wave
import zipfile
from pathlib import Path

import numpy as np
import pooch
import pytest
from click.testing import CliRunner

from golden.data import download, images, sequences, spoken
from golden.data.datasets import load
from golden.data.download import SPOKEN_ARCHIVE, fetch
from golden.data.images import IDX_FILES
from golden.data.sequences import SPOKEN_FILE
from golden.spec.errors import UserError
from threefactor.cli import main


@pytest.fixture(autouse=True)
def quiet() -> None:
    pooch.get_logger().setLevel(logging.ERROR)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small "mnist" and ten recordings a speaker, whose checksums are taken for the published ones."""
    place = tmp_path / "a mirror"
    place.mkdir()
    parts = [np.full((3, 28, 28), 9, np.uint8), np.array([1, 2, 9], np.uint8)] * 2
    contents = [bytes((0, 0, 8, p.ndim)) + b"".join(n.to_bytes(4, "big") for n in p.shape) + p.tobytes() for p in parts]
    packed = [gzip.compress(content) for content in contents]
    for file, content in zip(IDX_FILES, packed, strict=True):
        (place / f"{file}.gz").write_bytes(content)
    monkeypatch.setitem(images.IDX_SHA256, "mnist", tuple(hashlib.sha256(c).hexdigest() for c in contents))
    monkeypatch.setitem(download.IDX_MD5, "mnist", tuple(hashlib.md5(p).hexdigest() for p in packed))  # noqa: S324
    monkeypatch.setattr(spoken, "TAKES", 1)
    with zipfile.ZipFile(place / SPOKEN_ARCHIVE, "w") as archive:
        for speaker in spoken.SPEAKERS:
            for label in range(10):
                sound = io.BytesIO()
                with wave.open(sound, "wb") as file:
                    file.setparams((1, 2, 8000, 0, "NONE", ""))
                    file.writeframes(bytes(800 + 160 * label))
                archive.writestr(f"x/recordings/{label}_{speaker}_0.wav", sound.getvalue())
    clips = spoken.read_archive(place / SPOKEN_ARCHIVE)
    content = b"".join(array.tobytes() for array in clips)
    monkeypatch.setattr(sequences, "SPOKEN_SHA256", hashlib.sha256(content).hexdigest())
    for family in download.MIRRORS:
        monkeypatch.setitem(download.MIRRORS, family, f"{place.as_uri()}/")
    return place


def test_fetches_idx_files_once(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    assert fetch("mnist-14", folder) == folder / "mnist"
    assert {path.name for path in (folder / "mnist").iterdir()} == {f"{file}.gz" for file in IDX_FILES}
    assert len(load("mnist-rows", folder).train_labels) == 3
    for path in mirror.iterdir():
        path.unlink()
    fetch("mnist", folder)


def test_fetches_recordings_and_keeps_their_frames(mirror: Path, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    fetch("fsdd-without-theo", folder)
    assert [path.name for path in (folder / "fsdd").iterdir()] == [SPOKEN_FILE]
    assert len(load("fsdd-without-theo", folder).test_labels) == 10
    for path in mirror.iterdir():
        path.unlink()
    fetch("fsdd", folder)


def test_a_file_that_differs_is_refused(mirror: Path, tmp_path: Path) -> None:
    (mirror / f"{IDX_FILES[1]}.gz").write_bytes(gzip.compress(b"other"))
    with pytest.raises(
        UserError, match=f"{IDX_FILES[1]}.gz cannot be fetched into .* hash .*; put the file there by hand"
    ):
        fetch("mnist", tmp_path / "data")
    assert not (tmp_path / "data" / "mnist" / f"{IDX_FILES[1]}.gz").exists()


def test_other_recordings_are_refused(mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequences, "SPOKEN_SHA256", "0")
    with pytest.raises(UserError, match=r"zip does not hold the published recordings \(sha256 differs\)"):
        fetch("fsdd", tmp_path / "data")


@pytest.mark.usefixtures("mirror")
def test_no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(download.MIRRORS, "mnist", "http://127.0.0.1:9/")
    with pytest.raises(
        UserError, match=r"http://127.0.0.1:9/train-images-idx3-ubyte.gz cannot be fetched into .*; put the"
    ):
        fetch("mnist", tmp_path / "data")


def test_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="'digits' has no files to fetch; choose one of mnist, fashion-mnist, fsdd"):
        fetch("digits", tmp_path)


@pytest.mark.usefixtures("mirror")
def test_the_command_says_where_the_files_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["fetch", "mnist", "--data", str(tmp_path / "data"), "--json"])
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"dataset": "mnist", "folder": str(tmp_path / "data" / "mnist")}
