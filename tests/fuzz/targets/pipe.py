"""Frames of a chip whose checksum is right and nothing else: a length before each."""

from __future__ import annotations

from pathlib import Path

from boards.host.pipe import Pipe
from tests.fuzz.talker import Talker


def read(content: bytes, folder: Path) -> None:
    """Open a pipe, write to it and read from it."""
    frames, rest = [], content
    while rest:
        length = rest[0] % 40
        frames.append(rest[1 : 1 + length])
        rest = rest[1 + length :]
    pipe = Pipe(Talker(frames=tuple(frames)))
    pipe.begin()
    pipe.write(bytes(300))
    while True:
        pipe.read(1)
