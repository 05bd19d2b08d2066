"""The points of Yin-Yang: classes against the published description, statistics, and what levels can tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.data.datasets import load
from golden.data.yin_yang import DOT_RADIUS, PIECES, RADIUS, Coordinates, class_of, levels_of, points
from golden.spec.presets import preset_named


def published_class(x: float, y: float) -> int:
    """The class by the criteria as they were published."""
    right, left = np.hypot(x - 1.5 * RADIUS, y - RADIUS), np.hypot(x - 0.5 * RADIUS, y - RADIUS)
    yin = right <= DOT_RADIUS or DOT_RADIUS < left <= 0.5 * RADIUS or (y > RADIUS and right > 0.5 * RADIUS)
    return 2 if right < DOT_RADIUS or left < DOT_RADIUS else int(yin)


def test_classes_are_those_of_the_description() -> None:
    inside = [(x, y) for x, y in np.random.default_rng(1).random((20_000, 2)) if np.hypot(x - 0.5, y - 0.5) <= 0.5]
    assert len(inside) > 15_000
    assert [class_of(*point) for point in inside] == [published_class(*point) for point in inside]


def test_the_symbol_is_its_own_negative() -> None:
    """Turned by half a turn the halves change places and the dots stay; places by hand."""
    assert (class_of(0.25, 0.5), class_of(0.75, 0.5)) == (2, 2)  # dots
    assert (class_of(0.25, 0.65), class_of(0.75, 0.65)) == (1, 0)  # half discs of the upper half
    assert (class_of(0.5, 0.9), class_of(0.5, 0.1)) == (1, 0)
    for x, y in points(500, 3)[0]:
        turned = class_of(1 - x, 1 - y)
        assert turned == (2 if class_of(x, y) == 2 else 1 - class_of(x, y))


def test_points_lie_in_the_symbol_and_classes_are_equally_likely() -> None:
    found, classes = points(5000, 42)
    assert np.hypot(*(found - RADIUS).T).max() <= RADIUS
    assert [class_of(*point) for point in found] == classes.tolist()
    expected = len(classes) / 3
    statistic = float(((np.bincount(classes) - expected) ** 2 / expected).sum())
    assert statistic < 13.8, "chi squared of two degrees of freedom, 0.001"


def test_points_are_spread_evenly_over_each_class() -> None:
    """The share of dots whose point is in the right dot, and the centre of all points, as symmetry has it."""
    found, classes = points(5000, 42)
    dots = found[classes == 2]
    assert abs((dots[:, 0] > RADIUS).mean() - 0.5) < 4 * 0.5 / np.sqrt(len(dots))
    radii = np.abs(np.hypot(np.abs(dots[:, 0] - RADIUS) - 0.5 * RADIUS, dots[:, 1] - RADIUS))
    assert radii.max() < DOT_RADIUS
    assert (radii**2).mean() == pytest.approx(DOT_RADIUS**2 / 2, rel=0.05)  # even over a disc


def test_coarse_coordinates_cap_every_classifier() -> None:
    """What the best guess in each cell of a grid reaches: why a coordinate has several inputs."""
    training, test = points(20_000, 7), points(5_000, 8)

    def best(bits: int) -> float:
        def cells(coordinates: Coordinates) -> NDArray[np.int64]:
            return np.floor(coordinates * 2**bits).astype(np.int64) @ np.array([1, 2**bits])

        counts = np.zeros((4**bits, 3), int)
        np.add.at(counts, (cells(training[0]), training[1]), 1)
        return float((counts.argmax(axis=1)[cells(test[0])] == test[1]).mean())

    assert best(4) == pytest.approx(0.950, abs=0.008)
    assert best(5) == pytest.approx(0.968, abs=0.008)
    assert best(6) > best(5)


def test_levels_are_the_coordinates_in_equal_steps() -> None:
    coordinates = np.array([[0.0, 1.0], [0.5, 0.25], [0.999, 1 / 128]])
    levels = levels_of(coordinates, 8).reshape(3, 4, 8)
    assert levels.dtype == np.uint8
    assert levels[0].tolist() == [[0] * 8, [15] * 8, [15] * 8, [0] * 8]
    assert levels[1, 0].tolist() == [15] * 4 + [0] * 4 and levels[1, 1].tolist() == [15, 15] + [0] * 6
    assert levels[2, 1].tolist() == [1] + [0] * 7
    for pieces in (1, 4, 8):
        grid = np.arange(0, 1, 1 / (16 * pieces)) + 1e-9
        sums = levels_of(np.stack((grid, grid), axis=1), pieces)[:, :pieces].astype(int).sum(axis=1)
        assert (np.diff(sums) >= 0).all() and len(set(sums)) == 15 * pieces + 1


def test_the_data_set_is_that_of_the_preset() -> None:
    data = load("yin-yang")
    assert data.train_samples.shape == (5000, 4 * PIECES) and data.test_samples.shape == (1000, 4 * PIECES)
    assert data.classes == preset_named("yin-yang").network.classes == 3
    assert np.array_equal(data.test_labels, points(1000, 40)[1])
