"""What changes about the inputs of a network in use: wires swapped, a camera turned, sensors gone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.spec.generator import Generator, Purpose

Samples = NDArray[Any]  # levels or events

TURNS = {30: (14189, 8192), 180: (-16384, 0)}  # degrees: cosine and sine in units of 2^-14
_UNIT = 14


def permuted(samples: Samples, seed: int) -> Samples:
    """Return the samples with their inputs in another order, always the same one.

    Parameters
    ----------
    samples
        Shape (..., inputs).
    seed
        Input i takes what was of input order[i]: the indices shuffled by ``Generator(seed, Purpose.PERMUTATION)``.
    """
    order = list(range(samples.shape[-1]))
    Generator(seed, Purpose.PERMUTATION).shuffle(order)
    return np.ascontiguousarray(samples[..., order])


def turned(images: Samples, degrees: int) -> Samples:
    """Return square images turned counter-clockwise about their middle; what comes in from outside is 0.

    Parameters
    ----------
    images
        Shape (n, side^2).
    degrees
        One of ``TURNS``.

    Notes
    -----
    Integers only. In coordinates that count half pixels from the middle, u = 2 x - (side - 1) to the right and v
    likewise downwards, the pixel at (u, v) takes the one nearest to (u c - v s, u s + v c), c and s being cosine and
    sine in units of 2^-14: column floor((u c - v s + (side 2^14)) / 2^15), row likewise.
    """
    side = math.isqrt(images.shape[-1])
    cosine, sine = TURNS[degrees]
    middle = 2 * np.arange(side) - (side - 1)
    v, u = np.meshgrid(middle, middle, indexing="ij")
    x = u * cosine - v * sine + (side << _UNIT) >> _UNIT + 1
    y = u * sine + v * cosine + (side << _UNIT) >> _UNIT + 1
    inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    source = np.where(inside, np.clip(y, 0, side - 1) * side + np.clip(x, 0, side - 1), 0).ravel()
    return np.where(inside.ravel(), images[:, source], 0).astype(images.dtype)


def dead_inputs(inputs: int, *, image: bool) -> NDArray[np.int64]:
    """Inputs of dead sensors: the two middle columns of a square image, or the middle eighth of all inputs.

    Columns floor(side / 2) - 1 and floor(side / 2); inputs floor(7 n / 16) .. floor(9 n / 16) - 1.
    """
    if not image:
        return np.arange(7 * inputs // 16, 9 * inputs // 16)
    side = math.isqrt(inputs)
    return np.flatnonzero(np.isin(np.arange(inputs) % side, (side // 2 - 1, side // 2)))


def without(samples: Samples, dead: NDArray[np.int64]) -> Samples:
    """Return the samples with these inputs stuck at 0."""
    changed = samples.copy()
    changed[..., dead] = 0
    return changed
