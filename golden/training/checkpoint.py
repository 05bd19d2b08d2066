"""Checkpoints: the state between two epochs and how it came about, in a directory that is never half written."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.state import State
from golden.system.writing import present, written_folder

FORMAT_VERSION = 2
STATE_FILE, DESCRIPTION_FILE = "state.npz", "checkpoint.json"


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
        Metrics of each epoch, as plain JSON objects.
    """

    preset: str
    seed: int
    dataset: str
    epoch: int
    samples_seen: int
    shifts: tuple[int, int]
    recipe: dict[str, Any]
    history: tuple[dict[str, Any], ...] = field(default=())


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
        np.savez(new / STATE_FILE, **_named(state))
        description = {
            "format": FORMAT_VERSION,
            "network_digest": network.digest,
            "state_digest": f"{state.digest():016x}",
            "state_sha256": _sha256(new / STATE_FILE),
            "progress": asdict(progress),
        }
        (new / DESCRIPTION_FILE).write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")


def exists(folder: Path) -> bool:
    """Whether there is a checkpoint, complete or not, at ``folder``."""
    return present(folder).is_dir()


def load(folder: Path, network: Network) -> tuple[State, Progress]:
    """Return the state and the progress of the checkpoint ``folder``.

    Raises
    ------
    UserError
        If it is missing, damaged, of another format version, or belongs to another network.
    """
    description, progress = _read_description(folder)
    trained = description["network_digest"]
    if trained != network.digest:
        raise UserError(
            f"checkpoint {folder} belongs to network {trained}, not {network.digest}; use preset "
            f"{progress.preset!r} with seed {progress.seed} as it was"
        )
    try:
        content = (present(folder) / STATE_FILE).read_bytes()
        if hashlib.sha256(content).hexdigest() != description["state_sha256"]:
            raise _damaged(folder, f"the checksum of {STATE_FILE} differs")
        state = _state_from(content, network)
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(folder, f"{STATE_FILE} cannot be read") from error
    if f"{state.digest():016x}" != description["state_digest"]:
        raise _damaged(folder, "the digest of the state differs")
    return state, progress


def read_progress(folder: Path) -> Progress:
    """Return the progress alone, to learn which preset and seed a checkpoint needs; raises as :func:`load`."""
    return _read_description(folder)[1]


def _read_description(folder: Path) -> tuple[dict[str, Any], Progress]:
    place = present(folder)
    if not place.is_dir():
        raise UserError(f"there is no checkpoint at {folder}; train first or name another folder")
    try:
        description = json.loads((place / DESCRIPTION_FILE).read_text(encoding="utf-8"))
        version = description["format"]
        if version != FORMAT_VERSION:
            raise UserError(
                f"checkpoint {folder} has format {version}, but this version reads {FORMAT_VERSION}; train again"
            )
        fields = description["progress"]
        progress = Progress(
            **{**fields, "shifts": tuple(fields["shifts"]), "history": tuple(dict(m) for m in fields["history"])}
        )
        for key in ("network_digest", "state_digest", "state_sha256"):
            if not isinstance(description[key], str):
                raise TypeError(key)
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, UserError):
            raise
        raise _damaged(folder, f"{DESCRIPTION_FILE} cannot be read") from error
    return description, progress


def _named(state: State) -> dict[str, Any]:
    layers = range(len(state.weights))
    return {
        **{f"weights_{k}": state.weights[k] for k in layers},
        **{f"thresholds_{k}": state.thresholds[k] for k in layers},
        "readout": state.readout,
        "generators": state.generators,
    }


def _state_from(content: bytes, network: Network) -> State:
    """State with the shapes and types of ``network``, or ValueError or KeyError."""
    template = State.initial(network)
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        for name, expected in _named(template).items():
            stored = arrays[name]
            if stored.shape != expected.shape or stored.dtype != expected.dtype:
                raise ValueError(name)
            expected[...] = stored
    return template


def _damaged(folder: Path, reason: str) -> UserError:
    return UserError(f"checkpoint {folder} is damaged: {reason}; restore a copy or train again")


def _only_checkpoint(folder: Path) -> bool:
    return folder.is_dir() and {path.name for path in folder.iterdir()} <= {STATE_FILE, DESCRIPTION_FILE}


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
