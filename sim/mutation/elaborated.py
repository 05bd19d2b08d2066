"""Whether the gateware of the shipped presets is the same text: what no text tells apart, no test can.

Run as a program in another tree, it says so of that tree.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterator
from typing import Any

from amaranth.back import rtlil

from golden.spec.presets import PRESETS
from rtl.player import Player
from rtl.processor import Processor
from rtl.server import CommandServer
from rtl.tally import Tally
from rtl.uart import UartReceiver, UartTransmitter

CLOCK_HZ, DIVISOR = 24e6, 8
MEMORIES = (128, 1024)
KEY, START = b"0123", 1 << 20


def designs() -> Iterator[tuple[str, Any]]:
    """Every preset's processor and what serves it, each for both memories of the line; the small ones first."""
    yield "uart receiver", UartReceiver(DIVISOR)
    yield "uart transmitter", UartTransmitter(DIVISOR)
    yield "player", Player(KEY, START, CLOCK_HZ)
    for name, preset in PRESETS.items():
        yield f"tally of {name}", Tally(preset.network.classes)
        for memory in MEMORIES:
            for recording in (None, START):
                place = f"{memory} bytes{'' if recording is None else ', recording'}"
                yield f"server of {name}, {place}", CommandServer(preset, CLOCK_HZ, memory, recording=recording)
    for name, preset in PRESETS.items():
        yield f"processor of {name}", Processor(preset)


def digests() -> Iterator[tuple[str, str]]:
    """Name and digest of the RTLIL of every design, one by one."""
    for name, design in designs():
        text = rtlil.convert(design, name="top", emit_src=False)
        yield name, hashlib.sha256(text.encode()).hexdigest()


def main() -> int:
    """Print the digests; given those of another tree, stop with 1 at the first design that differs."""
    expected = sys.stdin.read().splitlines()
    for number, (name, digest) in enumerate(digests()):
        line = f"{digest} {name}"
        print(line, flush=True)  # noqa: T201
        if expected and line != expected[number]:
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
