"""The plasticity unit: the three-factor update of a word of weights."""

from __future__ import annotations

from amaranth import Const, Module, Mux, Shape, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.formats import Format
from rtl.arith import DITHER_BITS, clamp, dither_mask, dither_mask_constant
from rtl.types import shape_of

LATENCY = 3


class PlasticityUnit(wiring.Component):
    """Update ``lanes`` weights of one axon a cycle.

    For lane l, column j = target * lanes + l::

        w' = clamp(w + ((x g_j + ((draw ^ mask_j) mod 2^shift)) >> shift), -limit, limit)

    with limit = 2^(bits-1) - 1; the code below is an absent synapse and stays. The shift floors. Bit-exact with
    golden.plasticity.update_rows (arXiv 2605.00402, three-factor rule).

    Latency 3 cycles, a word every cycle, no stalls. Pipeline: product; dither and shift; sum and clamp.

    Parameters
    ----------
    weight, factor, gated
        Formats of w, x and g.
    lanes
        Weights a word.
    target
        Shape of the target word index.

    Members
    -------
    weights, factor, gated, target, draw
        Operands of a word.
    shift
        Learning rate; it holds while words are under way.
    updated
        The word to write back.
    """

    def __init__(self, weight: Format, factor: Format, gated: Format, lanes: int, target: Shape) -> None:
        self._weight, self._lanes = weight, lanes
        super().__init__(
            {
                "weights": In(data.ArrayLayout(shape_of(weight), lanes)),
                "factor": In(shape_of(factor)),
                "gated": In(data.ArrayLayout(shape_of(gated), lanes)),
                "target": In(target),
                "draw": In(DITHER_BITS),
                "shift": In(4),
                "updated": Out(data.ArrayLayout(shape_of(weight), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        limit, lanes = self._weight.high, self._lanes
        low_bits = Signal(DITHER_BITS)
        word_dither = Signal(DITHER_BITS)
        m.d.comb += low_bits.eq((Const(1, 1) << self.shift) - 1)
        m.d.sync += word_dither.eq(self.draw ^ dither_mask(self.target, lanes))

        for lane in range(lanes):
            held = [Signal(shape_of(self._weight), name=f"weight_{lane}_{stage}") for stage in (1, 2)]
            product = Signal.like(self.factor * self.gated[lane], name=f"product_{lane}")
            # The dither is less than one step of the shift, so the rounded product is no wider than the product.
            change = Signal.like(product, name=f"change_{lane}")
            mask = Const(dither_mask_constant(lane), DITHER_BITS)
            dither = (word_dither ^ mask) & low_bits
            total = held[1] + change
            m.d.sync += [
                product.eq(self.factor * self.gated[lane]),
                held[0].eq(self.weights[lane]),
                change.eq((product + dither) >> self.shift),
                held[1].eq(held[0]),
                self.updated[lane].eq(Mux(held[1] == self._weight.low, self._weight.low, clamp(total, -limit, limit))),
            ]
        return m
