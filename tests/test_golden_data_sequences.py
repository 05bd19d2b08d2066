"""Sequences: spoken digits from a file made here, and cues, whose statistics are those that were published."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.data import sequences
from golden.data.datasets import Dataset, load
from golden.data.sequences import SPOKEN_FILE, spoken_events
from golden.data.spoken import SPEAKERS, Clips
from golden.spec.errors import UserError
from golden.spec.generator import Generator, Purpose

DEPTHS = (20, 45, 70, 95)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Six speakers, two digits and seven takes of short clips, whose checksum is taken for the published one."""
    keys = [(label, speaker, take) for speaker in range(6) for label in (0, 9) for take in range(7)]
    label, speaker, take = np.array(keys, dtype=np.uint8).T
    draw = np.random.default_rng(5)
    offsets = np.cumsum([0, *draw.integers(1, 90, len(keys))], dtype=np.int32)
    frames = draw.integers(0, 256, (offsets[-1], 20), dtype=np.uint8)
    clips = Clips(frames, offsets, label, speaker, take)
    np.savez_compressed(tmp_path / SPOKEN_FILE, **clips._asdict())
    content = b"".join(array.tobytes() for array in clips)
    monkeypatch.setattr(sequences, "SPOKEN_SHA256", hashlib.sha256(content).hexdigest())
    return tmp_path


def test_events_are_depths_below_the_maximum() -> None:
    frames = np.zeros((70, 20), dtype=np.uint8)
    frames[0, :6] = [200, 181, 180, 156, 155, 106]
    frames[69] = 255  # beyond the 64 frames, so without influence
    events = spoken_events(frames, np.array([0, 70]))
    assert events.shape == (1, 64, 80)
    assert np.flatnonzero(events[0, 0]).tolist() == [0, 1, 20, 21, 22, 23, 40, 41, 42, 43, 44, *range(60, 65), 65]
    assert not events[0, 1:].any()


def test_short_clips_end_in_silence() -> None:
    frames = np.full((3, 20), 50, dtype=np.uint8)
    events = spoken_events(frames, np.array([0, 1, 3]))
    assert events.sum(axis=(1, 2)).tolist() == [80, 160]


def test_splits(folder: Path) -> None:
    data = load("fsdd", folder)
    assert data.train_samples.shape == (6 * 2 * 2, 64, 80) and data.test_samples.shape == (6 * 2 * 5, 64, 80)
    assert (data.steps, data.inputs, data.classes) == (64, 80, 10)
    for index, speaker in enumerate(SPEAKERS):
        split = load(f"fsdd-without-{speaker}", folder)
        assert len(split.test_labels) == 14 and len(split.train_labels) == 5 * 14
        everything = np.concatenate([split.train_samples, split.test_samples])
        assert len(everything) == 84
        with np.load(folder / SPOKEN_FILE) as arrays:
            events = spoken_events(arrays["frames"], arrays["offsets"])
            np.testing.assert_array_equal(split.test_samples, events[arrays["speaker"] == index])


def test_file_may_lie_in_a_subfolder(folder: Path) -> None:
    (folder / "fsdd").mkdir()
    (folder / SPOKEN_FILE).rename(folder / "fsdd" / SPOKEN_FILE)
    assert len(load("fsdd", str(folder)).test_labels) == 60


def test_sentences(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        UserError, match=f"'fsdd' is not shipped; name the folder that holds {SPOKEN_FILE} .* fetch fsdd --data FOLDER"
    ):
        load("fsdd-without-theo")
    with pytest.raises(UserError, match=f"{SPOKEN_FILE} is missing in .*; put it there, or type: .* fetch fsdd --data"):
        load("fsdd", tmp_path.parent)
    monkeypatch.setattr(sequences, "SPOKEN_SHA256", "0")
    with pytest.raises(UserError, match=r"does not hold the published recordings \(sha256 differs\); fetch it again"):
        load("fsdd", folder)
    (folder / SPOKEN_FILE).write_bytes((folder / SPOKEN_FILE).read_bytes()[:-100])
    with pytest.raises(UserError, match=f"{SPOKEN_FILE} cannot be read .*; fetch it again"):
        load("fsdd", folder)


def npy(array: np.ndarray, **header: Any) -> bytes:
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, np.lib.format.header_data_from_array_1_0(array) | header)
    return buffer.getvalue() + array.tobytes()


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (
            npy(np.zeros((3, 20), np.uint8), shape=(10 << 40, 20)),
            "array 'frames' is |u1 (10995116277760, 20), not uint8",
        ),
        (npy(np.zeros((3, 20), np.uint8)) + bytes(64 << 20), "array 'frames' has not the 60 bytes of its header"),
        (npy(np.zeros((3, 20))), "array 'frames' is <f8 (3, 20), not uint8 (?, 20)"),
        (npy(np.array([None])), "array 'frames' is |O (1,), not uint8 (?, 20)"),
    ],
    ids=["huge", "bomb", "floats", "pickled"],
)
def test_frames_that_lie(folder: Path, member: bytes, reason: str) -> None:
    """Nothing is allocated for what a header claims."""
    with zipfile.ZipFile(folder / SPOKEN_FILE) as whole:
        members = {name: whole.read(name) for name in whole.namelist()} | {"frames.npy": member}
    with zipfile.ZipFile(folder / SPOKEN_FILE, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=re.escape(f"{SPOKEN_FILE} cannot be read ({reason}")):
            load("fsdd", folder)
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


