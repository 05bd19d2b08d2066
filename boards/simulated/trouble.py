"""Trouble on a line: bytes that change, vanish, come twice or late."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

KINDS = ("altered", "lost", "doubled", "noise", "cut", "late", "replayed")
"""A bit of a byte flips; a byte vanishes; a byte comes twice; a byte comes that nobody sent; everything up to the end
of a transfer vanishes; a transfer comes together with the next one; an earlier transfer comes once more."""


@dataclass
class Trouble:
    """What disturbs one direction of a line, the same with every run.

    Parameters
    ----------
    rate
        Faults of each kind a byte.
    seed
        Of the draws.
    reach
        Bytes from which on earlier transfers do not come any more: positions tell apart half of what they count.

    Attributes
    ----------
    counts
        Faults so far, by kind.
    quiet
        Nothing happens while it is set.
    """

    rate: float
    seed: int
    reach: int = 100
    quiet: bool = False
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._late = b""
        self._earlier: list[bytes] = []

    def __call__(self, data: bytes) -> bytes:
        """What comes of bytes on their way."""
        held, self._late = self._late, b""
        if self.quiet or not data:
            return held + data
        result, dropped = bytearray(), False
        for byte in data:
            result.append(byte)
            for kind in KINDS:
                if self._random.random() >= self.rate:
                    continue
                self.counts[kind] += 1
                if kind == "altered":
                    result[-1:] = [byte ^ 1 << self._random.randrange(8)]
                elif kind == "lost":
                    del result[-1:]
                elif kind == "doubled":
                    result.append(byte)
                elif kind == "noise":
                    result.append(self._random.randrange(256))
                elif kind == "cut":
                    dropped = True
                elif kind == "late":
                    self._late = bytes(result)
                    result.clear()
                elif kind == "replayed" and self._earlier:
                    result += self._random.choice(self._earlier)
            if dropped:
                break
        self._earlier.append(data)
        while sum(map(len, self._earlier)) > self.reach:
            del self._earlier[0]
        return held + bytes(result)
