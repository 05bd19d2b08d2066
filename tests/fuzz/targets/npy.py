"""Samples and labels in ``.npy`` files: the content is that of either."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from golden.data.readers.arrays import read_pair
from golden.spec.data import Data
from golden.spec.errors import UserError


def _npy(array: object) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.asarray(array))
    return buffer.getvalue()


SAMPLES, LABELS = _npy([[1.0, 2.0], [3.0, 4.0]]), _npy([0, 1])


def read(content: bytes, folder: Path) -> None:
    """Read it as samples beside good labels, and as labels beside good samples."""
    (folder / "x.npy").write_bytes(SAMPLES)
    (folder / "y.npy").write_bytes(LABELS)
    (folder / "own.npy").write_bytes(content)
    data = Data("own.npy", train_labels="y.npy")
    refusals = []
    for pair in (("own.npy", "y.npy"), ("x.npy", "own.npy")):
        try:
            read_pair(folder / pair[0], folder / pair[1], data)
        except UserError as error:
            refusals.append(error)
    if len(refusals) == 2:
        raise refusals[0]
