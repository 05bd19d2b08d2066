"""A classifier in a folder: the checkpoint of a training run, and beside it what only a classifier has."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from golden.data.encoders.choice import from_document
from golden.data.encoders.interface import Encoder
from golden.data.encoders.levels import LevelEncoder
from golden.data.encoders.series import SpikeEncoder
from golden.data.labels import number
from golden.spec.config import Network, Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.state import State
from golden.system.documents import Count, read_document
from golden.system.reading import DamagedError
from golden.system.writing import write_json
from golden.training import checkpoint
from golden.training.checkpoint import Progress
from golden.training.train import CHECKPOINT
from threefactor.estimator.labels import Labels
from threefactor.estimator.preparation import require_classes
from threefactor.runs import opened

DESCRIPTION = "classifier.json"
REMEDY = "remove it and load the checkpoint alone, or save the classifier again"


@dataclass(frozen=True)
class Described:
    """Schema of the description.

    Attributes
    ----------
    parameters
        Of the constructor, without those that are not plain values.
    classes, dtype
        Classes as they were given, and their NumPy type.
    feature_names
        Columns of the data frame that was fitted, if it was one.
    """

    format: Count
    parameters: dict[str, Any]
    classes: list[int | float | bool | str]
    dtype: str
    feature_names: list[str] | None = None


@dataclass(frozen=True)
class Contents:
    """What makes a fitted classifier.

    Attributes
    ----------
    preset, encoder, classes, state, progress
        As the attributes of :class:`threefactor.SpikingClassifier`.
    parameters
        Of its constructor, as far as they are known.
    feature_names
        Columns of a data frame, or None.
    """

    preset: Preset
    encoder: Encoder
    classes: Labels
    state: State
    progress: Progress
    parameters: dict[str, Any]
    feature_names: list[str] | None


def write_contents(folder: Path, contents: Contents) -> None:
    """Write a classifier into a folder, as ``threefactor train --out`` writes a run.

    Raises
    ------
    UserError
        If the folder's checkpoint holds other files, or it cannot be written.
    """
    parameters = {name: str(value) if isinstance(value, Path) else value for name, value in contents.parameters.items()}
    plain = (type(None), bool, int, float, str, dict)
    description = Described(
        format=1,
        parameters={name: value for name, value in parameters.items() if isinstance(value, plain)},
        classes=contents.classes.tolist(),
        dtype=contents.classes.dtype.str,
        feature_names=contents.feature_names,
    )
    checkpoint.save(folder / CHECKPOINT, contents.preset.network, contents.state, contents.progress)
    write_json(folder / DESCRIPTION, asdict(description))


def read_contents(folder: Path) -> Contents:
    """Read a classifier from a folder that it, or ``threefactor train --out``, was written to.

    Raises
    ------
    UserError
        If there is none, it is damaged, or an old checkpoint does not hold the encoder of its data.
    """
    preset, state, progress = opened(folder)
    encoder = _encoder(folder, preset, progress)
    described = None
    if (folder / DESCRIPTION).exists():
        described = read_document(folder / DESCRIPTION, Described, REMEDY)
    if described is not None:
        try:
            classes = np.array(described.classes, dtype=np.dtype(described.dtype))
        except (TypeError, ValueError) as error:
            raise DamagedError(folder / DESCRIPTION, str(error), REMEDY) from error
    elif progress.class_names is None:
        classes = np.arange(preset.network.classes)
    else:
        values = [number(name) for name in progress.class_names]
        classes = np.array(progress.class_names if None in values else values)
    require_classes(preset, len(classes))
    return Contents(
        preset=preset,
        encoder=encoder,
        classes=classes,
        state=state,
        progress=progress,
        parameters={"preset": preset} | ({} if described is None else described.parameters),
        feature_names=None if described is None else described.feature_names,
    )


def _encoder(folder: Path, preset: Preset, progress: Progress) -> Encoder:
    """The encoder of a checkpoint; data sets by name hold levels or spikes as they are."""
    if progress.encoder is not None:
        return from_document(progress.encoder)
    if isinstance(preset.dataset, Data):
        raise UserError(f"the checkpoint in {folder} does not hold the encoder of its data; train it again")
    network: Network = preset.network
    if network.encoder == "levels":
        return LevelEncoder(network.inputs, network.signed_input)
    return SpikeEncoder(network.inputs, network.steps)