def test_damaged_packing_is_a_sentence(folder: Path) -> None:
    """A byte of packed data that is wrong ended in zlib's traceback."""
    with zipfile.ZipFile(folder / SPOKEN_FILE) as whole:
        start = whole.getinfo("frames.npy").header_offset + 30 + len("frames.npy") + 40
    content = bytearray((folder / SPOKEN_FILE).read_bytes())
    for place in range(start, start + 60):
        content[place] ^= 0xFF
    (folder / SPOKEN_FILE).write_bytes(content)
    with pytest.raises(UserError, match=rf"{SPOKEN_FILE} cannot be read \(.*\); fetch it again"):
        load("fsdd", folder)


def test_a_file_of_10_terabytes(folder: Path) -> None:
    with (folder / SPOKEN_FILE).open("wb") as file:
        file.truncate(10 << 40)
    with pytest.raises(UserError, match=r"cannot be read \(it has more than [\d,]+ bytes\); fetch it again"):
        load("fsdd", folder)


def test_arrays_besides_are_left_alone(folder: Path) -> None:
    with np.load(folder / SPOKEN_FILE) as arrays:
        np.savez(folder / SPOKEN_FILE, **arrays, names=np.array(["ann"]))
    assert len(load("fsdd", folder).test_labels) == 60


def test_published_spoken_digits() -> None:
    data = load("fsdd", os.environ.get("THREEFACTOR_DATA") or pytest.skip("THREEFACTOR_DATA names no folder"))
    assert data.train_samples.shape == (2700, 64, 80) and data.test_samples.shape == (300, 64, 80)
    assert np.bincount(data.test_labels).tolist() == [30] * 10


@pytest.fixture(scope="module")
def cues() -> Dataset:
    return load("cue")


def test_cues_are_drawn_by_their_own_generators(cues: Dataset) -> None:
    sample = cues.test_samples[17]
    draw = Generator(2017, Purpose.STIMULUS)
    likely = draw.below(2)
    sides = [likely if draw.below(10) < 7 else 1 - likely for _ in range(7)]
    expected = np.zeros((160, 40), dtype=np.uint8)
    for step in range(160):
        channels = []
        if step < 105 and step % 15 < 10:
            channels += range(10 * sides[step // 15], 10 * sides[step // 15] + 10)
        if step >= 145:
            channels += range(20, 30)
        for channel in channels:
            expected[step, channel] = draw.below(10) < 4
        for channel in range(30, 40):
            expected[step, channel] = draw.below(10) < 1
    np.testing.assert_array_equal(sample, expected)
    assert cues.test_labels[17] == (sum(sides) > 3)


def cue_counts(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Spikes of the left and right inputs in each of the seven cue windows."""
    windows = sample[:105].reshape(7, 15, 40)
    return windows[:, :, :10].sum(axis=(1, 2)), windows[:, :, 10:20].sum(axis=(1, 2))


def test_cue_statistics(cues: Dataset) -> None:
    samples = np.concatenate([cues.train_samples, cues.test_samples])
    labels = np.concatenate([cues.train_labels, cues.test_labels])
    assert samples.shape == (3000, 160, 40) and len(cues.train_labels) == 2000
    assert not samples[:, 105:145, :30].any() and not samples[:, :105, 20:30].any(), "nothing but noise in the delay"
    assert abs(samples[:, :, 30:].mean() - 0.1) < 0.001
    assert abs(samples[:, 145:, 20:30].mean() - 0.4) < 0.005
    assert abs(labels.mean() - 0.5) < 0.03
    for sample, label in zip(samples, labels, strict=True):
        left, right = cue_counts(sample)
        assert not np.any((left > 0) & (right > 0)), "one side a cue"
        assert ((right > left).sum() > 3) == label


def cue_rates(samples: np.ndarray, onset: int) -> dict[str, float]:
    """Figures of samples whose cues begin ``onset`` steps of 10 ms into a period of 15."""
    windows = samples[:, :105].reshape(-1, 7, 15, 40)[:, :, onset : onset + 10]
    sides = windows.reshape(-1, 7, 10, 4, 10)[:, :, :, :2].sum(axis=(2, 4))
    assert not np.any((sides[:, :, 0] > 0) & (sides[:, :, 1] > 0)), "one side a cue"
    right = (sides[:, :, 1] > sides[:, :, 0]).sum(axis=1)
    return {
        "cue": sides.max(axis=2).mean() / 100,
        "recall": samples[:, -15:, 20:30].mean(),
        "noise": samples[:, :, 30:].mean(),
        "majority": np.maximum(right, 7 - right).mean() / 7,
        "rest": samples[:, 105:-15, :30].mean() + samples[:, :105, 20:30].mean(),
        "right": (right > 3).mean(),
    }


def test_cues_resemble_the_published_ones(cues: Dataset) -> None:
    """ReckOn's events in steps of 10 ms; their delay is 105 steps, ours 40."""
    path = Path(os.environ.get("THREEFACTOR_DATA") or pytest.skip("THREEFACTOR_DATA names no folder"))
    path /= "reckon_cueacc_events.npz"
    if not path.is_file():
        pytest.skip("the folder has no reckon_cueacc_events.npz")
    with np.load(path, allow_pickle=False) as arrays:
        offsets, labels = arrays["train_offsets"], arrays["train_label"]
        channels, steps = arrays["train_ch"], arrays["train_t_ms"] // 10
    samples = np.zeros((len(labels), 225, 40))
    np.add.at(samples, (np.repeat(np.arange(len(labels)), np.diff(offsets)), steps, channels), 1)
    theirs, ours = cue_rates(samples, 5), cue_rates(np.concatenate([cues.train_samples, cues.test_samples]), 0)
    assert theirs["rest"] == ours["rest"] == 0
    assert abs(theirs["right"] - ours["right"]) < 0.2, "50 samples"
    for figure in ("cue", "recall", "noise", "majority"):
        assert abs(theirs[figure] - ours[figure]) < 0.05 * ours[figure], figure
