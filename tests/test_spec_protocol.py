"""The byte protocol: frames, their checksum, and what is refused."""

from __future__ import annotations

import pytest

from golden.spec.presets import PRESETS
from golden.spec.protocol import (
    MAX_PAYLOAD,
    OVERHEAD,
    Command,
    Frame,
    FrameError,
    address,
    checksum,
    identity,
    pack_events,
    pack_levels,
)


def test_checksum_is_crc_16_of_the_catalogue() -> None:
    assert checksum(b"123456789") == 0x29B1  # CRC-16/IBM-3740
    assert checksum(b"123456789\x29\xb1") == 0


@pytest.mark.parametrize("size", [0, 1, MAX_PAYLOAD])
def test_frames_are_read_back(size: int) -> None:
    frame = Frame(200, Command.WRITE, bytes(range(size)))
    assert len(frame.encode()) == OVERHEAD + size
    assert Frame.decode(frame.encode()) == frame


def test_every_damage_of_a_byte_is_seen() -> None:
    line = Frame(1, Command.READ, address(3, 17, 2) + b"\x04").encode()
    for position in range(len(line)):
        for change in range(1, 256):
            damaged = line[:position] + bytes((line[position] ^ change,)) + line[position + 1 :]
            with pytest.raises(FrameError):
                Frame.decode(damaged)
        with pytest.raises(FrameError):
            Frame.decode(line[:position] + line[position + 1 :])


def test_refuses_what_cannot_be_sent() -> None:
    with pytest.raises(FrameError, match="a payload has at most 255 bytes, not 256"):
        Frame(0, Command.WRITE, bytes(256)).encode()
    with pytest.raises(FrameError, match="no address for element 0 of 5 bytes in region 0"):
        address(0, 0, 5)


def test_packs_samples() -> None:
    assert pack_levels(bytes((1, 2, 15))) == b"\x21\x0f"
    assert pack_events([[3], [], [258]]) == b"\x03\x00\x00\x80\x00\x80\x02\x01\x00\x80"


def test_identities_differ() -> None:
    assert len({identity(preset) for preset in PRESETS.values()}) == len(PRESETS)
