"""Generators side by side equal the one generator."""

from __future__ import annotations

import numpy as np

from golden.data.draws import Draws
from golden.spec.generator import WORD, Generator, Purpose

SEEDS = [0, 1, 77, WORD, 65536 * 40 + 3]


def test_equals_one_generator_a_seed() -> None:
    single = [Generator(seed, Purpose.STIMULUS) for seed in SEEDS]
    draws = Draws(np.array(SEEDS), np.array([Purpose.STIMULUS]))
    for _ in range(20):
        assert draws.next().tolist() == [generator.next() for generator in single]
        assert draws.below(10).tolist() == [generator.below(10) for generator in single]


def test_equals_one_generator_a_stream() -> None:
    streams = [5 + 256 * k for k in range(60_000, 60_005)]
    single = [Generator(WORD, stream) for stream in streams]
    draws = Draws(np.array([WORD]), np.array(streams))
    assert draws.next().tolist() == [generator.next() for generator in single]


def test_a_zero_state_is_replaced() -> None:
    """The seed whose mixed state is zero is found by undoing the (invertible) mixing of zero: seed * c + 1 = 0."""
    seed = -pow(0x9E37_79B9, -1, 1 << 32) & WORD
    assert Draws(np.array([seed]), np.array([0])).next().tolist() == [Generator(seed, 0).next()]
    assert Generator(seed, 0).state == 0x9E37_79B9
