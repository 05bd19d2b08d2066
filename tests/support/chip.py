"""A chip that is no gateware: it answers as it is told, on a line whose clock runs only while somebody reads."""

from __future__ import annotations

from collections.abc import Callable

from golden.spec.frames import LEAST_MEMORY, ChipFrame, HostFrame, Kind, Separator
from golden.spec.presets import preset_named
from golden.spec.protocol import SAMPLES_BYTES, Answer, Command, identity

TINY = preset_named("tiny")


def succeeds(stream: bytes) -> bytes:
    """What a chip answers with which every command succeeds, each in a piece of its own."""
    if not stream:
        return b""
    if stream[0] == Command.IDENTIFY:
        said = identity(TINY, 24e6, LEAST_MEMORY).encode()
        return bytes((Answer.IDENTITY,)) + bytes(SAMPLES_BYTES) + bytes((len(said),)) + said
    if stream[0] == Command.SAMPLE:
        return bytes((Answer.PREDICTION, 3))
    return bytes((Answer.DONE,))


class Chip:
    """The other end of a line.

    Parameters
    ----------
    answer
        What is answered to a piece of the host's stream.

    Attributes
    ----------
    pieces
        Pieces of the host's stream that were taken.
    frames
        All frames that came whole.
    deaf, dumb, open, conversation
        Nothing is heard; nothing is said; there is a conversation, and its number.
    """

    latency = 0.03

    def __init__(self, answer: Callable[[bytes], bytes] = succeeds) -> None:
        self.pieces: list[bytes] = []
        self.frames: list[HostFrame] = []
        self.deaf = self.dumb = self.open = self.closed = False
        self._answer, self._time, self.conversation = answer, 0.0, 0
        self._begin()

    def write(self, data: bytes) -> None:
        for content in self._separator.add(b"" if self.deaf else data):
            size = 2 if content[0] == Kind.OPEN else 1
            self.frames.append(frame := HostFrame.decode(content, size))
            if frame.kind == Kind.OPEN:
                if not self.open or frame.conversation != self.conversation:
                    self._begin()
                self.open, self.conversation = True, frame.conversation
                self.say(Kind.OPENED)
            elif not self.open or frame.conversation != self.conversation:
                self.say(Kind.CLOSED)
            elif frame.kind == Kind.REPEAT:
                self.say(Kind.DATA, self._said[frame.received :], frame.received)
            elif frame.payload:
                if frame.position == self._received & 255:
                    self._received += len(frame.payload)
                    self.pieces.append(frame.payload)
                    answered = self._answer(frame.payload)
                    self.say(Kind.DATA, answered, len(self._said))
                    self._said += answered
                else:
                    self.say(Kind.REPEAT)

    def say(self, kind: Kind, payload: bytes = b"", position: int = 0) -> None:
        """Send a frame."""
        if not self.dumb:
            numbers = position & 255, self._received & 255, self._received & 255
            self._line += ChipFrame(kind, self.conversation, *numbers, payload).encode(1)

    def read(self, seconds: float) -> bytes:
        self._time += seconds if not self._line else 1e-4
        taken, self._line = self._line, b""
        return taken

    def now(self) -> float:
        return self._time

    def close(self) -> None:
        self.closed = True

    def _begin(self) -> None:
        self._separator, self._received = Separator(), 0
        self._said = self._line = b""
