"""The one random generator of the project: xorshift32 with mixed seeds."""

from __future__ import annotations

from collections.abc import MutableSequence
from enum import IntEnum
from typing import Any

WORD = 0xFFFF_FFFF


class Purpose(IntEnum):
    """Independent uses of randomness; each has a generator of its own."""

    SPLIT = 0
    ORDER = 1
    TOPOLOGY = 2
    WEIGHTS = 3
    FEEDBACK = 4
    ROUNDING = 5
    STIMULUS = 6
    AUGMENTATION = 7
    PERMUTATION = 8
    FAULTS = 9
    ENROLMENT = 10
    REPLAY = 11


def mixed_seed(seed: int, purpose: int) -> int:
    """Spread ``seed`` and ``purpose`` over 32 bits, never zero (xorshift32 would stay there)."""
    state = (seed * 0x9E37_79B9 + purpose * 0x85EB_CA6B + 1) & WORD
    state ^= state >> 16
    state = state * 0x7FEB_352D & WORD
    state ^= state >> 15
    state = state * 0x846C_A68B & WORD
    state ^= state >> 16
    return state or 0x9E37_79B9


class Generator:
    """xorshift32 (Marsaglia 2003): ``s ^= s << 13; s ^= s >> 17; s ^= s << 5`` on 32 bits.

    Parameters
    ----------
    seed, purpose
        Initial state is ``mixed_seed(seed, purpose)``.
    """

    def __init__(self, seed: int, purpose: int) -> None:
        self.state = mixed_seed(seed, purpose)

    def next(self) -> int:
        """Step once and return the new 32-bit state."""
        state = self.state
        state ^= state << 13 & WORD
        state ^= state >> 17
        state ^= state << 5 & WORD
        self.state = state
        return state

    def below(self, bound: int) -> int:
        """Return an integer in ``[0, bound)``: ``floor(next() * bound / 2^32)``."""
        return self.next() * bound >> 32

    def shuffle(self, items: MutableSequence[Any]) -> None:
        """Fisher-Yates in place, from the last item down."""
        for last in range(len(items) - 1, 0, -1):
            other = self.below(last + 1)
            items[last], items[other] = items[other], items[last]
