"""Small samples of every kind, and how tests write them to files."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

DRAW = np.random.default_rng(5)
COUNT = 12
FEATURES = DRAW.integers(0, 200, (COUNT, 4)).astype(np.uint8)
LABELS = np.arange(COUNT) % 3 + 1  # classes 1, 2, 3
SERIES = [np.round(DRAW.normal(0, 1, (length, 2)), 3) for length in (5, 3, 7, 4) * 3]
EVENTS = [
    sorted((int(t), int(c)) for t, c in zip(DRAW.integers(0, 90, 9), DRAW.integers(0, 5, 9), strict=True))
    for _ in range(COUNT)
]
PIXELS = [[(t, c, 4 - c, t % 2) for t, c in sample] for sample in EVENTS]  # t, x, y, p


def offsets(samples: list) -> np.ndarray:
    return np.cumsum([0, *map(len, samples)])


def rows(samples: list) -> np.ndarray:
    return np.concatenate([np.array(sample) for sample in samples])


def idx(array: np.ndarray) -> bytes:
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    head = bytes((0, 0, code, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def savez(path: Path, **arrays: object) -> None:
    np.savez(path, **{name: np.asarray(array) for name, array in arrays.items()})


def lines(path: Path, *texts: str) -> None:
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
