"""Writes a drafted preset to a file that explains itself, with its data files named relative to it."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.spec.commented import commented
from golden.spec.config import Preset
from golden.spec.data import FILES, Data
from golden.spec.errors import UserError
from golden.spec.presetfile import SUFFIX
from golden.system.writing import write_text


def require_free(path: Path, *, force: bool) -> None:
    """Raise UserError if a preset cannot be written there: another suffix, or a file that is not to be replaced."""
    if path.suffix != SUFFIX:
        raise UserError(f"{path} is no name for a preset; let it end in {SUFFIX}")
    if path.exists() and not force:
        raise UserError(f"{path} exists; choose another name, or replace it with --force")


def beside(path: Path, file: Path) -> str:
    """How a preset in ``path`` names a data file: an absolute name stays, another one becomes relative to ``path``."""
    return str(file) if file.is_absolute() else os.path.relpath(file.resolve(), path.parent.resolve())


def located(path: Path, data: Data) -> Data:
    """Data with the names of its files as the reader of a preset in ``path`` completes them."""
    names: dict[str, Any] = {
        name: str(path.absolute().parent / file) for name in FILES if (file := getattr(data, name))
    }
    return replace(data, **names)


def write_draft(path: Path, preset: Preset, data: Data) -> None:
    """Write a preset, naming files as ``data`` does; :func:`golden.spec.presetfile.read_preset` gives it back.

    Parameters
    ----------
    path
        Of the preset file.
    preset
        Its data set is :func:`located` ``data``.
    data
        With file names relative to ``path``.
    """
    write_text(path, commented(replace(preset, dataset=data)))
