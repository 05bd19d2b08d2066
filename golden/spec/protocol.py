"""What host and chip say to each other: commands and answers, on the streams of golden.spec.frames.

The host's stream is commands, one after the other; it need not wait for an answer before the next. The chip obeys
them in order and answers each, in order. Numbers have their low byte first.

========= ======================================== ==============================================================
command   behind its byte                          answer
========= ======================================== ==============================================================
IDENTIFY  nothing                                  IDENTITY, samples (2), count of bytes (1), :class:`Identity`
WRITE     address (4), count (2), elements         DONE when all are written
READ      address (4), count (2)                   DATA, elements
SAMPLE    label + 128 when learning, contents      PREDICTION, then one byte: winner, + 128 if weights were updated
========= ======================================== ==============================================================

``samples`` is how many predictions have been made since power-up, modulo 2^16: a sample that it counts is
learned, whatever became of the answer.

An address is a number of 4 bytes: ``element | (size - 1) << 20 | region << 24``. Elements follow one another from
there, ``size`` bytes (1..4) each, as raw bits with anything above.

Of a monitored chip a READ behind a SAMPLE tells class potentials and counters of that sample (golden.spec.memmap,
regions ``monitor.potentials`` and ``monitor.counters``); both can be sent ahead. A WRITE there changes nothing.

The contents of a sample end by themselves, when all levels or timesteps have come:

- encoder ``levels``: numbers of 4 bits, two a byte, the first in the low half. 1..15 is a level; 0 is a run of zeros,
  whose length - 1
  is the next number. What a run has beyond the last level is ignored, and so is an upper half that is left.
- the same with signed levels: bytes. -15..15 in two's complement is a level, ``n`` in 16..127 a run of n - 15 zeros.
- encoder ``events``: an axon that spikes, or, with its highest bit set, the end of a timestep; in one byte where axons
  need no more than 7 bits, else in two.

What is out of order is refused before it has any effect: FAULT and a byte of :class:`Fault`. After that the chip
ignores everything until it is opened again, since where the next command would begin is anyone's guess.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import IntEnum

from golden.spec.config import Network, Preset
from golden.spec.errors import harmless
from golden.spec.memmap import ELEMENT_BITS, REGION_BITS
from golden.spec.network import LEVEL_BITS
from golden.spec.settings import built_digest

PROTOCOL = 2
ADDRESS_BYTES, COUNT_BYTES = 4, 2
COUNT_LIMIT = (1 << 8 * COUNT_BYTES) - 1
SIZE_BIT, SIZE_BITS = ELEMENT_BITS, 2
REGION_BIT = 24
FLAG_BIT = 7
"""Bit of a label that says learn, and of a winner that says updated."""
NAME_BYTES = 16
SAMPLES_BYTES = 2


class Command(IntEnum):
    """First byte of a command."""

    IDENTIFY = 0
    WRITE = 1
    READ = 2
    SAMPLE = 3


class Answer(IntEnum):
    """First byte of an answer."""

    IDENTITY = 8
    DONE = 9
    DATA = 10
    PREDICTION = 11
    FAULT = 12


class Fault(IntEnum):
    """Why a command was refused."""

    COMMAND = 1  # there is none of this number
    PLACE = 2  # no such region, or elements beyond its end
    LABEL = 3  # no such class
    CONTENTS = 4  # a level below -15, or an axon that is not there


class ProtocolError(ValueError):
    """Something that has no place in the protocol."""


@dataclass(frozen=True)
class Identity:
    """What a chip says of itself; no preset is needed to read it.

    Attributes
    ----------
    protocol
        :data:`PROTOCOL`.
    network, layout
        Digests, as hex digits: of the network (:func:`golden.spec.settings.built_digest`), and of what decides where
        its values lie in the memories, and whether there are registers for settings.
    clock_hz
        Clock of the processor.
    memory
        Bytes of the host's stream that the chip can hold.
    inputs, steps, layers, neurons, classes
        Sizes of the network.
    name
        Of the preset, its first 16 bytes.
    commit
        First 8 hex digits of the commit that the bitstream was made of, if it was built with that wish, else "".
    """

    protocol: int
    network: str
    layout: str
    clock_hz: int
    memory: int
    inputs: int
    steps: int
    layers: int
    neurons: int
    classes: int
    name: str
    commit: str = ""

    def encode(self) -> bytes:
        """Bytes on the line."""
        return b"".join(
            (
                bytes((self.protocol,)),
                bytes.fromhex(self.network),
                bytes.fromhex(self.layout),
                *(int(getattr(self, name)).to_bytes(size, "little") for name, size in _NUMBERS.items()),
                bytes.fromhex(self.commit.ljust(2 * _COMMIT_BYTES, "0")),
                self.name.encode()[:NAME_BYTES],
            )
        )

    @classmethod
    def decode(cls, line: bytes) -> Identity:
        """Identity of these bytes, or :class:`ProtocolError`."""
        if not line or line[0] != PROTOCOL:
            found = line[0] if line else "none"
            raise ProtocolError(f"the chip speaks protocol {found} and this program protocol {PROTOCOL}")
        if len(line) < _NUMBERS_AT + sum(_NUMBERS.values()) + _COMMIT_BYTES:
            raise ProtocolError(f"the chip says only {len(line)} bytes of itself")
        numbers, first = dict[str, int](), _NUMBERS_AT
        for field, size in _NUMBERS.items():
            numbers[field] = int.from_bytes(line[first : first + size], "little")
            first += size
        commit, name = line[first : first + _COMMIT_BYTES], line[first + _COMMIT_BYTES :]
        network, layout = line[1 : 1 + _NETWORK_BYTES], line[1 + _NETWORK_BYTES : _NUMBERS_AT]
        return cls(
            protocol=line[0],
            network=network.hex(),
            layout=layout.hex(),
            name=harmless(name.decode(errors="replace")),
            commit=commit.hex() if any(commit) else "",
            **numbers,
        )


_NETWORK_BYTES, _LAYOUT_BYTES, _COMMIT_BYTES = 8, 4, 4
_NUMBERS_AT = 1 + _NETWORK_BYTES + _LAYOUT_BYTES
_NUMBERS = {"clock_hz": 4, "memory": 2, "inputs": 2, "steps": 2, "layers": 1, "neurons": 2, "classes": 1}


def identity(preset: Preset, clock_hz: float, memory: int, commit: str = "") -> Identity:
    """What the chip of a preset says of itself."""
    network, hardware = preset.network, preset.hardware
    layout = {name: getattr(hardware, name) for name in ("lanes", "link_lanes", "layers_per_core")}
    for option in ("adjustable", "monitored"):
        layout |= {option: True} if getattr(hardware, option) else {}
    text = json.dumps(layout, sort_keys=True, separators=(",", ":"))
    return Identity(
        PROTOCOL,
        built_digest(preset),
        hashlib.sha256(text.encode()).hexdigest()[: 2 * _LAYOUT_BYTES],
        round(clock_hz),
        memory,
        network.inputs,
        network.steps,
        network.layers,
        network.neurons,
        network.classes,
        preset.name,
        commit,
    )


def address(region: int, element: int, size: int) -> bytes:
    """Address of an element and the bytes an element takes on the line."""
    if not (0 <= region < 1 << REGION_BITS and 0 <= element < 1 << ELEMENT_BITS and 1 <= size <= 1 << SIZE_BITS):
        raise ProtocolError(f"no address for element {element} of {size} bytes in region {region}")
    return (element | size - 1 << SIZE_BIT | region << REGION_BIT).to_bytes(ADDRESS_BYTES, "little")


def event_bytes(network: Network) -> int:
    """Bytes of an event on the line."""
    return 1 if network.inputs <= 1 << FLAG_BIT else 2


RUN_LIMIT = 1 << LEVEL_BITS
"""Longest run of zeros among levels of 4 bits."""
SIGNED_RUN_BASE = (1 << LEVEL_BITS) - 1
"""What a byte that stands for a run of zeros has above its length."""
SIGNED_RUN_LIMIT = 127 - SIGNED_RUN_BASE
