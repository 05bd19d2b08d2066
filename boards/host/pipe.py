"""The host's end of the line: two streams of bytes that lose nothing and repeat nothing."""

from __future__ import annotations

import random
from collections.abc import Callable

from boards.host.line import Line
from golden.spec.errors import UserError
from golden.spec.frames import (
    CHIP_NUMBERS,
    CONVERSATION_BITS,
    KIND_BITS,
    LEAST_MEMORY,
    QUESTION,
    ChipFrame,
    FrameError,
    HostFrame,
    Kind,
    Separator,
    piece,
    window,
)

CONVERSATIONS = (1 << CONVERSATION_BITS) - 1
"""How many numbers a conversation may have; 0 is that of a chip that nobody has opened."""
_STUCK = 2000  # times the line's latency, without a byte of an answer, after which the chip will not answer any more
SILENCE = 3.0  # seconds without an intact frame, though one was asked for, after which the chip is gone
_MOST_PATIENT = 32  # times the line's latency, after which even a chip that is slow to answer is asked again
_FIRST_PATIENCE, _OPENING_PATIENCE = 4, 0.25  # times the line's latency, and seconds: a sample may have to end first


class LineLostError(UserError):
    """The line is broken, or nobody answers; what the chip has done since is known when it is opened again."""


class StateLostError(UserError):
    """The chip has begun anew: it was switched off or programmed, or another program has opened it."""


