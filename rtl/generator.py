"""Rounding generators: xorshift32, one state a population."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth import Array, Module, Signal, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.spec.network import DITHER_BITS
from rtl.memory import HostWindow
from rtl.types import index_shape


class RoundingGenerators(wiring.Component):
    """Generators of the dither that rounds weight updates, one a population.

    State s(n + 1) = c(n) ^ c(n) << 5 with a(n) = s(n) ^ s(n) << 13 and c(n) = a(n) ^ a(n) >> 17, on 32 bits
    (xorshift32, Marsaglia 2003); the draw is s >> 16. Bit-exact with golden.generator.stepped.

    Throughput: a step a cycle. Latency: ``step`` advances the selected state with the coming clock edge, so that a
    row which steps when its first word is issued finds its draw one cycle later, and for as long as its words last.
    Stalls: none. A reset keeps the states (golden/SPEC.md, "What a reset does").

    Parameters
    ----------
    initial
        States when the power comes, 1..2^32 - 1.

    Members
    -------
    select
        Which state steps and is drawn from.
    step
        Advance the selected state.
    draw
        Upper half of the selected state, unsigned 16 bits, combinational from ``select``.
    host
        Window of the states, one an element; ``value`` is combinational from ``element``.
    """

    def __init__(self, initial: Sequence[int]) -> None:
        self._initial = initial
        super().__init__(
            {
                "select": In(index_shape(len(initial))),
                "step": In(1),
                "draw": Out(unsigned(DITHER_BITS)),
                "host": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        states = [
            Signal(32, init=value, reset_less=True, name=f"state_{index}") for index, value in enumerate(self._initial)
        ]
        selected, first, second, stepped = Signal(32), Signal(32), Signal(32), Signal(32)
        m.d.comb += [
            selected.eq(Array(states)[self.select]),
            first.eq(selected ^ (selected << 13)[:32]),
            second.eq(first ^ (first >> 17)),
            stepped.eq(second ^ (second << 5)[:32]),
            self.draw.eq(selected[32 - DITHER_BITS :]),
            self.host.value.eq(Array(states)[self.host.element[: len(self.select)]]),
        ]
        for index, state in enumerate(states):
            with m.If(self.step & (self.select == index)):
                m.d.sync += state.eq(stepped)
            with m.If(self.host.select & self.host.commit & (self.host.element == index)):
                m.d.sync += state.eq(self.host.data)
        return m
