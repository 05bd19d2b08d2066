"""Registers that follow a value through a pipeline."""

from __future__ import annotations

from amaranth import Module, Signal, ValueLike
from amaranth.hdl import ShapeLike


def delayed(
    m: Module, source: ValueLike, shape: ShapeLike, cycles: int, name: str, *, reset: bool = True
) -> list[Signal]:
    """Return ``source`` as it was 1, 2, ..., ``cycles`` cycles before, in registers ``name_1``, ``name_2``, ...

    Within a condition (``with m.If(advance):``) all registers hold while it is false. Throughput: one value a cycle.

    Parameters
    ----------
    m
        Module that gets the registers, in domain ``sync``.
    source
        What to follow.
    shape
        Of every register.
    cycles
        Registers, one at least.
    name
        First part of their names.
    reset
        Reset them to 0. Data need no reset where a flag beside them tells whether they are valid.
    """
    stages = [Signal(shape, name=f"{name}_{stage}", reset_less=not reset) for stage in range(1, cycles + 1)]
    m.d.sync += [stage.eq(before) for stage, before in zip(stages, [source, *stages], strict=False)]
    return stages