class Pipe:
    """Streams of golden.spec.frames over a line.

    Frames leave as far as the chip has memory for them, several at once, and again from the first that was not
    acknowledged: when the chip wishes it, once for every gap, and when nothing is acknowledged for a while. How long
    that is follows from how long acknowledgements took.

    Parameters
    ----------
    line
        Where the chip is.
    conversation
        Number below CONVERSATIONS after which those of the conversations follow, by default any. The one in which the
        chip is when it is asked is left out.

    Attributes
    ----------
    conversation
        The number.
    memory
        Bytes of each stream that the chip keeps; the least one until the chip has named it.
    resent, damaged
        Frames that were sent again, and those that arrived broken.
    """

    def __init__(self, line: Line, conversation: int | None = None) -> None:
        self._line = line
        self.conversation = random.SystemRandom().randrange(CONVERSATIONS) if conversation is None else conversation
        self._incoming = bytearray()
        self.memory = LEAST_MEMORY
        self.resent = 0
        self._start(1)

    @property
    def damaged(self) -> int:
        """Frames of the chip that arrived broken."""
        return self._separator.damaged

    def begin(self) -> None:
        """Begin anew, whatever was before. What the chip had not yet obeyed is forgotten.

        Raises
        ------
        LineLostError
            Nobody answers.
        """
        self.memory = LEAST_MEMORY
        separator, until = Separator(), self._now() + SILENCE
        # Whatever the chip says, it names the conversation.
        there = self._asked(QUESTION, separator, until, lambda _: True)
        self.conversation = self._other_than(there[0] >> KIND_BITS)
        first = Kind.OPENED | self.conversation << KIND_BITS
        # A frame without payload, so that its length is that of its numbers, all of them 0.
        empty = {bytes((first,)) + bytes(CHIP_NUMBERS * size): size for size in (1, 2)}
        opening = HostFrame(Kind.OPEN, self.conversation, 0, 0).encode(2)
        self._start(empty[self._asked(opening, separator, until, empty.__contains__)])

    def _other_than(self, there: int) -> int:
        """Return the next number of a conversation that is not the one that there is."""
        following = self.conversation % CONVERSATIONS + 1
        return following if following != there else following % CONVERSATIONS + 1

    def write(self, data: bytes) -> None:
        """Add to the host's stream, and send what may be sent now."""
        self._outgoing += data
        self._advance()

    @property
    def unsent(self) -> int:
        """Bytes of the host's stream that have not left yet."""
        return self._base + len(self._outgoing) - self._sent

    def read(self, count: int) -> bytes:
        """Return the next bytes of the chip's stream, exactly so many.

        Raises
        ------
        LineLostError
            The chip fell silent, or the line broke.
        StateLostError
            The chip has begun anew meanwhile.
        """
        self._heard = self._answered = self._now()
        while len(self._incoming) < count:
            self._advance()
            self._take(self._arrived(self._patience))
            self._hurry()
        taken, self._incoming = bytes(self._incoming[:count]), self._incoming[count:]
        return taken

    def ready(self) -> int:
        """Bytes of the chip's stream that have come, after a look at the line that waits for nothing."""
        self._take(self._arrived(0.0))
        self._advance()
        return len(self._incoming)

    def close(self) -> None:
        """Release the line."""
        self._line.close()

    def _asked(self, question: bytes, separator: Separator, until: float, answers: Callable[[bytes], bool]) -> bytes:
        """Ask until there is a frame that answers, and return its content."""
        patience = _FIRST_PATIENCE * self._line.latency
        while self._now() < until:
            self._send(question)
            again = self._now() + min(patience, _OPENING_PATIENCE)
            while (left := again - self._now()) > 0:
                for content in separator.add(self._arrived(left)):
                    if answers(content):
                        return content
            patience *= 2
        raise LineLostError(
            f"the board does not answer within {SILENCE:g} s; check cable and port, and that it is programmed "
            "(threefactor program)"
        )

    def _start(self, size: int) -> None:
        self._size, self._separator = size, Separator()
        # Positions count from the beginning of the conversation, without end here; on the line they are remainders.
        self._outgoing, self._incoming = bytearray(), bytearray()
        self._base = self._sent = self._consumed = self._received = 0
        self._recovered = 0  # up to here it was sent when the chip last wished for repetition
        self._wished = -1  # what the chip was last asked to repeat
        self._round_trip, self._waits = 0.0, 1.0  # seconds that an acknowledgement took; how much longer is waited
        self._heard = self._progressed = self._answered = self._now()
        self._timed = (0, self._now())  # a position, and when it was sent

    @property
    def _patience(self) -> float:
        """Seconds after which something counts as lost."""
        usual = max(self._line.latency, 4 * self._round_trip)
        return min(self._waits * usual, max(_MOST_PATIENT * self._line.latency, usual))

    def _advance(self) -> None:
        """Send what the chip has memory for."""
        end, most = self._base + len(self._outgoing), piece(self.memory)
        while self._sent < end:
            room = self._consumed + window(self.memory) - self._sent
            count = min(end - self._sent, most, room)
            # Crumbs are not worth a frame while others are on their way.
            if count <= 0 or (count < min(most // 2, end - self._sent) and self._sent > self._base):
                return
            if self._sent == self._base:
                self._progressed = self._now()
            if self._timed[0] <= self._base:
                self._timed = (self._sent + count, self._now())
            first = self._sent - self._base
            self._send(self._frame(Kind.DATA, bytes(self._outgoing[first : first + count])))
            self._sent += count

    def _hurry(self) -> None:
        """Send again what is not acknowledged for too long, and ask for what does not come."""
        now = self._now()
        if now - self._heard > SILENCE:
            raise LineLostError(
                f"the board has not answered for {SILENCE:g} s; check the cable, and that the board is still on"
            )
        if now - self._answered > _STUCK * self._line.latency:
            raise LineLostError(
                "the board acknowledges what it is sent, but does not do it; switch it off and on, and program it again"
            )
        if now - self._progressed <= self._patience:
            return
        self._progressed = now
        self._waits = min(1.25 * self._waits, _MOST_PATIENT)
        if self._sent > self._base:
            self._go_back()
            self._advance()
        else:
            self._wished = self._received
            self._send(self._frame(Kind.REPEAT, b""))

    def _go_back(self) -> None:
        self.resent += 1
        self._recovered, self._sent = self._sent, self._base
        self._timed = (self._recovered + 1, self._now())  # whose acknowledgement it is cannot be told

    def _take(self, arrived: bytes) -> None:
        damaged, missing = self._separator.damaged, False
        for content in self._separator.add(arrived):
            try:
                frame = ChipFrame.decode(content, self._size)
            except FrameError:
                continue
            if frame.kind == Kind.CLOSED and frame.conversation != self.conversation:
                raise StateLostError(
                    "the board has begun anew: it was switched off or programmed, or another program uses it; "
                    "load its state again"
                )
            if frame.kind == Kind.CLOSED or frame.conversation != self.conversation:
                continue  # from before it was opened, or said to somebody else
            self._heard = self._now()
            self._acknowledge(frame)
            if frame.payload:
                if self._remainder(frame.position - self._received) == 0:
                    self._incoming += frame.payload
                    self._received += len(frame.payload)
                    self._progressed, self._waits = self._now(), 1
                    self._answered = self._progressed
                elif self._remainder(frame.position - self._received) < 1 << 8 * self._size - 1:
                    missing = True
        if (missing or self._separator.damaged > damaged) and self._wished != self._received:
            self._wished = self._received
            self._send(self._frame(Kind.REPEAT, b""))
        self._advance()

    def _acknowledge(self, frame: ChipFrame) -> None:
        gained = self._remainder(frame.received - self._base)
        if 0 < gained <= max(self._sent, self._recovered) - self._base:
            del self._outgoing[:gained]
            self._base += gained
            self._sent = max(self._sent, self._base)
            self._progressed, self._waits = self._now(), 1
            if self._base >= self._timed[0] > 0:
                taken = self._now() - self._timed[1]
                self._round_trip = max(taken, 0.75 * self._round_trip)
                self._timed = (0, self._now())
        consumed = self._remainder(frame.consumed - self._consumed)
        if consumed <= self._base - self._consumed:
            self._consumed += consumed
        if frame.kind == Kind.REPEAT and self._sent > self._base >= self._recovered:
            self._go_back()

    def _remainder(self, number: int) -> int:
        return number & (1 << 8 * self._size) - 1

    def _frame(self, kind: Kind, payload: bytes) -> bytes:
        numbers = self._remainder(self._sent), self._remainder(self._received)
        frame = HostFrame(kind, self.conversation, *numbers, payload)
        return frame.encode(self._size)

    def _now(self) -> float:
        return self._line.now()

    def _send(self, data: bytes) -> None:
        try:
            self._line.write(data)
        except OSError as error:
            raise LineLostError(f"the connection to the board broke off ({error}); check the cable") from None

    def _arrived(self, seconds: float) -> bytes:
        try:
            return self._line.read(seconds)
        except OSError as error:
            raise LineLostError(f"the connection to the board broke off ({error}); check the cable") from None
