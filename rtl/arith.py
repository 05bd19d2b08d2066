"""Integer arithmetic of the specification as Amaranth expressions."""

from __future__ import annotations

from amaranth import Const, Mux, Shape, Value

from golden.spec.config import DITHER_MULTIPLIER

DITHER_BITS = 16


def clamp(value: Value, low: int, high: int) -> Value:
    """Saturate ``value`` to ``low..high``; the result is as narrow as the range."""
    bounded = Mux(value < low, Const(low), Mux(value > high, Const(high), value))
    shape = Shape.cast(range(low, high + 1))
    result = bounded[: shape.width]
    return result.as_signed() if shape.signed else result


def dither_mask_constant(column: int) -> int:
    """Mask of a constant column: clmul(column, 0x9E37) mod 2^16."""
    mask = 0
    for bit in range(DITHER_BITS):
        if column >> bit & 1:
            mask ^= DITHER_MULTIPLIER << bit
    return mask & 0xFFFF


def dither_mask(word: Value, lanes: int) -> Value:
    """Mask of the first column of a word, column = word * lanes: an XOR of constants chosen by the word's bits."""
    mask: Value = Const(0, DITHER_BITS)
    for bit in range(len(word)):
        mask = mask ^ Mux(word[bit], Const(dither_mask_constant(lanes << bit), DITHER_BITS), Const(0, DITHER_BITS))
    return mask
