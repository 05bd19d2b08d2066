"""Samples in ``.npz`` files: features, series, events."""

from __future__ import annotations

from pathlib import Path

from golden.spec.data import Data
from tests.fuzz.own import read_as

WAYS = (Data("own.npz"), Data("own.npz", encoder="thresholds"), Data("own.npz", encoder="time-bins", steps=10))


def read(content: bytes, folder: Path) -> None:
    """Read it as each."""
    read_as(content, folder, *WAYS)
