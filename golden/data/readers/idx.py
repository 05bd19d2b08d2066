"""Arrays in the idx format of MNIST, gzipped or not."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.data.readers.content import EXPANSION, LIMIT, content, require_file
from golden.spec.errors import UserError

_TYPES = {8: ">u1", 9: ">i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(path: Path) -> NDArray[Any]:
    """Return the array of an idx file: two zeros, type, number of axes, big-endian sizes, values.

    Raises
    ------
    UserError
        If it is not one, or its size is not what its header promises.
    """
    size = require_file(path)
    head = content(path, 4)
    if len(head) < 4 or head[:2] != b"\0\0" or head[2] not in _TYPES or not 1 <= head[3] <= 8:
        raise UserError(f"{path} does not start like an idx file; is it one?")
    dtype, start = np.dtype(_TYPES[head[2]]), 4 + 4 * head[3]
    sizes = content(path, start)[4:]
    if len(sizes) < 4 * head[3]:
        raise UserError(f"{path} ends within its header; copy it again")
    shape = tuple(int.from_bytes(sizes[at : at + 4], "big") for at in range(0, len(sizes), 4))
    expected = start + math.prod(shape) * dtype.itemsize
    most = min(LIMIT, EXPANSION * size) if path.suffix.lower() == ".gz" else size
    raw = content(path, expected + 1) if expected <= most else b""
    if len(raw) != expected:
        held = f"{len(raw)} or more" if len(raw) > expected else str(len(raw)) if raw else f"at most {most}"
        raise UserError(f"{path} has {held} bytes where its header promises {expected}; copy it again")
    try:
        return np.frombuffer(raw, dtype=dtype, offset=start).reshape(shape)
    except ValueError as error:  # of no bytes, and yet too large
        raise UserError(f"{path} has a shape that no array has ({error}); save it again") from error
