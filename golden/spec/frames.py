"""Frames on the serial line between host and chip, and the numbers by which nothing is lost, repeated or overrun.

Framing is that of RFC 1662 (PPP in HDLC-like framing, octet-stuffed, FCS of 32 bits)::

    FLAG  kind and conversation  position  received  [consumed]  payload  fcs  FLAG

Within a frame FLAG and ESCAPE travel as ESCAPE and the byte XOR :data:`STUFFED`. FLAG ends a frame and begins the next,
so that whatever was lost or altered, a receiver is back in step at the next FLAG; it need not wait for silence. ``fcs``
is CRC-32 (of IEEE 802.3) over everything between the first FLAG and itself, its low byte first.

Each end sends the other a stream of bytes, golden.spec.protocol, and a frame carries a piece of it. The numbers count
bytes of a stream from the beginning of the conversation, modulo 256 or 65536: a chip with little memory has numbers
of one byte, another of two, the low one first (:func:`number_bytes`).

``kind``, ``conversation``
    What the frame says, :class:`Kind`, in the lower bits of a byte; in the upper ones a number that the host chooses
    with ``OPEN``, so that frames of an earlier conversation are known.

``position``
    The stream that this end sends: index of the first byte of the payload.
``received``
    The stream of the other end: how far it has come without a gap. What lies before may be forgotten there.
``consumed``
    Only from the chip: how far it has read the host's stream. The host may be ahead of that by no more than the
    memory of the chip has room for besides an FCS: :func:`window`.

A payload is taken if ``position`` is what the receiver has received, and dropped otherwise: a frame that is repeated
has no effect but its acknowledgement. Every intact frame with a payload is acknowledged, by a frame without one if
there is nothing else to send; so is a ``REPEAT``. A receiver that drops a payload, or sees a damaged frame, says
``REPEAT``. The chip then sends again from ``received`` on. So does the host, unless it has already done so for what
is missing (a payload may have been dropped because it came twice); it also does so when nothing is acknowledged for a
while, and says ``REPEAT`` when an answer is missing. The chip has no clock for this: it never sends twice what it was
not asked for, and forgets what lies further back than its memory: so the host asks for no more than so many bytes of
answers before it has received them.

The host begins with ``OPEN``, from which all numbers count from 0. The chip drops what it had received and not
obeyed, lets a complete sample end, ends an incomplete one, resets the processor (golden/SPEC.md, "What a reset does")
and says ``OPENED``, without a payload, so that the length of this frame tells how long numbers are; those of
``OPEN`` have two bytes. Meanwhile, after power-up (its conversation is 0 then) and to frames of another conversation
it says ``CLOSED``, and takes no payload. So a host always knows whether it is still the one that the chip listens to,
and whether that has kept its state.

An ``OPEN`` of the conversation that there is comes again, since its answer was late or the line repeats itself: it is
answered again, and nothing begins. So a host that begins must choose another number than that of the conversation
before, whoever led that. It learns that number by :data:`QUESTION`, to which every chip says ``CLOSED``: a frame of
conversation 0, in which nobody speaks. Its numbers have two bytes; a chip whose numbers have one finds a payload in it,
which it does not take.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

FLAG, ESCAPE, STUFFED = 0x7E, 0x7D, 0x20
FCS_BYTES = 4
FCS_POLYNOMIAL = 0xEDB88320  # of 0x04C11DB7, low bit first
FCS_RESIDUE = 0xDEBB20E3  # what the register holds after bytes that end with their own FCS
HOST_NUMBERS, CHIP_NUMBERS = 2, 3
KIND_BITS, CONVERSATION_BITS = 3, 5
LEAST_MEMORY = 128
"""Bytes for the host's stream that every chip has; how many it has, its identity says."""


class Kind(IntEnum):
    """What a frame says besides its numbers and its payload."""

    DATA = 0
    REPEAT = 1  # go on from ``received``: something was damaged, or is missing
    OPEN = 2  # of the host: begin anew
    OPENED = 3  # of the chip: it has begun anew
    CLOSED = 4  # of the chip: there is no conversation


class FrameError(ValueError):
    """Bytes that are not a frame."""


def number_bytes(memory: int) -> int:
    """Bytes of a number in the frames of a chip with ``memory`` bytes a direction, and for it."""
    return 1 if memory <= LEAST_MEMORY else 2


