"""Arrays in ``.npy`` and ``.npz`` files; nothing is unpickled, and nothing allocated that the file cannot hold."""

from __future__ import annotations

import io
import math
import tokenize
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from golden.data.readers.content import EXPANSION, LIMIT, content, require_file
from golden.spec.errors import UserError
from golden.system.arrays import ARCHIVE_ERRORS

_HEADER = 1 << 14  # bytes; NumPy reads headers of up to 10,000
_HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


def read_npy(path: Path) -> NDArray[Any]:
    """Return the array of an ``.npy`` file, gzipped or not.

    Raises
    ------
    UserError
        If it is none, holds objects, or has another size than its header promises.
    """
    size = require_file(path)
    if path.suffix.lower() == ".gz":
        raw = content(path)
        return _array(io.BytesIO(raw), len(raw), str(path))
    try:
        with path.open("rb") as stream:
            return _array(stream, size, str(path))
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error}); save or copy it again") from error


def read_npz(path: Path, wanted: Callable[[str], bool]) -> tuple[dict[str, NDArray[Any]], list[str]]:
    """Return the wanted arrays of an ``.npz`` file by name, and the names of all; raises as :func:`read_npy`."""
    require_file(path)
    arrays: dict[str, NDArray[Any]] = {}
    names = []
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                names.append(name)
                if name == member.filename or not wanted(name):
                    continue
                source = f"{path}, array {name}"
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise UserError(f"{source} is packed as NumPy never does; save it again with numpy.savez")
                if member.file_size > EXPANSION * (member.compress_size + 64):
                    raise UserError(f"{source} promises {member.file_size} bytes, more than it can hold; save it again")
                with archive.open(member) as stream:
                    arrays[name] = _array(stream, member.file_size, source)
    except UserError:
        raise
    except ARCHIVE_ERRORS as error:
        raise UserError(f"{path} cannot be read ({error}); save it again with numpy.savez") from error
    return arrays, names


def _array(stream: IO[bytes], size: int, source: str) -> NDArray[Any]:
    """Array in a stream of ``size`` bytes, whose header is checked before the rest is read."""
    head = stream.read(_HEADER)
    opening = io.BytesIO(head)
    try:
        version = np.lib.format.read_magic(opening)
        if version not in _HEADERS:
            raise UserError(f"{source} is in npy format {version[0]}.{version[1]}; name its fields in plain letters")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # files of Python 2 are read like any other
            shape, columns_first, dtype = _HEADERS[version](opening)
    except UserError:
        raise
    except (ValueError, EOFError, SyntaxError, TypeError, tokenize.TokenError, RecursionError, MemoryError) as error:
        reason = next(iter(str(error).splitlines()), "its header is nested too deeply")[:200]
        raise UserError(f"{source} does not start like an array of NumPy ({reason}); save it again") from error
    if dtype.hasobject:
        raise UserError(
            f"{source} holds Python objects, which only pickle reads and which may run anything; save numbers "
            "(samples of unequal length one after the other, with an array of offsets)"
        )
    start = opening.tell()
    expected, held = math.prod(shape) * dtype.itemsize, size - start
    if expected != held or min(shape, default=0) < 0 or not dtype.itemsize:
        raise UserError(f"{source} promises {expected} bytes and has {held}; save it again")
    if expected > LIMIT:
        raise UserError(f"{source} has {expected} bytes, and at most 4 GiB are read; use fewer or smaller samples")
    raw = head[start:] + stream.read(max(0, size - len(head)))
    if len(raw) != expected:
        raise UserError(f"{source} promises {expected} bytes and has {len(raw)}; save it again")
    try:
        return np.frombuffer(raw, dtype=dtype).reshape(shape, order="F" if columns_first else "C")
    except ValueError as error:  # of no bytes, and yet too large
        raise UserError(f"{source} has a shape that no array has ({error}); save it again") from error
