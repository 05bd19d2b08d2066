"""Log-mel frames of tones, and the archive of recordings."""

from __future__ import annotations

import io
import os
import wave
import zipfile
from pathlib import Path

import numpy as np
import pytest

from golden.data import spoken
from golden.data.spoken import Clips, log_mel, read_archive
from golden.spec.errors import UserError


def tone(frequency: float, amplitude: float, seconds: float = 0.1) -> np.ndarray:
    samples = amplitude * np.sin(2 * np.pi * frequency * np.arange(int(8000 * seconds)) / 8000)
    return samples.astype(np.int16)


def recording(samples: np.ndarray, rate: int = 8000) -> bytes:
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return content.getvalue()


def archive(path: Path, clips: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as file:
        for name, content in clips.items():
            file.writestr(f"free-spoken-digit-dataset-x/recordings/{name}.wav", content)
    return path


def test_frames_are_10_ms_apart_and_a_short_recording_has_one() -> None:
    assert [len(log_mel(np.zeros(n, np.int16))) for n in (1, 200, 279, 280, 800)] == [1, 1, 1, 2, 8]
    assert log_mel(np.zeros(200, np.int16)).shape == (1, 20)


def test_a_tone_is_loudest_in_its_band() -> None:
    """Bands are equally wide in mel, so that each centre is known."""
    edges = np.linspace(*(2595 * np.log10(1 + f / 700) for f in (60, 3900)), 22)
    for band in (2, 10, 18):
        frames = log_mel(tone(700 * (10 ** (edges[band + 1] / 2595) - 1), 8000))
        assert set(frames.argmax(axis=1)) == {band}


def test_decibels_are_relative_to_full_scale_and_bounded() -> None:
    quiet, loud = log_mel(tone(1000, 100)), log_mel(tone(1000, 1000))
    assert np.abs(loud.max(axis=1).astype(int) - quiet.max(axis=1) - 20 * 255 / 100).max() <= 2  # ten times: 20 dB
    assert not log_mel(np.zeros(400, np.int16)).any(), "silence is -90 dB, below the range"
    assert log_mel(tone(1000, 32767)).max() == 255


def test_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "SPEAKERS", ("ann", "bob"))
    monkeypatch.setattr(spoken, "TAKES", 2)
    keys = [(label, speaker, take) for speaker in ("ann", "bob") for label in range(10) for take in range(2)]
    sounds = {key: tone(300 + 50 * i, 3000, 0.05 + 0.01 * (i % 3)) for i, key in enumerate(keys)}
    content = {"_".join(map(str, key)): recording(sound) for key, sound in reversed(sounds.items())}
    clips = read_archive(archive(tmp_path / "all.zip", content))
    assert clips.label.tolist() == [label for label, _, _ in keys]
    assert clips.speaker.tolist() == [("ann", "bob").index(speaker) for _, speaker, _ in keys]
    assert clips.take.tolist() == [take for _, _, take in keys]
    for i, sound in enumerate(sounds.values()):
        np.testing.assert_array_equal(clips.frames[clips.offsets[i] : clips.offsets[i + 1]], log_mel(sound))
    assert [array.dtype.str for array in clips] == ["|u1", "<i4", "|u1", "|u1", "|u1"]

    del content["3_bob_1"]
    with pytest.raises(UserError, match=r"less.zip has no recording '3_bob_1.wav'; fetch it again"):
        read_archive(archive(tmp_path / "less.zip", content))
    content["3_bob_1"] = recording(tone(300, 10), rate=16000)
    with pytest.raises(UserError, match=r"rate.zip cannot be read \(a recording is not 16-bit mono at 8 kHz\)"):
        read_archive(archive(tmp_path / "rate.zip", content))


def test_damaged_archive(tmp_path: Path) -> None:
    path = tmp_path / "fsdd.zip"
    path.write_bytes(b"<html>")
    with pytest.raises(UserError, match=r"fsdd.zip cannot be read \(.*\); fetch it again"):
        read_archive(path)


def test_a_bomb_in_an_archive_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spoken, "SPEAKERS", ("ann",))
    monkeypatch.setattr(spoken, "TAKES", 1)
    content = {f"{label}_ann_0": recording(tone(300, 3000)) for label in range(10)}
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as bomb:
        for name, sound in (content | {"3_ann_0": bytes(64 << 20)}).items():
            bomb.writestr(f"recordings/{name}.wav", sound)
    with pytest.raises(UserError, match=r"bomb.zip cannot be read \(a recording has more than 1,048,576 bytes\)"):
        read_archive(tmp_path / "bomb.zip")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_an_archive_with_any_damage_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: int) -> None:
    """Damaged packing ended in zlib's traceback, an encrypted one in a RuntimeError."""
    monkeypatch.setattr(spoken, "SPEAKERS", ("ann",))
    monkeypatch.setattr(spoken, "TAKES", 1)
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as whole:
        for label in range(10):
            whole.writestr(f"{label}_ann_0.wav", recording(tone(300, 300)))
    content = (tmp_path / "a.zip").read_bytes()
    refused = 0
    for place in range(0, len(content), 7):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        (tmp_path / "b.zip").write_bytes(damaged)
        try:
            read_archive(tmp_path / "b.zip")
        except UserError as error:
            refused += "fetch it again" in str(error)
    assert refused > 10


def published_recordings(place: str) -> dict[str, np.ndarray]:
    path = Path(place) / "fsdd_int16_8k.npz"
    if not path.is_file():
        pytest.skip("the folder has no fsdd_int16_8k.npz, the recordings as one array")
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays)


def test_published_frames_are_those_of_the_recordings() -> None:
    """Every 50th recording; all 3,000 are checked by the checksum when the data set is fetched."""
    place = os.environ.get("THREEFACTOR_DATA")
    if place is None:
        pytest.skip("THREEFACTOR_DATA does not name a folder with the recordings")
    sounds = published_recordings(place)
    with np.load(Path(place) / "fsdd_logmel20_u8.npz", allow_pickle=False) as arrays:
        clips = Clips(*(arrays[field] for field in Clips._fields))
    for i in range(0, 3000, 50):
        sound = sounds["samples"][sounds["offsets"][i] : sounds["offsets"][i + 1]]
        np.testing.assert_array_equal(clips.frames[clips.offsets[i] : clips.offsets[i + 1]], log_mel(sound))
