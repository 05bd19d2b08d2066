"""Arrays from outside the process: npz archives whose headers are compared with what is expected before data is read.

NumPy's own reader allocates what a header claims. Here nothing is read or unpacked beyond what the expected shapes and
types amount to, and headers are matched, not evaluated.
"""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from golden.system.interruption import undisturbed

# What zipfile raises on archives that are damaged, encrypted, or packed in a way it does not know.
ARCHIVE_ERRORS = (OSError, EOFError, KeyError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)

_MAGIC = b"\x93NUMPY\x01\x00"  # version 1.0, which is what NumPy writes for arrays of numbers
_HEADER = re.compile(
    rb"\{'descr': '([^']{2,8})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,18}(?:, \d{1,18})*,?)?)\), \} *\n"
)
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ROOM = 1 << 14  # bytes of an archive around the data of an array


@dataclass(frozen=True)
class Expected:
    """What an array must be.

    Parameters
    ----------
    dtype
        Its type, byte order included.
    shape
        Its shape; None for a length that may be anything.
    most
        Values that it may have; by default as many as the shape says.
    """

    dtype: np.dtype[Any]
    shape: tuple[int | None, ...]
    most: int = 0

    @classmethod
    def like(cls, array: NDArray[Any]) -> Self:
        """An array of the same type and shape."""
        return cls(array.dtype, array.shape)

    @property
    def bytes(self) -> int:
        """Bytes that it may take."""
        return (self.most or math.prod(length or 0 for length in self.shape)) * self.dtype.itemsize

    def __str__(self) -> str:
        return f"{self.dtype} ({', '.join('?' if length is None else str(length) for length in self.shape)})"


def most_bytes(expected: Mapping[str, Expected]) -> int:
    """Bytes that an archive of such arrays may have, packed or not."""
    return sum(array.bytes + _ROOM for array in expected.values()) + _ROOM


def read_arrays(content: bytes, expected: Mapping[str, Expected], *, others: bool = False) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz archive, as ``numpy.savez`` and ``numpy.savez_compressed`` write it.

    Parameters
    ----------
    content
        The archive.
    expected
        What each array must be, by name.
    others
        Whether the archive may hold others, which are left alone.

    Raises
    ------
    ValueError
        With a few words, if the archive is damaged or holds anything but the expected arrays.
    """
    try:
        return undisturbed(partial(_read, content, expected, others=others))
    except ARCHIVE_ERRORS as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _read(content: bytes, expected: Mapping[str, Expected], *, others: bool) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        for name in sorted(expected.keys() - members.keys()):
            raise ValueError(f"it has no array {name!r}")
        for name in sorted(members.keys() - expected.keys()):
            if not others:
                raise ValueError(f"it holds {name!r} besides")
        return {name: _member(archive, members[name], name, array) for name, array in expected.items()}


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, expected: Expected) -> NDArray[Any]:
    if info.compress_type not in _METHODS:
        raise ValueError(f"array {name!r} is packed in an unknown way")
    with archive.open(info) as member:
        start = member.read(len(_MAGIC) + 2)
        length = int.from_bytes(start[-2:], "little")
        found = _HEADER.fullmatch(member.read(length))
        if len(start) != len(_MAGIC) + 2 or not start.startswith(_MAGIC) or found is None:
            raise ValueError(f"array {name!r} has no header that is understood")
        descr, fortran, lengths = found.groups()
        shape = tuple(map(int, re.findall(rb"\d+", lengths)))
        fits = len(shape) == len(expected.shape) and all(
            want in (None, got) for want, got in zip(expected.shape, shape, strict=True)
        )
        size = math.prod(shape) * expected.dtype.itemsize
        if descr.decode("ascii", "replace") != expected.dtype.str or not fits or size > expected.bytes:
            raise ValueError(f"array {name!r} is {descr.decode('ascii', 'replace')} {shape}, not {expected}")
        if fortran == b"True":
            raise ValueError(f"array {name!r} is stored column by column")
        if info.file_size != len(start) + length + size:
            raise ValueError(f"array {name!r} has not the {size:,} bytes of its header")
        data = member.read(size)
        if len(data) != size or member.read(1):  # reading to the end checks the checksum
            raise ValueError(f"array {name!r} has not the {size:,} bytes of its header")
    array: NDArray[Any] = np.frombuffer(bytearray(data), dtype=expected.dtype).reshape(shape)
    return array
