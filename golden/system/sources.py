"""Digests of source files, for results that are kept: a result counts only for the code that made it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

_GOLDEN = Path(__file__).parents[1]
_NO_RESULT = {"cycles", "system"}  # rooms of golden that no digest and no accuracy depends on


def source_digest(files: Iterable[Path]) -> str:
    """SHA-256 of files in the order of their paths: of name and content of each, 64 hex digits."""
    digest = hashlib.sha256()
    for file in sorted(files):
        for part in (file.name.encode(), file.read_bytes()):
            digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


def model_files() -> list[Path]:
    """Sources that a training depends on: spec, rule, engine, data and training. Timing and files are not."""
    found = _GOLDEN.rglob("*.py")
    return [file for file in found if file.relative_to(_GOLDEN).parts[0] not in _NO_RESULT]


@cache
def model_digest() -> str:
    """:func:`source_digest` of :func:`model_files`, as they were when this was first asked for."""
    return source_digest(model_files())
