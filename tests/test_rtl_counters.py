"""A monitored chip behind its line: counters, class potentials and neurons equal the model's, trouble is counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import BOARDS
from boards.host.client import Client, as_built
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from boards.simulated.model import compiled_board
from boards.simulated.trouble import Trouble
from golden.cycles.activity import Activity, Notes
from golden.cycles.counters import counted
from golden.data.datasets import load
from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.errors import UserError
from golden.spec.frames import ChipFrame, HostFrame, Kind, Separator, number_bytes
from golden.spec.presets import preset_named
from golden.state import State

TINY = preset_named("tiny")
MONITORED = replace(TINY, hardware=replace(TINY.hardware, monitored=True))
BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)
SHIFTS = (3, 2)


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled_board(MONITORED, BOARD)


@pytest.fixture
def line(library: Path) -> Iterator[SimulatedLine]:
    with SimulatedBoard(library, BOARD) as board:
        yield SimulatedLine(board)


def lessons(count: int) -> tuple[np.ndarray, np.ndarray]:
    dataset = load(TINY.dataset)
    return dataset.train_samples[:count], dataset.train_labels[:count]


def golden(samples: np.ndarray, labels: np.ndarray) -> tuple[Activity, list[SampleTrace]]:
    model, notes, traces = ReferenceNetwork(TINY.network), Notes(TINY.network), []
    for sample, label in zip(samples, labels, strict=True):
        traces.append(SampleTrace())
        outcome = model.run(sample, int(label), learn=True, shifts=SHIFTS, trace=traces[-1])
        notes.add(model.events_of(sample), traces[-1], updated=outcome.updated, frozen=0)
    return notes.activity(), traces


def loaded(line: SimulatedLine) -> Client:
    client = Client(line, TINY)  # that it is monitored the chip says
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    return client


def test_tells_of_every_sample_what_golden_tells(line: SimulatedLine) -> None:
    samples, labels = lessons(12)
    activity, traces = golden(samples, labels)
    expected = counted(MONITORED, activity, np.ones(len(samples), np.bool_))
    client = loaded(line)
    assert client.monitored and not any(client.counters()[name] for name in expected)
    for index, seen in enumerate(client.observe(samples, labels, learn=True)):
        assert {name: seen.steps[name] for name in expected} == {name: int(n[index]) for name, n in expected.items()}
        assert seen.steps["cycles"] > 0
        assert traces[index].classes is not None
        assert seen.potentials.tolist() == traces[index].classes.tolist()
        assert seen.prediction.winner == int(seen.potentials.argmax()) and seen.margin >= 0
        assert seen.prediction.updated == bool(activity.updated[index])
    potentials, counts = client.neurons()
    np.testing.assert_array_equal(potentials, traces[-1].potentials[-1])
    np.testing.assert_array_equal(counts, traces[-1].counts[-1])
    assert activity.updated.any() and activity.spikes[:, :, 1].any()
    totals = client.counters()
    assert totals["readout_updates"] == expected["readout_updates"].sum() > 0
    assert 0 < totals["line_memory"] <= BOARD.link_memory
    assert totals["line_damaged"] == totals["line_wishes"] == totals["line_repetitions"] == 0
    # Who opens the chip again finds them as they were, and the class potentials; power begins anew.
    again = Client(line, TINY)
    assert {**again.counters(), "line_memory": 0} == {**totals, "line_memory": 0}
    (seen,) = again.observe(samples[:1], labels[:1], learn=False)
    assert (seen.steps["samples_predicted"], seen.steps["samples_learned"], seen.steps["core0_updates"]) == (1, 0, 0)


def test_power_begins_anew(library: Path, line: SimulatedLine) -> None:
    client = loaded(line)
    list(client.run(*lessons(3), learn=True))
    assert client.counters()["samples_learned"] == 3
    line.replace(SimulatedBoard(library, BOARD))
    assert Client(line, TINY).counters()["samples_learned"] == 0


def test_counts_the_trouble_of_the_line(line: SimulatedLine) -> None:
    samples, labels = lessons(150)
    client = loaded(line)
    size = number_bytes(BOARD.link_memory)
    there, back = Separator(), Separator()
    trouble, heard, wishes, repeats = Trouble(3e-4, 5), Trouble(3e-4, 6), list[ChipFrame](), list[HostFrame]()

    def outgoing(data: bytes) -> bytes:
        sent = trouble(data)
        frames = (HostFrame.decode(content, size) for content in there.add(sent))
        repeats.extend(frame for frame in frames if frame.kind == Kind.REPEAT)
        return sent

    def incoming(data: bytes) -> bytes:
        frames = (ChipFrame.decode(content, size) for content in back.add(data))
        wishes.extend(frame for frame in frames if frame.kind == Kind.REPEAT)
        return heard(data)

    line.outgoing, line.incoming = outgoing, incoming
    list(client.run(samples, labels, learn=True))
    trouble.quiet = heard.quiet = True
    list(client.run(samples[:20], labels[:20], learn=False))  # what was under way is through
    found = client.counters()
    assert found["samples_learned"] == 150 and found["samples_predicted"] == 20
    assert found["line_damaged"] == there.damaged > 0
    assert found["line_wishes"] == len(wishes) > 0
    assert 0 < found["line_repetitions"] <= len(repeats)


def test_a_chip_that_is_not_monitored_says_so() -> None:
    identity = Client.__new__(Client)
    identity._preset = TINY
    with pytest.raises(UserError, match="does not count what it does"):
        identity.counters()


def test_either_preset_means_the_chip_as_it_is() -> None:
    from golden.spec.protocol import identity

    for built in (TINY, MONITORED):
        for named in (TINY, MONITORED):
            assert as_built(identity(built, 24e6, 128), named) == built
