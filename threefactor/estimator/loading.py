"""A classifier out of a folder."""

from __future__ import annotations

from pathlib import Path

from golden.system.reading import DamagedError
from threefactor.estimator.classifier import SpikingClassifier
from threefactor.estimator.folder import DESCRIPTION, REMEDY, read_contents


def load(folder: Path | str) -> SpikingClassifier:
    """Return the classifier that :meth:`SpikingClassifier.save` wrote, or that ``threefactor train --out`` trained.

    Of the latter, the classes are those of the files, as integers if all are whole numbers; of a data set by name,
    samples are levels or spikes as the network takes them, and classes count from 0.

    Raises
    ------
    UserError
        If the folder holds none, or it is damaged.
    """
    contents = read_contents(Path(folder))
    strange = set(contents.parameters) - set(SpikingClassifier().get_params())
    if strange:
        raise DamagedError(Path(folder) / DESCRIPTION, f"there is no parameter {min(strange)!r}", REMEDY)
    return SpikingClassifier._of(contents)
