"""The plasticity unit: the three-factor update of a word of weights."""

from __future__ import annotations

from itertools import pairwise

from amaranth import Const, Module, Mux, Shape, Signal, Value, signed
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import exact_log2

from golden.spec.formats import Format
from golden.spec.network import DITHER_BITS
from golden.spec.training import SHIFT, SHIFT_LIMIT
from rtl.arith import clamp, dither_mask, dither_mask_constant
from rtl.delays import delayed
from rtl.types import shape_of

NEIGHBOURS = 16  # lanes that share a register of the scaled factor


class PlasticityUnit(wiring.Component):
    """Update ``lanes`` weights of one axon a cycle.

    For lane l, column j = target * lanes + l::

        w' = clamp(w + ((x g_j + ((draw ^ mask_j) mod 2^shift)) >> shift), -limit, limit)

    or with plain rounding w' = clamp(w + ((x g_j + floor(2^shift / 2)) >> shift), -limit, limit);
    limit = 2^(bits-1) - 1; the code below is an absent synapse and stays. The shift floors. Bit-exact with
    golden.plasticity.update_rows (arXiv 2605.00402, three-factor rule).

    No lane has a shifter: x and dither are scaled by 2^(12 - shift) once a word, so that every lane shifts by the
    constant 12. A lane is then one multiplication with an addition behind it, which is what a DSP block does.

    Throughput: a word every cycle. Latency: 3 cycles from ``weights`` and ``gated``. Stalls: none. ``target`` and
    ``draw`` are due one cycle before them, ``factor`` two. Pipeline: scaling; copies of the factor near the lanes,
    scaling of the dither; product; sum with the dither; sum with the weight and clamp.

    Parameters
    ----------
    weight, factor, gated
        Formats of w, x and g.
    lanes
        Weights a word.
    target
        Shape of the target word index.
    rounding
        ``stochastic`` or ``plain``, which ignores ``draw``.

    Members
    -------
    factor
        Operand that a word shares.
    target, draw
        Others, one cycle later.
    weights, gated
        Operands of its lanes, one cycle later again.
    shift
        Learning rate, 1..12; it holds while words are under way.
    updated
        The word to write back.
    """

    def __init__(
        self,
        weight: Format,
        factor: Format,
        gated: Format,
        lanes: int,
        target: Shape,
        rounding: str = "stochastic",
    ) -> None:
        self._weight, self._lanes, self._plain = weight, lanes, rounding == "plain"
        super().__init__(
            {
                "factor": In(shape_of(factor)),
                "target": In(target),
                "draw": In(DITHER_BITS),
                "weights": In(data.ArrayLayout(shape_of(weight), lanes)),
                "gated": In(data.ArrayLayout(shape_of(gated), lanes)),
                "shift": In(shape_of(SHIFT)),
                "updated": Out(data.ArrayLayout(shape_of(weight), lanes)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        limit, lanes = self._weight.high, self._lanes
        scale = Signal(range(SHIFT_LIMIT))
        m.d.comb += scale.eq(SHIFT_LIMIT - self.shift)

        def scaled_dither(value: Value) -> Value:
            """``value`` mod 2^shift, scaled."""
            return (value << scale)[:SHIFT_LIMIT]

        scaled = Signal(signed(len(self.factor) + (not self.factor.shape().signed) + SHIFT_LIMIT - 1), reset_less=True)
        # Lanes lie far from each other, and a multiplier takes long: every few lanes have the factor beside them.
        near = [
            Signal.like(scaled, name=f"near_{first}", reset_less=True, attrs={"keep": 1})
            for first in range(0, lanes, NEIGHBOURS)
        ]
        word_dither = Signal(SHIFT_LIMIT, reset_less=True)
        m.d.sync += [
            scaled.eq(self.factor << scale),
            *(copy.eq(scaled) for copy in near),
            word_dither.eq(scaled_dither(self.draw ^ dither_mask(self.target, lanes))),
        ]
        # The mask of a lane is the XOR of those of three parts of its index: with the dither of the word, four inputs.
        # It changes with the learning rate only, and has registers of its own.
        index_bits = exact_log2(lanes)
        cuts = [index_bits * part // 3 for part in range(4)]
        masks: dict[int, Signal] = {}
        for low, high in pairwise(cuts):
            for index in range(1 << low, 1 << high, 1 << low):
                masks[index] = mask = Signal(SHIFT_LIMIT, name=f"mask_{index}", reset_less=True)
                m.d.sync += mask.eq(scaled_dither(Const(dither_mask_constant(index), DITHER_BITS)))

        updated = Signal.like(self.updated, reset_less=True)
        m.d.comb += self.updated.eq(updated)
        for lane in range(lanes):
            weight = delayed(m, self.weights[lane], shape_of(self._weight), 2, f"weight_{lane}", reset=False)[-1]
            multiplied = _product(near[lane // NEIGHBOURS], self.gated[lane])
            product = Signal.like(multiplied, name=f"product_{lane}", reset_less=True)
            dither = Signal(SHIFT_LIMIT, name=f"dither_{lane}", reset_less=True)
            # The dither is less than one step of the shift, so the rounded product is no wider than the product.
            rounded = Signal.like(product, name=f"rounded_{lane}", reset_less=True)
            lane_dither: Value = Const(1 << SHIFT_LIMIT - 1) if self._plain else word_dither  # half a step, scaled
            for low, high in () if self._plain else pairwise(cuts):
                if index := lane & (1 << high) - (1 << low):
                    lane_dither = lane_dither ^ masks[index]
            total = weight + (rounded >> SHIFT_LIMIT)
            m.d.sync += [
                product.eq(multiplied),
                dither.eq(lane_dither),
                rounded.eq(product + dither),
                updated[lane].eq(Mux(weight == self._weight.low, self._weight.low, clamp(total, -limit, limit))),
            ]
        return m


def _product(factor: Value, gated: Value) -> Value:
    """``factor`` times ``gated``; a chip's few multipliers are left to those that need them."""
    if len(gated) > 3:
        return factor * gated
    *bits, sign = (Mux(bit, factor << place, 0) for place, bit in enumerate(gated))
    return sum(bits, start=Value.cast(0)) - sign
