"""The three-factor update against scalar Python written from SPEC.md."""

from __future__ import annotations

import numpy as np
import pytest

from golden.arith import dither_masks, dithered_shift
from golden.generator import stepped
from golden.plasticity import update_rows
from golden.spec.config import Network
from golden.spec.generator import Generator, mixed_seed
from golden.spec.seeds import rounding_seeds

LIMIT = 7


def carryless_product(column: int) -> int:
    """Polynomial product over GF(2) of column and 0x9E37, modulo x^16, bit by bit."""
    return sum(
        (sum((column >> k & 1) & (0x9E37 >> bit - k & 1) for k in range(bit + 1)) & 1) << bit for bit in range(16)
    )


def scalar_update(
    weights: list[list[int]],
    exists: list[list[bool]],
    pre: list[int],
    gated: list[int],
    shift: int,
    state: int,
    plain: bool,
) -> int:
    for axon, x in enumerate(pre):
        if x == 0:
            continue
        state ^= state << 13 & 0xFFFF_FFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFF_FFFF
        for j, g in enumerate(gated):
            if exists[axon][j]:
                dither = 2**shift // 2 if plain else ((state >> 16) ^ carryless_product(j)) % 2**shift
                weights[axon][j] = max(-LIMIT, min(LIMIT, weights[axon][j] + (x * g + dither) // 2**shift))
    return state


@pytest.mark.parametrize("rounding", ["stochastic", "plain"])
@pytest.mark.parametrize("shift", [0, 1, 4, 7, 15])
def test_equals_the_scalar_equations(shift: int, rounding: str) -> None:
    draw = np.random.default_rng(shift)
    exists = draw.random((20, 33)) < 0.7
    weights = np.where(exists, draw.integers(-LIMIT, LIMIT + 1, (20, 33)), 0).astype(np.int16)
    pre, gated = draw.integers(0, 16, 20) * (draw.random(20) < 0.6), draw.integers(-4, 5, 33)
    expected = weights.tolist()
    state = scalar_update(expected, exists.tolist(), pre.tolist(), gated.tolist(), shift, 12345, rounding == "plain")
    assert update_rows(weights, exists, pre, gated, shift, LIMIT, 12345, rounding) == state
    assert weights.tolist() == expected
    assert not weights[~exists].any()


def test_the_generator_steps_once_a_row_with_eligibility() -> None:
    weights, exists = np.zeros((5, 3), np.int16), np.ones((5, 3), bool)
    state = update_rows(weights, exists, np.array([0, 1, 0, 2, 0]), np.zeros(3, int), 4, LIMIT, 99)
    assert state == stepped(stepped(99))
    assert not weights.any(), "without a learning signal the dither alone must not move a weight"


def test_a_row_without_synapses_does_not_draw() -> None:
    weights, exists = np.zeros((2, 3), np.int16), np.array([[False] * 3, [True, False, False]])
    assert update_rows(weights, exists, np.array([1, 1]), np.ones(3, int), 4, LIMIT, 99) == stepped(99)


def test_saturates_on_both_sides() -> None:
    weights, exists = np.array([[6, -6]], np.int16), np.ones((1, 2), bool)
    update_rows(weights, exists, np.array([15]), np.array([4, -4]), 0, LIMIT, 1)
    assert weights.tolist() == [[7, -7]]


def test_masks_are_carryless_products() -> None:
    masks = dither_masks(5000)
    assert masks[:300].tolist() == [carryless_product(j) for j in range(300)]
    assert np.array_equal(masks[4096 + np.arange(8)], masks[4096] ^ masks[np.arange(8)])
    for shift in range(1, 13):
        assert len(set((masks[: 1 << shift] & (1 << shift) - 1).tolist())) == 1 << shift


@pytest.mark.parametrize("value", [-130, -128, -7, -1, 0, 1, 60, 127])
def test_rounding_is_unbiased_over_all_draws(value: int) -> None:
    """Over the 2^shift low draws the dither takes each value once, so that the mean is exact in every column."""
    masks = dither_masks(40)
    rounded = np.array([dithered_shift(np.full(40, value), 7, draw, masks) for draw in range(128)])
    assert (rounded.sum(axis=0) == value).all()
    assert set(rounded.ravel()) <= {value >> 7, (value >> 7) + 1}


def test_generator_is_that_of_the_specification() -> None:
    seeds = rounding_seeds(Network(inputs=4, classes=2, neurons=16, layers=3, seed=11))
    assert seeds == tuple(mixed_seed(11, 5 + 256 * (k + 1)) for k in range(4))
    generator, state = Generator(11, 5 + 256), seeds[0]
    for _ in range(100):
        state = stepped(state)
        assert state == generator.next()
