"""The preset file that a search writes: what won, with file names that are right where it lies."""

from __future__ import annotations

import hashlib
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from golden.spec.config import Preset
from golden.spec.data import FILES, Data
from golden.spec.errors import UserError
from golden.spec.presetfile import written
from golden.system.writing import require_writable, write_text
from threefactor.tuning.store import Store


def require_free(path: Path, store: Store) -> None:
    """Raise UserError if a file is there that the search of this store has not written, or one cannot be written."""
    if path.exists() and _digest(path) != store.written().get(str(path.absolute())):
        raise UserError(
            f"{path} is not what this search wrote; name another file with -o, or overwrite it with --force"
        )
    require_writable(path, "preset file")


def write_preset(path: Path, preset: Preset, remarks: list[str], store: Store) -> None:
    """Write a preset file that begins with remarks, and remember that it is of this search.

    Names of data files become relative to the folder of the file.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    comment = "".join(f"# {remark}\n" for remark in remarks)
    write_text(path, comment + written(_relative(preset, path.absolute().parent)))
    store.keep_written(path.absolute(), _digest(path))


def _relative(preset: Preset, folder: Path) -> Preset:
    """The preset with file names relative to a folder, whatever links lead there."""
    dataset = preset.dataset
    if not isinstance(dataset, Data):
        return preset
    names = {name: getattr(dataset, name) for name in FILES}
    real = folder.resolve()
    files: dict[str, Any] = {name: os.path.relpath(Path(file).resolve(), real) for name, file in names.items() if file}
    return replace(preset, dataset=replace(dataset, **files))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
