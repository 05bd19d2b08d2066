"""What the client sends, looked at byte by byte on a line without a board: nothing that a processor must not get."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from boards.host.client import Client
from golden.spec import protocol
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.spec.protocol import Answer, Command, Frame
from golden.state import State

TINY = preset_named("tiny")
SAMPLE = np.zeros(TINY.network.inputs, np.uint8)


class Listening:
    """A line on which every command succeeds; the frames that were sent are kept."""

    def __init__(self) -> None:
        self.sent: list[Frame] = []
        self._answer = b""

    def write(self, data: bytes, /) -> None:
        frame = Frame.decode(data)
        self.sent.append(frame)
        kind, payload = {
            Command.IDENTIFY: (Answer.IDENTITY, protocol.identity(TINY)),
            Command.BEGIN: (Answer.PREDICTION, bytes((3, 0))),
        }.get(Command(frame.kind), (Answer.DONE, b""))
        self._answer = Frame(frame.sequence, kind, payload).encode()

    def read(self, size: int, /) -> bytes:
        taken, self._answer = self._answer[:size], self._answer[size:]
        return taken

    def close(self) -> None:
        pass


@pytest.fixture
def line() -> Listening:
    return Listening()


@pytest.fixture
def client(line: Listening) -> Client:
    client = Client(TINY, line)
    line.sent.clear()
    return client


@pytest.mark.parametrize("label", [0, 128, 200, -1, 10**6])
def test_a_label_never_sets_the_bit_for_learning(client: Client, line: Listening, label: int) -> None:
    """A label of 128 and more made the processor learn, one of -1 or 256 ended in a ValueError."""
    assert client.run(SAMPLE, label, learn=False).winner == 3
    assert line.sent[0].payload[0] == 0


def test_a_lesson(client: Client, line: Listening) -> None:
    client.run(SAMPLE, 9, learn=True)
    assert line.sent[0].payload[0] == 9 + 128


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
def test_what_is_no_lesson_is_not_sent(client: Client, line: Listening, sample: Any, label: Any, sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        client.run(sample, label, learn=True)
    assert not line.sent


@pytest.mark.parametrize("shifts", [(0, 1), (1, 0), (13, 1), (1, 16), (-1, 1), (256, 1), (1.0, 1), (True, 1)])
def test_rates_that_the_processor_has_not_are_not_sent(client: Client, line: Listening, shifts: Any) -> None:
    with pytest.raises(UserError, match=r"shifts must be 1..12, not \("):
        client.set_shifts(*shifts)
    assert not line.sent
    client.set_shifts(1, 12)
    assert [frame.payload[-1] for frame in line.sent] == [1, 12]


def test_a_state_that_the_memories_cannot_hold_is_not_sent(client: Client) -> None:
    state = State.initial(TINY.network)
    state.readout[0, 0] = 300
    with pytest.raises(UserError, match=r"readout weights must be in -15..15, not 300 at \[0, 0\]"):
        client.load(state)
