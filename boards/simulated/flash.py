"""The flash beside a simulated chip: what lies in it, and what may be said of how it was used."""

from __future__ import annotations

from pathlib import Path

from boards.catalogue import Board
from golden.spec.errors import UserError
from golden.system.reading import read_bytes

FAULTS = (
    "a command that it does not know",
    "a command while it is in deep power-down",
    "a command before it has left deep power-down",
    "a clock that is too fast",
    "a pulse of the clock that is too short",
    "selected too soon after a command",
    "a clock too soon after it was selected",
    "data that changes as the clock rises",
    "a command that is broken off",
    "a byte beyond its end",
)
"""What native/flash.h finds, in its order."""


class FlashMisusedError(UserError):
    """A design that does not use its flash as the data sheet demands."""


def contents(board: Board, file: Path) -> bytes:
    """What the flash of a board holds with a file at the offset of recordings, erased elsewhere."""
    flash = board.store
    data = read_bytes(file, flash.room, f"make it for board {board.name}, with: threefactor board store")
    return (b"\xff" * flash.offset + data).ljust(flash.size, b"\xff")
