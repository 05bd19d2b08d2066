"""Rounding generators: one xorshift32 a layer and one for the readout."""

from __future__ import annotations


def stepped(state: int) -> int:
    """One xorshift32 step; a row's draw is the upper 16 bits of the new state."""
    state ^= state << 13 & 0xFFFF_FFFF
    state ^= state >> 17
    return state ^ (state << 5 & 0xFFFF_FFFF)
