"""Bytes on the line, as frames of either end."""

from __future__ import annotations

from pathlib import Path

from golden.spec.frames import ChipFrame, FrameError, HostFrame, Separator

REFUSALS = (FrameError,)


def read(content: bytes, folder: Path) -> None:
    """Find frames in the bytes, at once and one by one; and decode the bytes as what stood between two flags."""
    whole, single = Separator(), Separator()
    found = list(whole.add(content))
    assert found == [each for byte in content for each in single.add(bytes((byte,)))]
    assert whole.damaged == single.damaged
    for inside in found or [content]:
        for size in (1, 2):
            for kind in (HostFrame, ChipFrame):
                frame = kind.decode(inside, size)
                (again,) = Separator().add(frame.encode(size))
                assert again == inside
