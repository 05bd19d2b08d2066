"""What changes about inputs does so everywhere alike, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from threefactor.studies.deployment.changes import TURNS, dead_inputs, permuted, turned, without

IMAGES = np.arange(3 * 49, dtype=np.uint8).reshape(3, 49) % 16


def test_a_permutation_keeps_every_input_once() -> None:
    marked = np.arange(80, dtype=np.uint8)[None]
    order = permuted(marked, seed=3)[0]
    assert sorted(order) == [*range(80)] and (order != marked[0]).any()
    assert (permuted(marked, seed=4)[0] != order).any()
    events = np.random.default_rng(1).integers(0, 2, (2, 5, 80), dtype=np.uint8)
    assert (permuted(events, seed=3) == events[..., order]).all()


def test_half_a_turn_reads_an_image_backwards() -> None:
    assert (turned(IMAGES, 180) == IMAGES[:, ::-1]).all()
    assert turned(IMAGES, 180).dtype == IMAGES.dtype


@pytest.mark.parametrize("side", [7, 8])
def test_thirty_degrees_equal_the_real_rotation(side: int) -> None:
    """A bar through the middle, against sine and cosine of real numbers."""
    image = np.zeros((side, side), dtype=np.uint8)
    image[side // 2] = 15
    found = turned(image.reshape(1, -1), 30).reshape(side, side)
    middle, angle = (side - 1) / 2, np.deg2rad(30)
    for y in range(side):
        for x in range(side):
            column = (x - middle) * np.cos(angle) - (y - middle) * np.sin(angle) + middle
            row = (x - middle) * np.sin(angle) + (y - middle) * np.cos(angle) + middle
            near = int(np.floor(column + 0.5)), int(np.floor(row + 0.5))
            inside = all(0 <= place < side for place in near)
            assert found[y, x] == (image[near[1], near[0]] if inside else 0)
    upper = found[: side // 2]
    assert upper[:, side // 2 + 1 :].any() and not upper[:, : side // 2].any(), "its right end rises"


def test_turns_are_sines_and_cosines() -> None:
    for degrees, (cosine, sine) in TURNS.items():
        angle = np.deg2rad(degrees)
        assert (cosine, sine) == (round(float(np.cos(angle)) * 2**14), round(float(np.sin(angle)) * 2**14))


def test_dead_sensors_are_columns_in_the_middle() -> None:
    dead = dead_inputs(64, image=True)
    assert sorted({int(place) % 8 for place in dead}) == [3, 4] and len(dead) == 16
    assert dead_inputs(80, image=False).tolist() == [*range(35, 45)]
    changed = without(IMAGES, np.array([1, 4]))
    assert not changed[:, [1, 4]].any()
    kept = np.delete(np.arange(49), [1, 4])
    assert (changed[:, kept] == IMAGES[:, kept]).all()
    assert IMAGES[0, 1] == 1, "the original stays"
