"""Time series in ``.ts`` files."""

from __future__ import annotations

from pathlib import Path

from golden.spec.data import Data
from tests.fuzz.own import read_as

WAYS = (Data("own.ts", encoder="thresholds"), Data("own.ts", encoder="crossings"), Data("own.ts", missing="fill"))


def read(content: bytes, folder: Path) -> None:
    """Read them with each encoder."""
    read_as(content, folder, *WAYS)
