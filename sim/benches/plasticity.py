"""PlasticityUnit: all small operands against golden.arith, and wide rows against golden.plasticity.update_rows."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int, clamp, dither_masks, dithered_shift, plain_shift
from golden.plasticity import update_rows
from golden.spec import pipeline
from golden.spec.config import SHIFT_LIMIT
from golden.spec.formats import Format, signed
from rtl.plasticity import PlasticityUnit
from rtl.types import index_shape
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import pack, start, value_of

TARGETS, ROWS = 13, 80


class Vector(NamedTuple):
    """Operands of a word and what must become of it."""

    weights: list[int]
    factor: int
    gated: list[int]
    target: int
    draw: int
    shift: int
    expected: list[int]


def formats(bits: int, centred: bool) -> tuple[Format, Format, Format]:
    """Formats of w, x and g at a weight width; x is signed where inputs are centred."""
    return signed(bits), Format(max(2, bits // 2) + centred, centred), signed(max(3, bits - 2))


def component(bits: int, centred: bool, lanes: int, rounding: str) -> PlasticityUnit:
    """Unit under test."""
    return PlasticityUnit(*formats(bits, centred), lanes, index_shape(TARGETS), rounding)


async def check(dut: HierarchyObject, unit: PlasticityUnit, weight: Format, vectors: Iterable[Vector]) -> Counter[str]:
    """Feed a vector a cycle and compare what leaves; count corner cases."""
    weights_shape, factor_shape, gated_shape = unit.weights.shape(), unit.factor.shape(), unit.gated.shape()
    corners: Counter[str] = Counter()
    under_way: deque[Vector | None] = deque()
    await start(dut)
    for shift, group in itertools.groupby(vectors, key=lambda vector: vector.shift):
        dut.shift.value = shift  # holds while words are under way
        for vector in itertools.chain(group, [None] * (pipeline.UPDATE + 2)):
            if vector is not None:
                dut.factor.value = pack(factor_shape, vector.factor)
            if under_way and (before := under_way[-1]) is not None:  # one cycle later
                dut.target.value, dut.draw.value = before.target, before.draw
            if len(under_way) > 1 and (before := under_way[-2]) is not None:  # and the lanes another one
                dut.weights.value = pack(weights_shape, before.weights)
                dut.gated.value = pack(gated_shape, before.gated)
            await RisingEdge(dut.clk)
            under_way.append(vector)
            done = under_way.popleft() if len(under_way) > pipeline.UPDATE + 2 else None
            if done is None:
                continue
            if int(dut.updated.value) != pack(weights_shape, done.expected):
                raise AssertionError(f"{done}: found {value_of(weights_shape, dut.updated)}")
            for old, new in zip(done.weights, done.expected, strict=True):
                corners["absent"] += old == weight.low
                corners["rose to the limit"] += weight.low != old < new == weight.high
                corners["fell to the limit"] += old > new == -weight.high
                corners["changed"] += old != new
    return corners


def all_small(weight: Format, factor: Format, gated: Format, lanes: int, rounding: str) -> Iterable[Vector]:
    """All weights, x, g, shifts 1..5 and low bits of the draw; columns and the draw's high bits vary along."""
    words = np.arange(weight.low, weight.high + 1).reshape(-1, lanes)
    masks = dither_masks(TARGETS * lanes)
    gs, target = range(gated.low, gated.high + 1), 0
    for shift in range(1, 6):
        for draw, x, g in itertools.product(range(1 << shift), range(factor.low, factor.high + 1), gs):
            for word in words:
                target = (target + 1) % TARGETS
                value = draw | target * 0x1B40 & 0xFFC0
                product = np.full(lanes, x * g)
                if rounding == "plain":
                    change = plain_shift(product, shift)
                else:
                    change = dithered_shift(product, shift, value, masks[target * lanes :][:lanes])
                expected = np.where(word == weight.low, weight.low, clamp(word + change, -weight.high, weight.high))
                yield Vector(word.tolist(), x, [g] * lanes, target, value, shift, expected.tolist())


def random_rows(weight: Format, factor: Format, gated: Format, lanes: int, rounding: str) -> Iterable[Vector]:
    """Whole rows of a matrix, word by word; the draw is that of golden's generator."""
    random, generator = np.random.default_rng(weight.bits), 12345
    for row in range(ROWS):
        exists = random.random((1, TARGETS * lanes)) < 0.8
        before = np.where(exists, random.integers(-weight.high, weight.high + 1, exists.shape), 0).astype(np.int16)
        x: Int = random.integers(1, factor.high + 1, (1,)) * (random.choice((1, -1)) if factor.signed else 1)
        g: Int = random.integers(gated.low, gated.high + 1, exists.shape[1:])
        after, shift = before.copy(), row % SHIFT_LIMIT + 1
        generator = update_rows(after, exists, x, g, shift, weight.high, generator, rounding)
        codes = [np.where(exists, matrix, weight.low).reshape(-1, lanes).tolist() for matrix in (before, after)]
        for target, (old, new) in enumerate(zip(*codes, strict=True)):
            columns = slice(target * lanes, (target + 1) * lanes)
            yield Vector(old, int(x[0]), g[columns].tolist(), target, generator >> 16, shift, new)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def updates(dut: HierarchyObject) -> None:
    """All operands at a narrow width, random rows at a wide one."""
    parameters = parameters_of_bench()
    widths = formats(parameters["bits"], parameters["centred"])
    vectors = (all_small if parameters["bits"] <= 4 else random_rows)(
        *widths, parameters["lanes"], parameters["rounding"]
    )
    corners = await check(dut, component(**parameters), widths[0], vectors)
    require(corners, "absent", "rose to the limit", "fell to the limit", "changed")
