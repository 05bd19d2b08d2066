"""Saturation of rtl/arith.py against Python's integers, over every value of narrow formats."""

from __future__ import annotations

import pytest
from amaranth import Module, Shape, Signal, signed, unsigned
from amaranth.sim import Simulator

from rtl.arith import clamp


@pytest.mark.parametrize(
    ("shape", "low", "high"),
    [
        (signed(9), -31, 31),
        (signed(6), -31, 31),
        (signed(4), -1, 1),
        (signed(7), 0, 15),
        (signed(5), 0, 15),
        (unsigned(6), 0, 15),
        (unsigned(4), 0, 15),
        (signed(4), -31, 31),
        (signed(4), 0, 15),
        (unsigned(3), 0, 15),
        (signed(7), -12, 31),
        (signed(7), 5, 20),
        (unsigned(6), 5, 20),
    ],
)
def test_clamp(shape: Shape, low: int, high: int) -> None:
    """Every value of ``shape``, and the width of the result."""
    m, value, result = Module(), Signal(shape), Signal(range(low, high + 1))
    clamped = clamp(value, low, high)
    m.d.comb += result.eq(clamped)
    lowest = -(1 << shape.width - 1) if shape.signed else 0

    async def every_value(context) -> None:  # type: ignore[no-untyped-def]
        for number in range(lowest, lowest + (1 << shape.width)):
            context.set(value, number)
            await context.delay(1e-9)
            assert context.get(result) == min(max(number, low), high), number

    assert clamped.shape() == result.shape()
    simulator = Simulator(m)
    simulator.add_testbench(every_value)
    simulator.run()
