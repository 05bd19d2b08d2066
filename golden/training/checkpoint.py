"""Checkpoints: the state between two epochs and how it came about, in a directory that is never half written."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from golden.spec.config import SHIFT_LIMIT, Network
from golden.spec.errors import UserError
from golden.state import State
from golden.system.arrays import Expected, most_bytes, read_arrays
from golden.system.documents import MOST_BYTES, Count, Digest, Sha256, decoded, format_of
from golden.system.interruption import undisturbed
from golden.system.reading import DamagedError, read_bytes
from golden.system.sources import model_digest
from golden.system.writing import present, written_folder
from golden.training.metrics import EpochMetrics

FORMAT_VERSION = 2
STATE_FILE, DESCRIPTION_FILE = "state.npz", "checkpoint.json"
_REMEDY = "restore a copy or train again"

_Shift = Annotated[int, Meta(ge=1, le=SHIFT_LIMIT)]


@dataclass(frozen=True)
class Progress:
    """How far a training run has come.

    Attributes
    ----------
    preset, seed, dataset
        Name of the preset, seed of the network, name of the data set.
    epoch
        Complete epochs.
    samples_seen
        Training samples so far.
    shifts
        Layer and readout learning-rate shifts of the last epoch, before the first one those to come.
    recipe
        What the run learns with: :attr:`golden.spec.config.Training.recipe`.
    history
        Metrics of each epoch.
    data
        :attr:`golden.data.datasets.Dataset.digest`; None in older checkpoints.
    configuration
        The preset, as :func:`golden.spec.presetfile.written` writes it; None in older checkpoints.
    encoder
        Of somebody's own data: :meth:`golden.data.encoders.interface.Encoder.to_document` of the encoder as it was
        fitted; None of data sets by name, and in older checkpoints.
    class_names
        Of somebody's own data: :attr:`golden.data.files.OwnDataset.class_names`; else None.
    """

    preset: str
    seed: Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
    dataset: str
    epoch: Count
    samples_seen: Count
    shifts: tuple[_Shift, _Shift]
    recipe: dict[str, int | str | list[int]]
    history: tuple[EpochMetrics, ...] = ()
    data: Sha256 | None = None
    configuration: str | None = None
    encoder: dict[str, Any] | None = None
    class_names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class _Description:
    """Schema of the description; ``code`` is missing in what was written before there was one."""

    format: int
    network_digest: Digest
    state_digest: Digest
    state_sha256: Sha256
    progress: Progress
    code: Sha256 | None = None


def save(folder: Path, network: Network, state: State, progress: Progress) -> None:
    """Write the checkpoint ``folder``, replacing the one there.

    Whenever the process stops, :func:`load` finds the old checkpoint or the new one, see
    :func:`golden.system.writing.written_folder`.

    Raises
    ------
    UserError
        If ``folder`` exists and holds anything but a checkpoint, or cannot be written.
    """
    if folder.exists() and not _only_checkpoint(folder):
        raise UserError(f"{folder} holds files that are not a checkpoint; choose another folder")
    with written_folder(folder, "checkpoint") as new:
        # Packed in memory, so that no file is open longer than a call takes.
        packed = io.BytesIO()
        undisturbed(partial(np.savez, packed, **_named(state)))
        (new / STATE_FILE).write_bytes(packed.getbuffer())
        description = _Description(
            format=FORMAT_VERSION,
            network_digest=network.digest,
            state_digest=f"{state.digest():016x}",
            state_sha256=_sha256(new / STATE_FILE),
            progress=progress,
            code=model_digest(),
        )
        (new / DESCRIPTION_FILE).write_text(json.dumps(asdict(description), indent=1) + "\n", encoding="utf-8")


def exists(folder: Path) -> bool:
    """Whether there is a checkpoint, complete or not, at ``folder``."""
    place = present(folder)
    return any((place / file).exists() for file in (STATE_FILE, DESCRIPTION_FILE))


def load(folder: Path, network: Network) -> tuple[State, Progress]:
    """Return the state and the progress of the checkpoint ``folder``.

    Both are checked before they are used: the description against its schema, the arrays against the shapes, types and
    formats of ``network``, and all against the digests.

    Raises
    ------
    UserError
        If it is missing, damaged, of another format version, or belongs to another network.
    """
    description = _described(folder)
    trained, progress = description.network_digest, description.progress
    if trained != network.digest:
        raise UserError(
            f"checkpoint {folder} belongs to network {trained}, not {network.digest}; use preset "
            f"{progress.preset!r} with seed {progress.seed} as it was"
        )
    if any(len(metrics.firing_rates) not in (0, network.layers) for metrics in progress.history):
        raise _damaged(folder, f"its history is not of {network.layers} layers")
    state = State.initial(network)
    arrays = _named(state)
    expected = {name: Expected.like(array) for name, array in arrays.items()}
    try:
        content = read_bytes(present(folder) / STATE_FILE, most_bytes(expected), _REMEDY)
    except DamagedError as error:
        raise _damaged(folder, f"{STATE_FILE} cannot be read", error.reason) from error
    if hashlib.sha256(content).hexdigest() != description.state_sha256:
        raise _damaged(folder, f"the checksum of {STATE_FILE} differs")
    try:
        stored = read_arrays(content, expected)
    except ValueError as error:
        raise _damaged(folder, f"{STATE_FILE} cannot be read", str(error)) from error
    for name, array in arrays.items():
        array[...] = stored[name]
    try:
        state.require_legal(network)
    except UserError as error:
        raise _damaged(folder, str(error)) from error
    if f"{state.digest():016x}" != description.state_digest:
        raise _damaged(folder, "the digest of the state differs")
    return state, progress


def read_progress(folder: Path) -> Progress:
    """Return the progress alone, to learn which preset and seed a checkpoint needs; raises as :func:`load`."""
    return _described(folder).progress


def read_code(folder: Path) -> str | None:
    """Return :func:`golden.system.sources.model_digest` of the code that wrote a checkpoint; None in older ones."""
    return _described(folder).code


def _described(folder: Path) -> _Description:
    if not exists(folder):
        raise UserError(f"there is no checkpoint at {folder}; train first or name another folder")
    try:
        content = read_bytes(present(folder) / DESCRIPTION_FILE, MOST_BYTES, _REMEDY)
        version = format_of(content)
        if version == FORMAT_VERSION:
            return decoded(content, _Description)
    except ValueError as error:
        reason = error.reason if isinstance(error, DamagedError) else str(error)
        raise _damaged(folder, f"{DESCRIPTION_FILE} cannot be read", reason) from error
    raise UserError(f"checkpoint {folder} has format {version}, but this version reads {FORMAT_VERSION}; train again")


def _named(state: State) -> dict[str, Any]:
    layers = range(len(state.weights))
    arrays = {
        **{f"weights_{k}": state.weights[k] for k in layers},
        **{f"thresholds_{k}": state.thresholds[k] for k in layers},
        "readout": state.readout,
        "generators": state.generators,
        **({"readout_thresholds": state.readout_thresholds} if state.readout_thresholds.size else {}),
    }
    return {name: np.require(array, requirements="C") for name, array in arrays.items()}


def _damaged(folder: Path, what: str, reason: str = "") -> UserError:
    return UserError(f"checkpoint {folder} is damaged: {what}; {_REMEDY}{reason and f' ({reason})'}")


def _only_checkpoint(folder: Path) -> bool:
    return folder.is_dir() and {path.name for path in folder.iterdir()} <= {STATE_FILE, DESCRIPTION_FILE}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
