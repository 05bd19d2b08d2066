"""The attraction unit: weights of a prototype move towards the eligibilities of their axons."""

from __future__ import annotations

from functools import reduce
from operator import or_, xor

from amaranth import Const, Module, Mux, Shape, Signal, Value, signed, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.formats import Format
from golden.spec.network import DITHER_BITS
from golden.spec.training import SHIFT, SHIFT_LIMIT
from rtl.arith import dither_mask, dither_mask_constant
from rtl.delays import delayed
from rtl.types import shape_of


class AttractionUnit(wiring.Component):
    """Update at most one of ``lanes`` weights of an axon a cycle.

    For the lane l with ``gated``, column j = target * lanes + l::

        w' = w + ((2^a x - w + ((draw ^ mask_j) mod 2^shift)) >> shift)

    or with plain rounding w' = w + ((2^a x - w + floor(2^shift / 2)) >> shift). The shift floors; w' lies between w and
    2^a x, so that nothing overflows. The lowest code is an absent synapse and stays, as do all other lanes. Bit-exact
    with golden.prototypes.attract.

    The lanes share one subtractor and one shifter: the weight that is gated is found first.

    Throughput: a word every cycle. Latency and times of the operands: those of
    :class:`~rtl.plasticity.PlasticityUnit`, in whose place it stands. Stalls: none. Pipeline: selection of weight and
    dither; distance with the dither; shift, sum and choice of lanes.

    Parameters
    ----------
    weight, factor
        Formats of w and x.
    lanes
        Weights a word.
    target
        Shape of the target word index.
    scale
        a.
    rounding
        ``stochastic`` or ``plain``, which ignores ``draw``.

    Members
    -------
    factor
        Operand that a word shares.
    target, draw
        Others, one cycle later.
    weights, gated
        Operands of its lanes, one cycle later again; ``gated`` is set for one lane at most.
    shift
        Learning rate, 1..12; it holds while words are under way.
    updated
        The word to write back.
    """

    def __init__(
        self, weight: Format, factor: Format, lanes: int, target: Shape, scale: int, rounding: str = "stochastic"
    ) -> None:
        self._weight, self._lanes, self._scale, self._plain = weight, lanes, scale, rounding == "plain"
        super().__init__(
            {
                "factor": In(shape_of(factor)),
                "target": In(target),
                "draw": In(DITHER_BITS),
                "weights": In(data.ArrayLayout(shape_of(weight), lanes)),
                "gated": In(data.ArrayLayout(unsigned(1), lanes)),
                "shift": In(shape_of(SHIFT)),
                "updated": Out(data.ArrayLayout(shape_of(weight), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        lanes, weight = range(self._lanes), shape_of(self._weight)
        in_dither = Signal(SHIFT_LIMIT, reset_less=True)  # the bits of the dither that count
        m.d.sync += in_dither.eq((1 << self.shift) - 1)

        factors = delayed(m, self.factor, self.factor.shape(), 2, "factor", reset=False)
        word_dither = Signal(DITHER_BITS, reset_less=True)
        m.d.sync += word_dither.eq(self.draw ^ dither_mask(self.target, self._lanes))

        # The weight that is gated, and its dither.
        chosen, dither, factor = (
            Signal(weight, name="chosen", reset_less=True),
            Signal(SHIFT_LIMIT, name="dither", reset_less=True),
            Signal.like(self.factor, name="factor_chosen", reset_less=True),
        )
        gates = [self.gated[lane] for lane in lanes]
        mask = reduce(xor, (Mux(gates[lane], Const(dither_mask_constant(lane), DITHER_BITS), 0) for lane in lanes))
        lane_dither: Value = in_dither ^ (in_dither >> 1) if self._plain else word_dither ^ mask
        m.d.sync += [
            chosen.eq(reduce(or_, (Mux(gates[lane], self.weights[lane], 0) for lane in lanes))),
            dither.eq(lane_dither[:SHIFT_LIMIT] & in_dither),
            factor.eq(factors[-1]),
        ]

        # Its distance from where it goes, with the dither, which is less than one step of the shift.
        longest = max(self._weight.bits + 1, SHIFT_LIMIT + 1) + 1
        distance, moving = Signal(signed(longest), reset_less=True), Signal(weight, reset_less=True)
        m.d.sync += [distance.eq((factor << self._scale) - chosen + dither), moving.eq(chosen)]

        moved = Signal(weight)
        m.d.comb += moved.eq(moving + (distance >> self.shift))
        for lane in lanes:
            kept = delayed(m, self.weights[lane], weight, 2, f"weight_{lane}", reset=False)[-1]
            gated = delayed(m, gates[lane], 1, 2, f"gated_{lane}", reset=False)[-1]
            changes = gated & (kept != self._weight.low)
            updated = Signal(weight, name=f"updated_{lane}", reset_less=True)
            m.d.sync += updated.eq(Mux(changes, moved, kept))
            m.d.comb += self.updated[lane].eq(updated)
        return m
