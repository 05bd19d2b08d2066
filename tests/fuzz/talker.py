"""A line at whose other end something says what it likes, on a clock that runs only when someone waits."""

from __future__ import annotations

from collections.abc import Iterator

from golden.spec.frames import KIND_BITS, QUESTION, ChipFrame, HostFrame, Kind, Separator, enclosed


class Talker:
    """Opens a conversation as a chip would, and says the rest whatever it is told.

    Parameters
    ----------
    stream
        Said as the stream of a chip, in sound frames that acknowledge everything.
    frames
        Instead of it, contents of frames that the checksum alone is right of.
    """

    latency = 0.03

    def __init__(self, stream: bytes = b"", frames: tuple[bytes, ...] = ()) -> None:
        self._stream, self._frames = stream, iter(frames)
        self._heard, self._arriving = Separator(), bytearray()
        self._conversation, self._said, self._taken, self._time = 0, 0, 0, 0.0

    def write(self, data: bytes, /) -> None:
        """Answer an OPEN at once; take anything else."""
        for content in self._heard.add(data):
            if content[0] & (1 << KIND_BITS) - 1 == Kind.OPEN:
                self._conversation = content[0] >> KIND_BITS
                self._arriving += ChipFrame(Kind.OPENED, self._conversation, 0, 0, 0).encode(1)
            elif enclosed(content) == QUESTION:
                self._arriving += ChipFrame(Kind.CLOSED, self._conversation, 0, 0, 0).encode(1)
            else:
                frame = HostFrame.decode(content, 1)
                if frame.position == self._taken & 0xFF:
                    self._taken += len(frame.payload)

    def read(self, seconds: float, /) -> bytes:
        """Say something more."""
        self._time += max(seconds, 0.001)
        self._arriving += b"".join(self._more())
        said, self._arriving = bytes(self._arriving), bytearray()
        return said

    def now(self) -> float:
        """Seconds on a clock of its own."""
        return self._time

    def close(self) -> None:
        """Nothing to release."""

    def _more(self) -> Iterator[bytes]:
        if not self._taken:  # a chip that has not been asked anything
            return
        for content in self._frames:
            first = bytes((content[0] & (1 << KIND_BITS) - 1 | self._conversation << KIND_BITS,)) if content else b""
            yield enclosed(first + content[1:])
            return
        piece = self._stream[self._said : self._said + 64]
        taken = self._taken & 0xFF
        if self._stream:
            yield ChipFrame(Kind.DATA, self._conversation, self._said & 0xFF, taken, taken, piece).encode(1)
            self._said += len(piece)
