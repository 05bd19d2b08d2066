"""Bytes and text of files, never more than they may hold."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from golden.spec.errors import UserError

LIMIT = 1 << 32  # bytes of one array or file
_PIECE = 1 << 20
EXPANSION = 1032  # deflate never yields more bytes a byte


def require_file(path: Path) -> int:
    """Return the size of a file in bytes, or raise UserError if there is none."""
    if not path.is_file():
        what = "is a folder, not a file" if path.is_dir() else "does not exist"
        raise UserError(f"{path} {what}; name a file of samples")
    return path.stat().st_size


def content(path: Path, limit: int = LIMIT) -> bytes:
    """Return up to ``limit`` bytes of a file, uncompressed if it ends in ``.gz``.

    Raises
    ------
    UserError
        If it cannot be read or is damaged.
    """
    require_file(path)
    try:
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as stream:
                return b"".join(_pieces(stream, limit))
        with path.open("rb") as file:
            return b"".join(_pieces(file, limit))
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read ({error}); save or copy it again") from error


def _pieces(stream: IO[bytes] | gzip.GzipFile, limit: int) -> Iterator[bytes]:
    """Yield up to ``limit`` bytes; asked for all at once, Python takes memory for the limit, however small the file."""
    while limit > 0 and (piece := stream.read(min(limit, _PIECE))):
        yield piece
        limit -= len(piece)


def text(path: Path) -> str:
    """Return the text of a file in UTF-8, up to 1 GiB; raises as :func:`content`."""
    raw = content(path, (LIMIT >> 2) + 1)
    if len(raw) > LIMIT >> 2:
        raise UserError(f"{path} is a text of more than 1 GiB; save it as .npz")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}, line {line} is not text in UTF-8; save it in this encoding") from error


def stem(path: Path) -> str:
    """Name of a file in lower case, without ``.gz``."""
    return path.name.lower().removesuffix(".gz")
