"""A recording: commands of a host in the flash of a board, which the chip carries out by itself.

From an offset on, which is the board's, the flash holds the following; numbers have their low byte first.

===== ===== ====================================================================================================
place bytes contents
===== ===== ====================================================================================================
0     8     :data:`MAGIC`
8     1     version of this layout, :data:`VERSION`
9     1     version of golden.spec.protocol
10    2     epochs
12    8     digest of the network, as in golden.spec.protocol.Identity
20    4     digest of the layout of its memories, likewise
24    4     samples, of all epochs and tests
28    4     bytes of the commands, :data:`END` included
32    4     CRC-32 (of IEEE 802.3) of the commands
36    16    name of the preset, its first bytes; zeros behind it
52    8     zeros
60    4     key: the first bytes of the SHA-256 of the bytes 0..9 and 12..23
64    ...   commands of golden.spec.protocol, WRITE and SAMPLE one after the other, then :data:`END`
===== ===== ====================================================================================================

The chip reads from :data:`KEY_AT` on. Only if the key is its own does it obey what follows, until the first byte that
it cannot obey: :data:`END` is no command, so it is refused as any other mistake is, and so is what stands in an erased
flash. What lies before the key is for programs; the chip never looks at it, nor does it check the CRC, for which it
would have to read everything twice.

Learning is the host's then, bit by bit: state and learning rates are written as a host writes them, and the samples of
an epoch stand there in its order, augmented as the recipe says, each with its label. They are stored epoch by epoch,
since the order is a permutation of all training samples, and the chip has no memory for one. Samples of a test have a
label as well, without the bit that says learn, so that whoever counts knows which predictions were right.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from golden.spec.errors import harmless
from golden.spec.protocol import NAME_BYTES, Identity

MAGIC, VERSION = b"3factor\0", 1
KEY_AT, KEY_BYTES = 60, 4
HEADER_BYTES = KEY_AT + KEY_BYTES
END = 0xFF
RIGHT, WRONG = ord("1"), ord("0")
"""What the chip says on its line for every prediction while it plays a recording; no host has a use for it."""


class RecordingError(ValueError):
    """Bytes that are not a recording."""


@dataclass(frozen=True)
class Recording:
    """The header of a recording.

    Attributes
    ----------
    protocol, network, layout, name
        As in :class:`golden.spec.protocol.Identity`.
    epochs, samples
        What it holds.
    length, crc
        Of its commands.
    """

    protocol: int
    network: str
    layout: str
    name: str
    epochs: int
    samples: int
    length: int
    crc: int

    @property
    def key(self) -> bytes:
        """What the chip compares with its own."""
        return key(self.protocol, self.network, self.layout)

    def encode(self) -> bytes:
        """Bytes in the flash, the key last."""
        return b"".join(
            (
                MAGIC,
                bytes((VERSION, self.protocol)),
                self.epochs.to_bytes(2, "little"),
                bytes.fromhex(self.network + self.layout),
                *(number.to_bytes(4, "little") for number in (self.samples, self.length, self.crc)),
                self.name.encode()[:NAME_BYTES].ljust(NAME_BYTES + 8, b"\0"),
                self.key,
            )
        )

    @classmethod
    def decode(cls, header: bytes) -> Recording:
        """Header of these bytes, or :class:`RecordingError`."""
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            raise RecordingError("it does not begin as a recording")
        if header[8] != VERSION:
            raise RecordingError(f"it is a recording of version {header[8]}, not {VERSION}")
        samples, length, crc = (int.from_bytes(header[first : first + 4], "little") for first in (24, 28, 32))
        found = cls(
            protocol=header[9],
            network=header[12:20].hex(),
            layout=header[20:24].hex(),
            name=harmless(header[36 : 36 + NAME_BYTES].rstrip(b"\0").decode(errors="replace")),
            epochs=int.from_bytes(header[10:12], "little"),
            samples=samples,
            length=length,
            crc=crc,
        )
        if found.key != header[KEY_AT:HEADER_BYTES]:
            raise RecordingError("its key does not belong to its digests")
        return found


def key(protocol: int, network: str, layout: str) -> bytes:
    """Key of what a chip was built from: two that differ in any of these do not obey each other's recordings."""
    text = MAGIC + bytes((VERSION, protocol)) + bytes.fromhex(network + layout)
    return hashlib.sha256(text).digest()[:KEY_BYTES]


def key_of(identity: Identity) -> bytes:
    """Key of a chip that says this of itself."""
    return key(identity.protocol, identity.network, identity.layout)
