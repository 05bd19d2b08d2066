"""Frames on the line: their checksum, their stuffing, and how a receiver finds back into step."""

from __future__ import annotations

import random
import zlib

import pytest

from golden.spec.frames import (
    ESCAPE,
    FCS_BYTES,
    FCS_RESIDUE,
    FLAG,
    ChipFrame,
    FrameError,
    HostFrame,
    Kind,
    Separator,
    enclosed,
    number_bytes,
    piece,
    window,
)


def test_checksum_is_crc_32_of_the_catalogue() -> None:
    assert zlib.crc32(b"123456789") == 0xCBF43926  # CRC-32/ISO-HDLC
    line = b"123456789" + 0xCBF43926.to_bytes(4, "little")
    assert zlib.crc32(line) ^ 0xFFFF_FFFF == FCS_RESIDUE


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("payload", [b"", b"\x00", bytes(range(128)), bytes((FLAG, ESCAPE)) * 30])
def test_frames_are_read_back(size: int, payload: bytes) -> None:
    for number in (0, 1, FLAG, ESCAPE, 255):
        host = HostFrame(Kind.DATA, 31, number, 255 - number, payload)
        assert [HostFrame.decode(content, size) for content in Separator().add(host.encode(size))] == [host]
        chip = ChipFrame(Kind.REPEAT, 3, number, 255 - number, 7, payload)
        assert [ChipFrame.decode(content, size) for content in Separator().add(chip.encode(size))] == [chip]


def test_between_flags_there_is_none() -> None:
    assert FLAG not in HostFrame(Kind.DATA, 9, FLAG, FLAG, bytes(range(256))).encode(1)[1:-1]


def test_every_damage_of_a_byte_is_seen() -> None:
    line = HostFrame(Kind.DATA, 1, 3, 4, bytes((1, FLAG, 2, ESCAPE))).encode(1)
    whole = next(Separator().add(line))
    for position in range(len(line)):
        for change in range(1, 256):
            damaged = line[:position] + bytes((line[position] ^ change,)) + line[position + 1 :]
            assert whole not in list(Separator().add(damaged)) or position in (0, len(line) - 1)
            assert list(Separator().add(damaged)) in ([], [whole])
        assert list(Separator().add(line[:position] + line[position + 1 :])) in ([], [whole])


def test_finds_back_into_step_at_the_next_flag() -> None:
    draws = random.Random(3)
    frame = HostFrame(Kind.DATA, 1, 9, 9, bytes(range(40))).encode(1)
    for _ in range(200):
        noise = draws.randbytes(draws.randrange(50))
        assert list(Separator().add(noise + frame))[-1] == next(Separator().add(frame))


def test_counts_what_is_damaged() -> None:
    separator, frame = Separator(), HostFrame(Kind.DATA, 1, 0, 0, b"abc").encode(1)
    assert not list(separator.add(frame[:5])) and not list(separator.add(frame[6:]))
    assert separator.damaged == 1
    assert len(list(separator.add(frame + frame))) == 2 and separator.damaged == 1
    # Four zeros are the checksum of nothing, and nothing is no frame.
    assert not list(separator.add(enclosed(b""))) and separator.damaged == 2
    assert not list(separator.add(bytes((FLAG, 1, ESCAPE, FLAG)))) and separator.damaged == 3


def test_refuses_what_is_no_frame() -> None:
    with pytest.raises(FrameError, match="2 bytes that are no frame of this protocol"):
        HostFrame.decode(b"\x00\x01", 1)
    with pytest.raises(FrameError):
        ChipFrame.decode(bytes((7, 0, 0, 0)), 1)


@pytest.mark.parametrize("memory", [128, 256, 1024, 1 << 14])
def test_what_is_under_way_cannot_be_mistaken(memory: int) -> None:
    numbers = 1 << 8 * number_bytes(memory)
    assert window(memory) <= memory - FCS_BYTES and memory <= numbers // 2
    assert 2 * piece(memory) <= memory and numbers % piece(memory) == 0
