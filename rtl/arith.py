"""Integer arithmetic of the specification as Amaranth expressions."""

from __future__ import annotations

from amaranth import Cat, Const, Mux, Shape, Value

from golden.spec.network import DITHER_BITS, DITHER_MULTIPLIER


def clamp(value: Value, low: int, high: int) -> Value:
    """Saturate ``value`` to ``low..high``; the result is as narrow as the range.

    The ranges 0..2^k - 1 and +-(2^k - 1) need no comparison: ``value`` fits when all bits above the range are alike.
    """
    shape, signed = Shape.cast(range(low, high + 1)), value.shape().signed
    bits, width = high.bit_length(), len(value) - signed
    if high == (1 << bits) - 1 and width >= bits:
        body, rest, negative = value[:bits], value[bits:width], value[-1] if signed else Const(0)
        if low == 0:
            return Mux(negative, 0, body | rest.any().replicate(bits))[:bits]
        if low == -high and signed:
            fits = Mux(negative, rest.all(), ~rest.any())
            # One code in the width of the range lies outside, -2^k.
            lowest_bit, upper_bits = (
                body[0] | (negative & (body == 0)),
                Mux(fits, body[1:], (~negative).replicate(bits - 1)),
            )
            return Cat(Mux(fits, lowest_bit, 1), upper_bits, negative).as_signed()
    bounded = Mux(value < low, Const(low), Mux(value > high, Const(high), value))
    result = bounded[: shape.width]
    return result.as_signed() if shape.signed else result


def times(value: Value, constant: int) -> Value:
    """``value`` times a constant of 0 or more by additions, since a block multiplier may lie far away."""
    return sum((value << bit for bit in range(constant.bit_length()) if constant >> bit & 1), start=Value.cast(0))


def dither_mask_constant(column: int) -> int:
    """Mask of a constant column: clmul(column, 0x9E37) mod 2^16."""
    mask = 0
    for bit in range(DITHER_BITS):
        if column >> bit & 1:
            mask ^= DITHER_MULTIPLIER << bit
    return mask & (1 << DITHER_BITS) - 1


def dither_mask(word: Value, lanes: int) -> Value:
    """Mask of the first column of a word, column = word * lanes: an XOR of constants chosen by the word's bits."""
    mask: Value = Const(0, DITHER_BITS)
    for bit in range(len(word)):
        mask = mask ^ Mux(word[bit], Const(dither_mask_constant(lanes << bit), DITHER_BITS), Const(0, DITHER_BITS))
    return mask
