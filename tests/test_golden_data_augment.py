"""Augmentation equals its definition draw by draw, and depends on seed, epoch and position alone."""

from __future__ import annotations

import numpy as np
import pytest

from golden.data.augment import augmented
from golden.spec.errors import UserError
from golden.spec.generator import Generator, Purpose

SIDE = 5
COUNT = 60


@pytest.fixture
def samples() -> np.ndarray:
    return np.random.default_rng(4).integers(-15, 16, (COUNT, SIDE * SIDE), dtype=np.int8)


def scalar(sample: np.ndarray, augmentation: str, seed: int, epoch: int, position: int) -> np.ndarray:
    draw = Generator(seed + 65536 * epoch, Purpose.AUGMENTATION + 256 * position)
    image = sample.reshape(SIDE, SIDE)
    if augmentation == "flip":
        return np.fliplr(image).ravel() if draw.below(2) else sample
    right, down = draw.below(3) - 1, draw.below(3) - 1
    result = np.zeros_like(image)
    for y in range(SIDE):
        for x in range(SIDE):
            if 0 <= y - down < SIDE and 0 <= x - right < SIDE:
                result[y, x] = image[y - down, x - right]
    return result.ravel()


@pytest.mark.parametrize("augmentation", ["shift", "flip"])
def test_equals_its_definition(samples: np.ndarray, augmentation: str) -> None:
    got = augmented(samples, augmentation, 3, 2)
    expected = [scalar(sample, augmentation, 3, 2, position) for position, sample in enumerate(samples)]
    assert got.dtype == samples.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("augmentation", ["shift", "flip"])
def test_draws_of_epochs_seeds_and_positions_differ_but_repeat(samples: np.ndarray, augmentation: str) -> None:
    same = np.repeat(samples[:1], COUNT, axis=0)
    kinds = len({row.tobytes() for row in augmented(same, augmentation, 1, 0)})
    assert kinds == {"shift": 9, "flip": 2}[augmentation]
    runs = [augmented(samples, augmentation, seed, epoch) for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    assert len({run.tobytes() for run in runs}) == 3
    np.testing.assert_array_equal(runs[0], augmented(samples, augmentation, 1, 0))
    np.testing.assert_array_equal(runs[0][:7], augmented(samples[:7], augmentation, 1, 0))


def test_time_shift_equals_its_definition() -> None:
    events = np.random.default_rng(5).integers(0, 2, (COUNT, 9, 4), dtype=np.uint8)
    got = augmented(events, "time-shift", 3, 2)
    moves = set()
    for position, sample in enumerate(events):
        later = Generator(3 + 65536 * 2, Purpose.AUGMENTATION + 256 * position).below(7) - 3
        expected = [sample[step - later] if 0 <= step - later < 9 else np.zeros(4) for step in range(9)]
        np.testing.assert_array_equal(got[position], expected)
        moves.add(later)
    assert moves == set(range(-3, 4))
    assert got.dtype == events.dtype
    with pytest.raises(UserError, match=r"augmentation 'time-shift' needs events, not samples of shape \(36,\)"):
        augmented(events.reshape(COUNT, 36), "time-shift", 1, 0)


def test_none_leaves_samples_alone(samples: np.ndarray) -> None:
    assert augmented(samples, "none", 1, 0) is samples


def test_samples_must_be_square_images(samples: np.ndarray) -> None:
    with pytest.raises(UserError, match=r"augmentation 'shift' needs square images, not samples of shape \(24,\)"):
        augmented(samples[:, 1:], "shift", 1, 0)
    with pytest.raises(UserError, match=r"augmentation 'flip' needs square images, not samples of shape \(2, 25\)"):
        augmented(samples.reshape(-1, 2, 25), "flip", 1, 0)
