"""Tables in text: features, series, and lists of events in :mod:`tests.fuzz.targets.events`."""

from __future__ import annotations

from pathlib import Path

from golden.spec.data import Data
from tests.fuzz.own import read_as

WAYS = (
    Data("own.csv"),
    Data("own.csv", missing="fill"),
    Data("own.csv", label="0", encoder="thresholds"),
    Data("own.csv", encoder="thresholds", sample="0"),
)


def read(content: bytes, folder: Path) -> None:
    """Read it as each."""
    read_as(content, folder, *WAYS)
