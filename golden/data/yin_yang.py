"""The Yin-Yang task of Kriener, Göltz and Petrovici (NICE 2022): points of a plane, in three parts of the symbol.

It is small, and a network whose hidden layers do not learn fails at it, which is what it was made for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.images import Bytes, Parts

RADIUS, DOT_RADIUS = 0.5, 0.1  # of the symbol, and of its two dots
SIZES, SEEDS = (5000, 1000, 1000), (42, 41, 40)  # training, validation, test
PIECES = 8  # inputs that share the range of a coordinate
_LEVELS = 16  # of an input

Coordinates = NDArray[np.float64]


def class_of(x: float, y: float) -> int:
    """Part of the symbol that a point in it belongs to: 2 one of the dots, else one of the halves.

    Half 1 is the upper half of the disc without the disc of half the radius on the right, and with the one on the left.
    """
    right = float(np.hypot(x - 1.5 * RADIUS, y - RADIUS))
    left = float(np.hypot(x - 0.5 * RADIUS, y - RADIUS))
    if right < DOT_RADIUS or left < DOT_RADIUS:
        return 2
    return int(left <= 0.5 * RADIUS or (y > RADIUS and right > 0.5 * RADIUS))


def points(count: int, seed: int) -> tuple[Coordinates, Bytes]:
    """The published points: coordinates in 0..1, shape (n, 2), and their classes, shape (n,).

    For each point a class is drawn, then points of the square until one lies in the symbol and has that class; all by
    NumPy's MT19937 in its old form, whose stream NumPy keeps for good.
    """
    draws = np.random.RandomState(seed)
    found = np.empty((count, 2))
    classes = np.empty(count, dtype=np.uint8)
    for index in range(count):
        wanted = draws.randint(3)
        while True:
            x, y = 2 * RADIUS * draws.rand(2)
            if np.hypot(x - RADIUS, y - RADIUS) <= RADIUS and class_of(x, y) == wanted:
                break
        found[index], classes[index] = (x, y), wanted
    return found, classes


def levels_of(coordinates: Coordinates, pieces: int = PIECES) -> Bytes:
    """Levels of points, shape (n, 4 pieces), from coordinates in 0..1, shape (n, 2).

    x, y, 1 - x and 1 - y each have ``pieces`` inputs, that fill one after the other: with v a coordinate, input i has
    the level min(15, max(0, floor(16 pieces v) - 16 i)).
    """
    mirrored = np.concatenate((coordinates, 1 - coordinates), axis=1)
    filled = np.floor(_LEVELS * pieces * mirrored).astype(np.int64)[:, :, None] - _LEVELS * np.arange(pieces)
    levels: Bytes = np.clip(filled, 0, _LEVELS - 1).astype(np.uint8).reshape(len(coordinates), -1)
    return levels


def load_yin_yang(folder: Path | None = None) -> Parts:
    """Levels and classes of the 5,000 training and the 1,000 test points; needs no files."""
    (training, classes), (test, test_classes) = points(SIZES[0], SEEDS[0]), points(SIZES[2], SEEDS[2])
    return levels_of(training), classes, levels_of(test), test_classes
