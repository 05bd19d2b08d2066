"""Where a preset's samples come from: a data set by name, or somebody's own files."""

from __future__ import annotations

from pathlib import Path

from golden.data import datasets
from golden.data.datasets import Dataset
from golden.data.files import Kept, load_own
from golden.spec.data import Data


def load(source: str | Data, folder: Path | None = None, kept: Kept | None = None) -> Dataset:
    """Return the samples that :attr:`golden.spec.config.Preset.dataset` names.

    Parameters
    ----------
    source
        Name of a data set, or files of somebody's own.
    folder
        Where the files of a named data set are; see :func:`golden.data.datasets.load`.
    kept
        Encoder and classes of own files, as a training has kept them.

    Raises
    ------
    UserError
        As :func:`golden.data.datasets.load` and :func:`golden.data.files.load_own`.
    """
    return load_own(source, Path(), kept) if isinstance(source, Data) else datasets.load(source, folder)
