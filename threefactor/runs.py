"""Where a run starts: from a checkpoint that fits, or from the initial state."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from golden.data.datasets import Dataset
from golden.data.encoders.choice import from_document
from golden.data.files import Kept
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presetfile import preset_of
from golden.spec.presets import preset_named
from golden.state import State
from golden.training import checkpoint
from golden.training.checkpoint import Progress
from golden.training.train import CHECKPOINT
from threefactor.options import with_seed


def run_folder(out: Path | None, resume: Path | None) -> Path | None:
    """Folder that a training writes into, by its options --out and --resume; None if there is none."""
    if out is not None and resume is not None:
        raise UserError("--resume writes into the folder it names; leave --out away")
    return resume if resume is not None else out


def checkpoint_folder(folder: Path) -> Path:
    """Return the checkpoint in the folder of a training run, or the folder itself."""
    inside = folder / CHECKPOINT
    return inside if checkpoint.exists(inside) else folder


def opened(folder: Path, preset: Preset | None = None, seed: int | None = None) -> tuple[Preset, State, Progress]:
    """Read a checkpoint.

    Parameters
    ----------
    folder
        The checkpoint, or the folder of the training run that holds it.
    preset, seed
        What it should belong to; by default what it says itself.

    Returns
    -------
    tuple
        The preset with the seed and the data set of the run, the state and the progress.

    Raises
    ------
    UserError
        If it is missing or damaged or belongs to another network.
    """
    place = checkpoint_folder(folder)
    progress = checkpoint.read_progress(place)
    if preset is not None and preset.name != progress.preset:
        raise UserError(f"checkpoint {folder} belongs to preset {progress.preset!r}, not {preset.name!r}")
    own = preset if preset is not None else _preset_of(progress, place)
    found = with_seed(own, progress.seed if seed is None else seed)
    state, progress = checkpoint.load(place, found.network)
    if progress.dataset != found.dataset_name:
        found = replace(found, dataset=progress.dataset)
    return found, state, progress


def data_of(preset: Preset, progress: Progress | None, folder: Path | None) -> Dataset:
    """Return the samples of a run, own ones by the encoder and in the classes that its checkpoint has kept.

    Parameters
    ----------
    preset, progress
        As :func:`opened` or :func:`start` returns them.
    folder
        Where the files of a named data set are.

    Raises
    ------
    UserError
        As :func:`golden.data.source.load`, and if the checkpoint holds no fitted encoder where it should.
    """
    kept = None
    if progress is not None and progress.encoder is not None and progress.class_names is not None:
        kept = Kept(from_document(progress.encoder), progress.class_names)
    return load(preset.dataset, folder, kept)


def _preset_of(progress: Progress, place: Path) -> Preset:
    """The preset that a checkpoint was trained with, whatever has become of its file."""
    if progress.configuration is None:
        return preset_named(progress.preset)
    return replace(preset_of(progress.configuration, place), name=progress.preset)


def start(preset: Preset, folder: Path | None, seed: int | None) -> tuple[Preset, State, Progress | None]:
    """Return preset, state and progress to start from: those of a checkpoint, or the initial state."""
    if folder is not None:
        return opened(folder, preset, seed)
    seeded = with_seed(preset, seed)
    return seeded, State.initial(seeded.network), None
