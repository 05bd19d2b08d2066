"""The winner-take-all teacher, the winner, and the broadcast of the error."""

from __future__ import annotations

import numpy as np
import pytest

from golden.modulators import broadcast, modulate
from golden.readout import class_potentials, predict
from golden.spec.config import Network
from golden.teacher import class_errors

NETWORK = Network(inputs=4, classes=4, neurons=16, population=2, readout_bits=5, margin=2)
CONTENT = 2 * 2 * 16  # margin * P * 2^(readout_bits - 1)


@pytest.mark.parametrize(
    ("potentials", "label", "expected"),
    [
        ([CONTENT, 0, 0, 0], 0, None),  # exactly content
        ([CONTENT - 1, 0, 0, 0], 0, [1, -1, 0, 0]),  # right, not by enough; the lowest of equal rivals
        ([5, 9, 9, 9], 1, [0, 2, -2, 0]),  # a tie is wrong; the rival is the lowest other
        ([5, 9, 9, 10], 1, [0, 2, 0, -2]),
        ([9, 5, 9, 9], 0, [2, 0, -2, 0]),
        ([-7, -3, -9, -5], 2, [0, -2, 2, 0]),  # negative potentials
        ([1, 0, 0, 0], 0, [1, -1, 0, 0]),
        ([0, 0, 0, 0], 3, [-2, 0, 0, 2]),
    ],
)
def test_errors(potentials: list[int], label: int, expected: list[int] | None) -> None:
    given = np.array(potentials)
    errors = class_errors(NETWORK, given, label)
    assert (None if errors is None else errors.tolist()) == expected
    assert given.tolist() == potentials


def test_readout_sums_populations_and_the_lowest_winner_wins() -> None:
    potentials = class_potentials(NETWORK, np.array([1, 0, 4, 0, 2, 3, -1, 0]))
    assert potentials.tolist() == [3, 3, 3, 0]
    assert predict(potentials) == 0
    assert predict(np.array([0, 1, 5, 5])) == 2


def test_modulators_and_broadcast() -> None:
    modulation = np.array([[1, -1, 1, 1], [1, 1, -1, 1]])
    modulators = modulate(modulation, np.array([2, -2, 0, 0]))
    assert modulators.tolist() == [4, 0]
    assert broadcast(np.array([[1, 1], [-1, 1], [0, 0]]), modulators).tolist() == [4, -4, 0]


def test_broadcast_saturates() -> None:
    """32 modulators of 4 in agreement would be 128."""
    learning = broadcast(np.array([[1] * 32, [-1] * 32]), np.full(32, 4))
    assert learning.tolist() == [127, -127]
    assert Network(inputs=4, classes=4, neurons=16, modulators=32).broadcast.high == 127