def piece(memory: int) -> int:
    """Bytes of a stream that a frame carries at most; those of the chip end at multiples of them."""
    return min(memory // 2, 128)


def window(memory: int) -> int:
    """How far the host's stream may be ahead of what a chip with ``memory`` bytes for it has consumed."""
    return memory - FCS_BYTES


@dataclass(frozen=True)
class HostFrame:
    """A frame of the host.

    Attributes
    ----------
    kind, conversation
        What it says, and in which conversation, 0..31.
    position, received
        See this module.
    payload
        A piece of the stream.
    """

    kind: Kind
    conversation: int
    position: int
    received: int
    payload: bytes = b""

    def encode(self, size: int) -> bytes:
        """Bytes on the line, with a FLAG on both sides; numbers have ``size`` bytes."""
        return enclosed(_header(self.kind, self.conversation, size, self.position, self.received) + self.payload)

    @classmethod
    def decode(cls, content: bytes, size: int) -> HostFrame:
        """Frame of what stood between two FLAGs without its FCS, or :class:`FrameError`."""
        kind, conversation, (position, received), payload = _parts(content, size, HOST_NUMBERS)
        return cls(kind, conversation, position, received, payload)


@dataclass(frozen=True)
class ChipFrame:
    """A frame of the chip: as :class:`HostFrame`, with how far the chip has read, ``consumed``."""

    kind: Kind
    conversation: int
    position: int
    received: int
    consumed: int
    payload: bytes = b""

    def encode(self, size: int) -> bytes:
        """Bytes on the line, with a FLAG on both sides; numbers have ``size`` bytes."""
        return enclosed(
            _header(self.kind, self.conversation, size, self.position, self.received, self.consumed) + self.payload
        )

    @classmethod
    def decode(cls, content: bytes, size: int) -> ChipFrame:
        """Frame of what stood between two FLAGs without its FCS, or :class:`FrameError`."""
        kind, conversation, (position, received, consumed), payload = _parts(content, size, CHIP_NUMBERS)
        return cls(kind, conversation, position, received, consumed, payload)


def enclosed(content: bytes) -> bytes:
    """Append the FCS, stuff, and enclose in FLAGs."""
    covered = content + zlib.crc32(content).to_bytes(FCS_BYTES, "little")
    stuffed = covered.replace(bytes((ESCAPE,)), bytes((ESCAPE, ESCAPE ^ STUFFED)))
    stuffed = stuffed.replace(bytes((FLAG,)), bytes((ESCAPE, FLAG ^ STUFFED)))
    return bytes((FLAG,)) + stuffed + bytes((FLAG,))


class Separator:
    """Find frames in bytes as they arrive.

    Attributes
    ----------
    damaged
        Frames so far whose FCS was wrong, or that were broken off.
    """

    def __init__(self) -> None:
        self._begun = b""
        self.damaged = 0

    def add(self, arrived: bytes) -> Iterator[bytes]:
        """Yield the content of each intact frame that ends in ``arrived``, without its FCS."""
        *ended, self._begun = (self._begun + arrived).split(bytes((FLAG,)))
        for stuffed in ended:
            if not stuffed:
                continue
            content = _unstuffed(stuffed)
            if (
                content is None
                or len(content) <= FCS_BYTES
                or zlib.crc32(content[:-FCS_BYTES]).to_bytes(FCS_BYTES, "little") != content[-FCS_BYTES:]
            ):
                self.damaged += 1
            else:
                yield content[:-FCS_BYTES]


def _unstuffed(stuffed: bytes) -> bytes | None:
    first, *escaped = stuffed.split(bytes((ESCAPE,)))
    if not all(escaped):
        return None
    return first + b"".join(bytes((piece[0] ^ STUFFED,)) + piece[1:] for piece in escaped)


def _header(kind: Kind, conversation: int, size: int, *numbers: int) -> bytes:
    first = bytes((kind | conversation << KIND_BITS,))
    return first + b"".join(number.to_bytes(size, "little") for number in numbers)


def _parts(content: bytes, size: int, count: int) -> tuple[Kind, int, list[int], bytes]:
    end = 1 + count * size
    if len(content) < end or content[0] & (1 << KIND_BITS) - 1 not in tuple(Kind):
        raise FrameError(f"{len(content)} bytes that are no frame of this protocol")
    kind, conversation = content[0] & (1 << KIND_BITS) - 1, content[0] >> KIND_BITS
    numbers = [int.from_bytes(content[first : first + size], "little") for first in range(1, end, size)]
    return Kind(kind), conversation, numbers, content[end:]


QUESTION = HostFrame(Kind.DATA, 0, 0, 0).encode(2)
"""Bytes to which every chip says ``CLOSED``, and so in which conversation it is."""
