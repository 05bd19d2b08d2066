"""From recordings of spoken digits to log-mel frames of eight bits."""

from __future__ import annotations

import io
import math
import wave
import zipfile
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from golden.spec.errors import UserError
from golden.system.arrays import ARCHIVE_ERRORS

SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
TAKES = 50
RATE = 8000
WINDOW, HOP, TRANSFORM = 200, 80, 256  # samples: 25 ms, 10 ms, and the length of the Fourier transform
BANDS, LOWEST, HIGHEST = 20, 60.0, 3900.0  # mel bands between two frequencies in Hz
FLOOR = 1e-9  # added to the energy of a band
_MOST_BYTES = 1 << 20  # of a recording: a minute
DECIBELS, RANGE = -80.0, 100.0  # value 0 and the span of 0..255


class Clips(NamedTuple):
    """Frames of all clips, one after the other, and what is said by whom.

    ``frames`` (m, 20), values 0..255 over -80 .. 20 dB; clip i is ``frames[offsets[i]:offsets[i + 1]]``; ``label``,
    ``speaker`` (index in ``SPEAKERS``) and ``take`` have one value a clip, by speaker, then digit, then take.
    """

    frames: NDArray[np.uint8]
    offsets: NDArray[np.int32]
    label: NDArray[np.uint8]
    speaker: NDArray[np.uint8]
    take: NDArray[np.uint8]


def log_mel(recording: NDArray[np.int16]) -> NDArray[np.uint8]:
    """Frames of a recording at 8 kHz, shape (m, 20).

    Each frame is the power spectrum under a symmetric Hann window, summed in triangles that overlap by half and are
    equally wide in mel (2595 log10(1 + f / 700)), in decibels relative to full scale, rounded to 100 / 255 dB.
    """
    samples = np.pad(recording / 32768, (0, max(0, WINDOW - len(recording))))
    windows = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP] * np.hanning(WINDOW)
    energies = np.abs(np.fft.rfft(windows, TRANSFORM)) ** 2 @ _triangles().T
    decibels = 10 * np.log10(energies + FLOOR)
    frames: NDArray[np.uint8] = np.clip(np.round((decibels - DECIBELS) * 255 / RANGE), 0, 255).astype(np.uint8)
    return frames


def read_archive(path: Path) -> Clips:
    """Frames of the recordings in a zip archive of the Free Spoken Digit Dataset.

    Raises
    ------
    UserError
        If the archive cannot be read or lacks a recording.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            recordings = {PurePosixPath(name).name: name for name in archive.namelist() if name.endswith(".wav")}
            keys = [
                (label, speaker, take)
                for speaker in range(len(SPEAKERS))
                for label in range(10)
                for take in range(TAKES)
            ]
            files = [f"{label}_{SPEAKERS[speaker]}_{take}.wav" for label, speaker, take in keys]
            frames = [log_mel(_samples(_recording(archive, recordings[file]))) for file in files]
    except KeyError as error:
        raise UserError(f"{path} has no recording {error}; fetch it again") from None
    except (*ARCHIVE_ERRORS, wave.Error) as error:
        raise UserError(f"{path} cannot be read ({error}); fetch it again") from error
    label, speaker, take = np.array(keys, dtype=np.uint8).T
    offsets = np.cumsum([0, *map(len, frames)], dtype=np.int32)
    return Clips(np.concatenate(frames), offsets, label, speaker, take)


def _recording(archive: zipfile.ZipFile, name: str) -> bytes:
    """Contents of a recording. No more is unpacked than its entry says, and the entry must say little."""
    if archive.getinfo(name).file_size > _MOST_BYTES:
        raise wave.Error(f"a recording has more than {_MOST_BYTES:,} bytes")
    return archive.read(name)


def _samples(content: bytes) -> NDArray[np.int16]:
    with wave.open(io.BytesIO(content)) as recording:
        if (recording.getframerate(), recording.getnchannels(), recording.getsampwidth()) != (RATE, 1, 2):
            raise wave.Error("a recording is not 16-bit mono at 8 kHz")
        return np.frombuffer(recording.readframes(recording.getnframes()), dtype="<i2").astype(np.int16)


def _triangles() -> NDArray[np.float64]:
    """Weights of the spectrum in each band, shape (20, 129)."""
    lowest, highest = (2595 * math.log10(1 + f / 700) for f in (LOWEST, HIGHEST))
    mel = np.linspace(lowest, highest, BANDS + 2)
    edges = 700 * (10 ** (mel / 2595) - 1)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    frequency = np.arange(TRANSFORM // 2 + 1) * RATE / TRANSFORM
    rising, falling = (frequency - low) / (centre - low), (high - frequency) / (high - centre)
    triangles: NDArray[np.float64] = np.maximum(0, np.minimum(rising, falling))
    return triangles
