"""Arrays in idx files."""

from __future__ import annotations

from pathlib import Path

from golden.data.readers.idx import read_idx


def read(content: bytes, folder: Path) -> None:
    """Read an idx file, packed if it begins so."""
    place = folder / ("own.idx.gz" if content.startswith(b"\x1f\x8b") else "own.idx")
    place.write_bytes(content)
    read_idx(place)
