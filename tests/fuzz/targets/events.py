"""Lists of events in text."""

from __future__ import annotations

from pathlib import Path

from golden.spec.data import Data
from tests.fuzz.own import read_as

WAYS = (
    Data("own.csv", encoder="time-bins", steps=10),
    Data("own.csv", encoder="time-bins", steps=10, origin="first-event"),
)


def read(content: bytes, folder: Path) -> None:
    """Read them from the beginning, and from their first event."""
    read_as(content, folder, *WAYS)
