"""Proof of rtl/plasticity.py: the update of every lane is that of golden/SPEC.md, at the widths of the presets."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Mux, Signal, signed

from golden.spec.formats import Format
from golden.spec.presets import PRESETS
from rtl.plasticity import PlasticityUnit
from rtl.types import index_shape
from sim.formal.proof import Bench, Mutant, Proof

WIDE = signed(32)
LATENCY = 5
"""From the factor to the updated word; the others are due one and two cycles after the factor."""
Widths = tuple[Format, Format, Format, int, int, str]


def clmul(m: Any, column: Any, name: str) -> Any:
    """Carry-less product of a column with 0x9E37, mod 2^16: its shifted copies, one for each bit, by XOR."""
    product: Any = 0
    for bit in range(min(16, len(column))):
        product = Mux(column[bit], 0x9E37 << bit, 0) ^ product
    mask = Signal(16, name=name)
    m.d.comb += mask.eq(product)
    return mask


def update(widths: Widths, shift: int, chosen: tuple[int, ...]) -> Bench:
    """Compare lanes with ROW of the definition, for one learning rate."""
    weight, factor, gated, lanes, words, rounding = widths
    bench = Bench()
    design = PlasticityUnit(weight, factor, gated, lanes, index_shape(words), rounding)
    bench.add(design, driven=("shift",))
    m = bench.m
    m.d.comb += design.shift.eq(shift)
    x = bench.before(design.factor, LATENCY)
    target, draw = bench.before(design.target, LATENCY - 1), bench.before(design.draw, LATENCY - 1)
    for lane in chosen:
        w, g = (bench.before(one[lane], LATENCY - 2) for one in (design.weights, design.gated))
        column = Signal(24, name=f"column_{lane}")
        m.d.comb += column.eq(target * lanes + lane)
        dither = (1 << shift) // 2 if rounding == "plain" else (draw ^ clmul(m, column, f"mask_{lane}"))[:shift]
        moved = Signal(WIDE, name=f"moved_{lane}")
        m.d.comb += moved.eq(w + (((x * g) + dither) >> shift))
        limit = weight.high
        clamped = Mux(moved < -limit, -limit, Mux(moved > limit, limit, moved))
        expected = Mux(w == weight.low, weight.low, clamped)
        bench.claim(design.updated[lane] == expected, bench.begun(LATENCY + 1))
    return bench


def _distinct() -> dict[str, Widths]:
    """Widths of layers and readouts of presets, by the name of the first that has them."""
    found: dict[Widths, str] = {}
    for name, preset in PRESETS.items():
        n, hardware = preset.network, preset.hardware
        if n.plastic_layers:
            words = n.neurons * hardware.layers_per_core // hardware.lanes
            found.setdefault((n.weight, n.pre_factor, n.gated, hardware.lanes, words, n.rounding), name)
        if not n.prototypes:
            words = -(-n.readouts // hardware.link_lanes)
            key = (n.readout_weight, n.pre, n.readout_gated, hardware.link_lanes, words, n.rounding)
            found.setdefault(key, f"{name}.readout")
    return {name: widths for widths, name in found.items()}


_MUTANTS = (
    Mutant("the dither is the same in all lanes", "rtl.plasticity", "lane_dither = lane_dither ^ masks[index]", "pass"),
    Mutant("the product is not rounded", "rtl.plasticity", "rounded.eq(product + dither)", "rounded.eq(product)"),
    Mutant(
        "absent synapses change",
        "rtl.plasticity",
        "Mux(weight == self._weight.low, self._weight.low, clamp",
        "Mux(0, self._weight.low, clamp",
    ),
    Mutant("weights reach the lowest code", "rtl.arith", "body[0] | (negative & (body == 0))", "body[0]"),
)
_SHIFTS = (1, 3, 6, 12)


def _proofs() -> list[Proof]:
    found = []
    for index, (name, widths) in enumerate(_distinct().items()):
        lanes = widths[3]
        shift = _SHIFTS[index % 4]
        for rate in range(1, 13) if index == 0 else (shift,):
            chosen = (lanes - 1,)  # the last lane, whose mask has all its parts
            mutants = _MUTANTS if index == 0 and rate == 6 else _MUTANTS[1:2]
            found.append(
                Proof(
                    f"plasticity.{name}.shift_{rate}",
                    f"w, x, g, draw and target of any value: lane {lanes - 1} of {lanes} is ROW's",
                    partial(update, widths, rate, chosen),
                    LATENCY + 2,
                    mutants,
                    quick=index == 0 and rate == 6,
                )
            )
    return found


PROOFS = tuple(_proofs())
