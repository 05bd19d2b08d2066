"""Rounding generators: xorshift32, one state a population."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from rtl.memory import HostWindow
from rtl.types import index_shape


class RoundingGenerators(wiring.Component):
    """xorshift32 states; ``draw`` is the upper half of the selected one.

    ``step`` advances the selected state with the coming clock edge, so that a row which steps when its first word is
    issued finds its draw one cycle later, and for as long as its words last. Bit-exact with golden.generator.stepped.

    Parameters
    ----------
    initial
        Reset states.
    """

    def __init__(self, initial: Sequence[int]) -> None:
        self._initial = initial
        super().__init__(
            {
                "select": In(index_shape(len(initial))),
                "step": In(1),
                "draw": Out(unsigned(16)),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        states = [Signal(32, init=value, name=f"state_{index}") for index, value in enumerate(self._initial)]
        chosen, left, right, stepped = Signal(32), Signal(32), Signal(32), Signal(32)
        m.d.comb += [
            chosen.eq(Array(states)[self.select]),
            left.eq(chosen ^ (chosen << 13)[:32]),
            right.eq(left ^ (left >> 17)),
            stepped.eq(right ^ (right << 5)[:32]),
            self.draw.eq(chosen[16:]),
            self.host.value.eq(Array(states)[self.host.element[: len(self.select)]]),
        ]
        for index, state in enumerate(states):
            with m.If(self.step & (self.select == index)):
                m.d.sync += state.eq(stepped)
            with m.If(self.host.select & self.host.commit & (self.host.element == index)):
                m.d.sync += state.eq(self.host.data)
        return m
