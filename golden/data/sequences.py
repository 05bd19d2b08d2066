"""Data sets of spike sequences: spoken digits from a file of the user, and cues that are drawn here."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.draws import Draws
from golden.data.images import Bytes, Parts
from golden.data.spoken import SPEAKERS, Clips
from golden.spec.errors import UserError
from golden.spec.generator import Purpose
from golden.system.arrays import Expected, most_bytes, read_arrays
from golden.system.reading import DamagedError, read_bytes

SPOKEN_FILE = "fsdd_logmel20_u8.npz"
SPOKEN_SHA256 = "a082fe7382a9fed22eb1c0b6d625a3affa8e3c16c55c5ecfa58dbc4620eac7c6"  # of the arrays of Clips in order
_FETCH = "threefactor fetch fsdd"  # makes it of the recordings of GitHub Jakobovski/free-spoken-digit-dataset
_FRAMES, _BANDS, _DEPTHS = 64, 20, (20, 45, 70, 95)  # depths in steps of 100/255 dB
_TEST_TAKES = 5
_AGAIN = "fetch it again"
_EXPECTED = {
    "frames": Expected(np.dtype(np.uint8), (None, _BANDS), most=_BANDS << 18),  # twice as many as are published
    "offsets": Expected(np.dtype(np.int32), (None,), most=1 << 12),
    **{name: Expected(np.dtype(np.uint8), (None,), most=1 << 12) for name in ("label", "speaker", "take")},
}

CUES, CUE_PERIOD, CUE_STEPS, DELAY_STEPS, RECALL_STEPS = 7, 15, 10, 40, 15
_TRAINING_CUES, _TEST_CUES = 2000, 1000


def load_spoken(without: str | None, folder: Path | None) -> Parts:
    """Spoken digits 0..9 as events, 64 steps of 10 ms and 80 inputs.

    An encoder on the host (it needs the maximum of the whole clip) turns the log-mel energies of 20 bands into
    spikes: input 20 q + b spikes where band b is less than the q-th of four depths below the clip's maximum.

    Parameters
    ----------
    without
        The speaker whose clips are the test part; by default the official split, takes 0..4 of every speaker.
    folder
        Where the file is.
    """
    clips = read_spoken(folder)
    events = spoken_events(clips.frames, clips.offsets)
    tested = clips.take < _TEST_TAKES if without is None else clips.speaker == SPEAKERS.index(without)
    return events[~tested], clips.label[~tested], events[tested], clips.label[tested]


def require_published(clips: Clips, path: Path) -> None:
    """Raise UserError if the clips of ``path`` are not those of all 3,000 published recordings."""
    content = b"".join(np.ascontiguousarray(array).tobytes() for array in clips)
    if hashlib.sha256(content).hexdigest() != SPOKEN_SHA256:
        raise UserError(f"{path} does not hold the published recordings (sha256 differs); fetch it again")


def spoken_events(frames: Bytes, offsets: NDArray[np.int32]) -> Bytes:
    """Events of clips, shape (n, 64, 80), from their frames of 20 bands, clip i at ``offsets[i]:offsets[i + 1]``.

    A clip shorter than 64 frames ends in silence, a longer one is cut, but its maximum counts the 64 frames only.
    """
    events = np.zeros((len(offsets) - 1, _FRAMES, len(_DEPTHS) * _BANDS), dtype=np.uint8)
    for clip, (start, stop) in enumerate(pairwise(offsets.tolist())):
        energies = frames[start : min(stop, start + _FRAMES)].astype(np.int16)
        loud = [energies > energies.max() - depth for depth in _DEPTHS]
        events[clip, : len(energies)] = np.concatenate(loud, axis=1)
    return events


def read_spoken(folder: Path | None) -> Clips:
    """All published recordings of spoken digits, from the file in ``folder`` or in its subfolder ``fsdd``.

    Raises
    ------
    UserError
        If no folder is given, or the file is missing, damaged or another one.
    """
    if folder is None:
        raise UserError(
            f"data set 'fsdd' is not shipped; name the folder that holds {SPOKEN_FILE} with --data, "
            f"and if there is none type: {_FETCH} --data FOLDER"
        )
    path = folder / "fsdd" / SPOKEN_FILE if (folder / "fsdd").is_dir() else folder / SPOKEN_FILE
    if not path.is_file():
        raise UserError(f"{SPOKEN_FILE} is missing in {folder}; put it there, or type: {_FETCH} --data {folder}")
    try:
        content = read_bytes(path, most_bytes(_EXPECTED), _AGAIN)
        clips = Clips(**read_arrays(content, _EXPECTED, others=True))
    except ValueError as error:
        reason = error.reason if isinstance(error, DamagedError) else str(error)
        raise UserError(f"{path} cannot be read ({reason}); {_AGAIN}") from error
    require_published(clips, path)
    return clips


def load_cues(folder: Path | None = None) -> Parts:
    """Cue accumulation, 160 steps of 40 inputs: the label is the side that had the majority of seven cues.

    Sample i is drawn by ``Generator(i, STIMULUS)``, in this order: the side that is likelier (``below(2)``); for each
    cue its side, the likelier one when ``below(10) < 7``; step by step the inputs that may spike, ascending. A cue
    lasts 10 steps of 15, in which the ten inputs of its side (0..9 or 10..19) spike with probability 0.4. After a
    delay of 40 steps the ten recall inputs 20..29 spike with probability 0.4 in the last 15 steps. Inputs 30..39 are
    noise of probability 0.1 throughout. Samples 0..1999 are for training, 2000..2999 are the test.
    """
    count = _TRAINING_CUES + _TEST_CUES
    draws = Draws(np.arange(count), np.array([Purpose.STIMULUS]))
    likely = draws.below(2)
    sides = np.array([np.where(draws.below(10) < 7, likely, 1 - likely) for _ in range(CUES)])
    steps = CUES * CUE_PERIOD + DELAY_STEPS + RECALL_STEPS
    events = np.zeros((count, steps, 40), dtype=np.uint8)
    everyone = np.arange(count)
    for step in range(steps):
        cue, phase = divmod(step, CUE_PERIOD)
        if cue < CUES and phase < CUE_STEPS:
            for channel in range(10):
                events[everyone, step, 10 * sides[cue] + channel] = draws.below(10) < 4
        if step >= steps - RECALL_STEPS:
            for channel in range(20, 30):
                events[:, step, channel] = draws.below(10) < 4
        for channel in range(30, 40):
            events[:, step, channel] = draws.below(10) < 1
    labels = (2 * sides.sum(axis=0) > CUES).astype(np.uint8)
    cut = _TRAINING_CUES
    return events[:cut], labels[:cut], events[cut:], labels[cut:]
