"""Many generators side by side, for data that is drawn sample by sample."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_WORD = np.uint64(0xFFFF_FFFF)


class Draws:
    """Generators of :class:`golden.spec.generator.Generator`, all stepped together and equal to it bit by bit.

    Parameters
    ----------
    seeds, purposes
        Seed and purpose of each generator, shape (n,), or shape (1,) where all share it.
    """

    def __init__(self, seeds: NDArray[np.integer], purposes: NDArray[np.integer]) -> None:
        state = seeds.astype(np.uint64) * np.uint64(0x9E37_79B9) + purposes.astype(np.uint64) * np.uint64(0x85EB_CA6B)
        state = state + np.uint64(1) & _WORD
        state ^= state >> np.uint64(16)
        state = state * np.uint64(0x7FEB_352D) & _WORD
        state ^= state >> np.uint64(15)
        state = state * np.uint64(0x846C_A68B) & _WORD
        state ^= state >> np.uint64(16)
        self._state = np.where(state == 0, np.uint64(0x9E37_79B9), state)

    def next(self) -> NDArray[np.uint64]:
        """Step every generator once and return the new states, shape (n,)."""
        state = self._state
        state = state ^ (state << np.uint64(13) & _WORD)
        state = state ^ state >> np.uint64(17)
        self._state = state ^ (state << np.uint64(5) & _WORD)
        return self._state

    def below(self, bound: int) -> NDArray[np.int64]:
        """Return an integer in ``[0, bound)`` from each generator, shape (n,)."""
        return (self.next() * np.uint64(bound) >> np.uint64(32)).astype(np.int64)
