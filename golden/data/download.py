"""Fetch the files of data sets that are not shipped, and check that they are the published ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import numpy as np
import pooch  # type: ignore[import-untyped]

from golden.data.datasets import load
from golden.data.images import IDX_FILES
from golden.data.sequences import SPOKEN_FILE, require_published
from golden.data.spoken import read_archive
from golden.spec.errors import UserError, nearest
from golden.system.writing import written_file

# Where the published files are, and the md5 that their publishers state for the gzipped idx files. What counts is the
# sha256 of the contents, which golden/data/images.py and golden/data/sequences.py check.
MIRRORS = {
    "mnist": "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "fashion-mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
    "fsdd": "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/",
}
IDX_MD5 = {
    "mnist": (
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion-mnist": (
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
}
SPOKEN_ARCHIVE = "26eb9aaf76e81b692f806f9140c2d2777410d7a1.zip"  # GitHub states no checksum of its archives


def fetch(name: str, folder: Path | str) -> Path:
    """Fetch what data set ``name`` needs into a subfolder of ``folder``, and return the subfolder.

    Files that are there and right are kept. :func:`golden.data.datasets.load` finds the data set with the same
    ``folder``.

    Parameters
    ----------
    name
        A data set of :func:`golden.data.datasets.load`; those of one family (``mnist-14``, ``mnist-rows``) share files.
    folder
        Made if missing.

    Raises
    ------
    UserError
        If nothing need be fetched for this name, or a file cannot be fetched or is not the published one.
    """
    family = next((family for family in ("fashion-mnist", "mnist", "fsdd") if name.startswith(family)), None)
    if family is None:
        raise UserError(
            f"data set {name!r} has no files to fetch; choose one of {', '.join(MIRRORS)}{nearest(name, MIRRORS)}"
        )
    place = Path(folder) / family
    place.mkdir(parents=True, exist_ok=True)
    if family == "fsdd":
        _fetch_spoken(place)
    else:
        for file, checksum in zip(IDX_FILES, IDX_MD5[family], strict=True):
            if not (place / file).is_file():
                _retrieve(MIRRORS[family] + f"{file}.gz", f"md5:{checksum}", place)
    load(family, folder)
    return place


def _fetch_spoken(place: Path) -> None:
    """Turn the archive of recordings into the file of frames."""
    target = place / SPOKEN_FILE
    if target.is_file():
        return
    archive = _retrieve(MIRRORS["fsdd"] + SPOKEN_ARCHIVE, None, place)
    clips = read_archive(archive)
    require_published(clips, archive)
    with written_file(target) as new, new.open("wb") as file:
        np.savez_compressed(file, **clips._asdict())
    archive.unlink()


def _retrieve(url: str, checksum: str | None, place: Path) -> Path:
    try:
        local = _copy if url.startswith("file:") else None
        return Path(pooch.retrieve(url, checksum, url.rpartition("/")[2], place, downloader=local))
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{url} cannot be fetched into {place} ({reason}); put the file there by hand") from error


def _copy(url: str, output_file: str, _: pooch.Pooch) -> None:
    """Download from a local mirror, which pooch does not know."""
    shutil.copyfile(url2pathname(urlsplit(url).path), output_file)
