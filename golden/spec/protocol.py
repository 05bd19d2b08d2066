"""The byte protocol between host and processor: frames, commands and answers.

The host sends one command and waits for its answer; nothing comes unasked. Both directions use one frame::

    SYNC  sequence  kind  length  payload (length bytes)  crc (2 bytes, high byte first)

``crc`` is CRC-16 with polynomial 0x1021, start value 0xFFFF and no reflection, over everything between SYNC and
itself. The answer repeats the ``sequence`` of its command. Numbers in payloads have their low byte first.

========== ======================================== ============================================================
command    payload                                  answer
========== ======================================== ============================================================
IDENTIFY   nothing                                  IDENTITY: :func:`identity`
RESET      nothing                                  DONE; see "What a reset does" in golden/SPEC.md
WRITE      address, elements                        DONE
READ       address, count of bytes (one byte)       DATA: elements
BEGIN      label + 128 when learning, contents      DONE while the sample is incomplete, else PREDICTION: winner,
                                                    then one byte that is 1 if weights were updated
CONTINUE   contents                                 the same
========== ======================================== ============================================================

An address is a number of 4 bytes: ``element | (size - 1) << 20 | region << 24``. Elements follow one another from
there, ``size`` bytes (1..4) each, as raw bits with anything above. Contents of a sample with encoder ``levels`` are
levels, two a byte, the first in the low half, or one a byte in two's complement where levels are signed; with encoder
``events`` they are numbers of two bytes, an axon or, with bit 15 set, the end of a timestep. The processor knows from
its configuration when a sample is complete; what is left of the frame then is ignored.

A command without effect is answered by ERROR and a byte of :class:`Fault`. A frame is obeyed only when all of it has
come and its crc is right. Otherwise (``FRAME``) the processor ignores bytes until the line has been quiet for
:data:`QUIET_SECONDS` and answers then: a lost byte costs a pause and never a hang, and after the answer both sides
agree where the next frame begins. That answer repeats whatever arrived as ``sequence``.
"""

from __future__ import annotations

import binascii
import hashlib
import json
from dataclasses import dataclass
from enum import IntEnum

from golden.spec.config import Preset
from golden.spec.memmap import ELEMENT_BITS, REGION_BITS

PROTOCOL = 1
SYNC = 0xA5
CRC_START = 0xFFFF
CRC_POLYNOMIAL = 0x1021
CRC_BYTES = 2
MAX_PAYLOAD = 255
HEADER_BYTES = 4
OVERHEAD = HEADER_BYTES + CRC_BYTES
ADDRESS_BYTES = 4
SIZE_BIT, SIZE_BITS = ELEMENT_BITS, 2
REGION_BIT = 24
LEARN_BIT = 7
END_OF_STEP_BIT = 15
PREDICTION_BYTES = 2
QUIET_SECONDS = 0.04


class Command(IntEnum):
    """Kinds of frames from the host."""

    IDENTIFY = 0
    RESET = 1
    WRITE = 2
    READ = 3
    BEGIN = 4
    CONTINUE = 5


class Answer(IntEnum):
    """Kinds of frames from the processor."""

    DONE = 8
    IDENTITY = 9
    DATA = 10
    PREDICTION = 11
    ERROR = 12


class Fault(IntEnum):
    """Why a command had no effect."""

    FRAME = 1  # bytes were lost or altered
    COMMAND = 2  # no such command
    ORDER = 3  # BEGIN, READ or WRITE within a sample, or CONTINUE outside of one


class FrameError(ValueError):
    """Bytes that are not a frame."""


@dataclass(frozen=True)
class Frame:
    """One command or answer.

    Attributes
    ----------
    sequence
        0..255, chosen by the host and repeated by the answer.
    kind
        A :class:`Command` or an :class:`Answer`.
    payload
        At most :data:`MAX_PAYLOAD` bytes.
    """

    sequence: int
    kind: int
    payload: bytes = b""

    def encode(self) -> bytes:
        """Bytes on the line."""
        if len(self.payload) > MAX_PAYLOAD:
            raise FrameError(f"a payload has at most {MAX_PAYLOAD} bytes, not {len(self.payload)}")
        covered = bytes((self.sequence, self.kind, len(self.payload))) + self.payload
        return bytes((SYNC,)) + covered + checksum(covered).to_bytes(2, "big")

    @classmethod
    def decode(cls, line: bytes) -> Frame:
        """Frame of exactly these bytes, or :class:`FrameError`."""
        if len(line) < OVERHEAD or line[0] != SYNC or len(line) != OVERHEAD + line[3]:
            raise FrameError("bytes that do not make a frame")
        if checksum(line[1:]):
            raise FrameError("a frame whose crc is wrong")
        return cls(line[1], line[2], line[4:-2])


def checksum(covered: bytes) -> int:
    """CRC-16 of ``covered``; zero for bytes that end with their own CRC."""
    return binascii.crc_hqx(covered, CRC_START)


def address(region: int, element: int, size: int) -> bytes:
    """Address of an element and the bytes an element takes on the line."""
    if not (0 <= region < 1 << REGION_BITS and 0 <= element < 1 << ELEMENT_BITS and 1 <= size <= 1 << SIZE_BITS):
        raise FrameError(f"no address for element {element} of {size} bytes in region {region}")
    return (element | size - 1 << SIZE_BIT | region << REGION_BIT).to_bytes(ADDRESS_BYTES, "little")


def pack_levels(levels: bytes) -> bytes:
    """Levels 0..15, two a byte."""
    padded = levels + bytes(len(levels) % 2)
    return bytes(low | high << 4 for low, high in zip(padded[::2], padded[1::2], strict=True))


def pack_events(steps: list[list[int]]) -> bytes:
    """Axons that spike in each timestep, two bytes each, every timestep with its end."""
    numbers = [number for axons in steps for number in (*axons, 1 << END_OF_STEP_BIT)]
    return b"".join(number.to_bytes(2, "little") for number in numbers)


def identity(preset: Preset) -> bytes:
    """What IDENTITY says: protocol, the network's digest (8 bytes), and the digest of the memory layout (4 bytes)."""
    hardware = preset.hardware
    layout = {name: getattr(hardware, name) for name in ("lanes", "link_lanes", "layers_per_core")}
    text = json.dumps(layout, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).digest()
    return bytes((PROTOCOL,)) + bytes.fromhex(preset.network.digest) + digest[:4]
