"""Headers of recordings in a flash."""

from __future__ import annotations

from pathlib import Path

from golden.spec.recording import HEADER_BYTES, Recording, RecordingError

REFUSALS = (RecordingError,)


def read(content: bytes, folder: Path) -> None:
    """Decode one; the key belongs to it when it is encoded again."""
    recording = Recording.decode(content)
    assert min(recording.name, default="x") >= " ", "a name that would spoil a terminal"
    again = Recording.decode(recording.encode())
    assert (again.key, again.samples, again.length) == (recording.key, recording.samples, recording.length)
    assert len(again.encode()) == HEADER_BYTES
