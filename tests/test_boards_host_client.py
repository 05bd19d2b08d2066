"""What the client sends, looked at on a line without a board: nothing that a chip must not get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from boards.host.client import Client
from golden.spec.errors import UserError
from golden.spec.protocol import Answer, Fault
from golden.state import State
from tests.support.chip import TINY, Chip, succeeds

SAMPLE = np.zeros(TINY.network.inputs, np.uint8)


@pytest.fixture
def chip() -> Chip:
    return Chip()


@pytest.fixture
def client(chip: Chip) -> Client:
    client = Client(chip, TINY)
    chip.pieces.clear()
    return client


def run(client: Client, sample: Any, label: Any, *, learn: bool) -> int:
    (prediction,) = client.run(np.array([sample]), np.array([label]), learn=learn)
    return prediction.winner


@pytest.mark.parametrize("label", [0, 128, 200, -1, 10**6])
def test_a_label_never_sets_the_bit_for_learning(client: Client, chip: Chip, label: int) -> None:
    """A label of 128 and more made the processor learn, one of -1 or 256 ended in a ValueError."""
    assert run(client, SAMPLE, label, learn=False) == 3
    assert chip.pieces[0][1] == 0


def test_a_lesson(client: Client, chip: Chip) -> None:
    run(client, SAMPLE, 9, learn=True)
    assert chip.pieces[0][1] == 9 + 128


@pytest.mark.parametrize(
    ("sample", "label", "sentence"),
    [
        (SAMPLE, 10, r"labels must be below classes \(10\), not 10"),
        (SAMPLE, 300, r"labels must be below classes \(10\), not 300"),
        (SAMPLE, -1, "labels must be 0 or more, not -1"),
        (SAMPLE, 1.0, "labels must be integers, not float64"),
        (SAMPLE + 16, 1, r"levels must be in 0\.\.15, not 16"),
        (SAMPLE + 0.5, 1, "samples must be integers, not float64"),
        (SAMPLE[1:], 1, r"samples must have shape \(n, 64\), not \(1, 63\)"),
    ],
)
def test_what_is_no_lesson_is_not_sent(client: Client, chip: Chip, sample: Any, label: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        run(client, sample, label, learn=True)
    assert not chip.pieces


@pytest.mark.parametrize("shifts", [(0, 1), (1, 0), (13, 1), (1, 16), (-1, 1), (256, 1), (1.0, 1), (True, 1)])
def test_rates_that_the_chip_has_not_are_not_sent(client: Client, chip: Chip, shifts: Any) -> None:
    with pytest.raises(UserError, match=r"shifts must be 1..12, not \("):
        client.set_shifts(*shifts)
    assert not chip.pieces
    client.set_shifts(1, 12)
    assert [piece[-1] for piece in chip.pieces] == [1, 12]


def test_a_state_that_the_memories_cannot_hold_is_not_sent(client: Client, chip: Chip) -> None:
    state = State.initial(TINY.network)
    state.readout[0, 0] = 300
    with pytest.raises(UserError, match=r"readout weights must be in -15..15, not 300 at \[0, 0\]"):
        client.load(state)
    assert not chip.pieces


def answering(other: bytes) -> Chip:
    """A chip that names itself, and says ``other`` to everything else."""
    return Chip(lambda piece: succeeds(piece) if piece[0] == 0 else other)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (bytes((Answer.FAULT, Fault.COMMAND)), "the chip refused, since it does not know a command of this program"),
        (bytes((Answer.FAULT, Fault.PLACE)), "the chip refused, since it has no such place in its memories"),
        (bytes((Answer.PREDICTION, 0)), "the chip answered to another command; build and program it again"),
    ],
)
def test_says_what_the_chip_refused(answer: bytes, sentence: str) -> None:
    with pytest.raises(UserError) as error:
        Client(answering(answer), TINY).set_shifts(3, 3)
    assert sentence in str(error.value)


def test_says_when_there_is_no_chip_of_this_protocol() -> None:
    with pytest.raises(UserError, match="the chip does not say what it is; build and program it again"):
        Client(Chip(lambda _: bytes(4)), TINY)
    with pytest.raises(UserError, match="the chip speaks protocol 9 and this program protocol 2; build and program"):
        Client(Chip(lambda _: bytes((Answer.IDENTITY, 0, 0, 3, 9, 9, 9))), TINY)
