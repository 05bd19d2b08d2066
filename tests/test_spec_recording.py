"""The header of a recording, byte by byte."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from golden.spec.presets import PRESETS, preset_named
from golden.spec.protocol import Command, identity
from golden.spec.recording import END, HEADER_BYTES, KEY_AT, MAGIC, Recording, RecordingError, key_of

HEADER = Recording(2, "0123456789abcdef", "fedcba98", "mnist-small", 6, 360_000, 15_000_000, 0xDEADBEEF)


def test_is_what_the_table_says() -> None:
    line = HEADER.encode()
    digests = bytes.fromhex("0123456789abcdeffedcba98")
    assert len(line) == HEADER_BYTES == 64
    assert line[:12] == b"3factor\0" + bytes((1, 2, 6, 0))
    assert line[12:24] == digests
    assert line[24:36] == b"\x40\x7e\x05\x00" + b"\xc0\xe1\xe4\x00" + b"\xef\xbe\xad\xde"
    assert line[36:60] == b"mnist-small".ljust(24, b"\0")
    assert line[KEY_AT:] == hashlib.sha256(MAGIC + bytes((1, 2)) + digests).digest()[:4]


def test_comes_back() -> None:
    assert Recording.decode(HEADER.encode() + b"commands") == HEADER
    assert Recording.decode(replace(HEADER, name="x" * 16).encode()).name == "x" * 16


@pytest.mark.parametrize(
    ("place", "sentence"),
    [(0, "does not begin as"), (8, "of version 0, not 1"), (9, "does not belong"), (12, "does not"), (23, "does not")],
)
def test_what_is_none_is_refused(place: int, sentence: str) -> None:
    line = bytearray(HEADER.encode())
    line[place] ^= 1
    with pytest.raises(RecordingError, match=sentence):
        Recording.decode(bytes(line))
    with pytest.raises(RecordingError, match="does not begin as a recording"):
        Recording.decode(HEADER.encode()[:-1])


def test_every_chip_has_a_key_of_its_own() -> None:
    built = [identity(preset, 24e6, 128) for preset in PRESETS.values()]
    tiny = preset_named("tiny")
    built.append(identity(replace(tiny, hardware=replace(tiny.hardware, lanes=8)), 24e6, 128))
    built.append(identity(replace(tiny, network=replace(tiny.network, seed=77)), 24e6, 128))
    built.append(replace(built[0], protocol=3))
    assert len({key_of(one) for one in built}) == len(built)
    # Clock, memory, name and commit do not decide what a recording does.
    assert key_of(replace(built[0], clock_hz=1, memory=1024, name="x", commit="12345678")) == key_of(built[0])


def test_the_end_is_no_command() -> None:
    assert END not in tuple(Command)
