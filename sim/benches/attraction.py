"""AttractionUnit: all small operands against golden.arith, and random words of a wide one."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterable
from typing import NamedTuple

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import dither_masks, dithered_shift, plain_shift
from golden.spec import pipeline
from golden.spec.config import SHIFT_LIMIT
from golden.spec.formats import Format, signed, unsigned
from rtl.attraction import AttractionUnit
from rtl.types import index_shape
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import pack, start, value_of

TARGETS, WORDS = 13, 600


class Vector(NamedTuple):
    """Operands of a word, the lane that is gated or -1, and what must become of it."""

    weights: list[int]
    factor: int
    lane: int
    target: int
    draw: int
    shift: int
    expected: list[int]


def component(bits: int, pre_bits: int, lanes: int, rounding: str) -> AttractionUnit:
    """Unit under test."""
    scale = bits - 1 - pre_bits
    return AttractionUnit(signed(bits), unsigned(pre_bits), lanes, index_shape(TARGETS), scale, rounding)


def vector_of(
    weight: Format, scale: int, word: list[int], x: int, lane: int, target: int, draw: int, shift: int, rounding: str
) -> Vector:
    """Expected word of these operands."""
    expected = list(word)
    if lane >= 0 and word[lane] != weight.low:
        distance = np.array([(x << scale) - word[lane]])
        column = target * len(word) + lane
        masks = dither_masks(column + 1)[column:]
        plain = rounding == "plain"
        change = plain_shift(distance, shift) if plain else dithered_shift(distance, shift, draw, masks)
        expected[lane] += int(change[0])
    return Vector(word, x, lane, target, draw, shift, expected)


def all_small(weight: Format, pre: Format, lanes: int, rounding: str) -> Iterable[Vector]:
    """All weights, x, shifts 1..5 and low bits of the draw; lane, column and the draw's high bits vary along."""
    scale, target = weight.bits - 1 - pre.bits, 0
    for shift in range(1, 6):
        for draw, x, value in itertools.product(
            range(1 << shift), range(pre.high + 1), range(weight.low, weight.high + 1)
        ):
            target = (target + 1) % TARGETS
            word = [(value + 3 * other - weight.low) % (1 << weight.bits) + weight.low for other in range(lanes)]
            lane = (draw + x + value) % (lanes + 1) - 1
            yield vector_of(weight, scale, word, x, lane, target, draw | target * 0x1B40 & 0xFFC0, shift, rounding)


def random_words(weight: Format, pre: Format, lanes: int, rounding: str) -> Iterable[Vector]:
    """Random words at all rates."""
    random, scale = np.random.default_rng(weight.bits), weight.bits - 1 - pre.bits
    for index in range(WORDS):
        shift = index * SHIFT_LIMIT // WORDS + 1
        word = random.integers(weight.low, weight.high + 1, lanes).tolist()
        x, lane, target, draw = (int(random.integers(n)) for n in (pre.high + 1, lanes, TARGETS, 1 << 16))
        yield vector_of(weight, scale, word, x, lane, target, draw, shift, rounding)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def updates(dut: HierarchyObject) -> None:
    """All operands at a narrow width, random ones at a wide one, a word a cycle."""
    parameters = parameters_of_bench()
    bits, lanes, rounding = parameters["bits"], parameters["lanes"], parameters["rounding"]
    weight, pre, unit = signed(bits), unsigned(parameters["pre_bits"]), component(**parameters)
    vectors = (all_small if bits <= 4 else random_words)(weight, pre, lanes, rounding)
    weights_shape, gated_shape = unit.weights.shape(), unit.gated.shape()
    corners: Counter[str] = Counter()
    under_way: deque[Vector | None] = deque()
    await start(dut)
    for shift, group in itertools.groupby(vectors, key=lambda vector: vector.shift):
        dut.shift.value = shift  # holds while words are under way
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)
        for vector in itertools.chain(group, [None] * (pipeline.UPDATE + 2)):
            if vector is not None:
                dut.factor.value = vector.factor
            if under_way and (before := under_way[-1]) is not None:  # one cycle later
                dut.target.value, dut.draw.value = before.target, before.draw
            if len(under_way) > 1 and (before := under_way[-2]) is not None:  # and the lanes another one
                dut.weights.value = pack(weights_shape, before.weights)
                dut.gated.value = pack(gated_shape, [int(lane == before.lane) for lane in range(lanes)])
            await RisingEdge(dut.clk)
            under_way.append(vector)
            done = under_way.popleft() if len(under_way) > pipeline.UPDATE + 2 else None
            if done is None:
                continue
            if int(dut.updated.value) != pack(weights_shape, done.expected):
                raise AssertionError(f"{done}: found {value_of(weights_shape, dut.updated)}")
            corners["none is gated"] += done.lane < 0
            corners["absent"] += done.lane >= 0 and done.weights[done.lane] == weight.low
            for old, new in zip(done.weights, done.expected, strict=True):
                corners["rose"] += new > old
                corners["fell"] += new < old
    require(corners, "absent", "rose", "fell", *(["none is gated"] if bits <= 4 else []))
