"""A whole board, pins and all: the host loads it over its line, it learns, and its memories equal the model's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.bitstream.top import Top
from boards.catalogue import BOARDS
from boards.host.backend import BoardBackend
from boards.host.client import Client
from boards.host.commands import sampling
from boards.host.pipe import StateLostError
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from boards.simulated.model import Design, compiled_board, simulated
from boards.simulated.trouble import KINDS, Trouble
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork
from golden.spec import protocol
from golden.spec.errors import UserError
from golden.spec.frames import HostFrame, Kind, window
from golden.spec.memmap import CONTROL, Control, regions
from golden.spec.presets import PRESETS, preset_named
from golden.spec.protocol import Command, Fault
from golden.state import State
from sim.compare.comparison import compare

TINY = preset_named("tiny")
BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)
SAMPLES, SHIFTS = 3, (3, 2)
COMMIT = "0c0ffee5"


@pytest.fixture(scope="module")
def library() -> Path:
    board = simulated(BOARD.for_preset(TINY.name))
    return compiled_board(TINY, BOARD, design=Design.of(Top(board.adapted(TINY), board, commit=COMMIT), board))


@pytest.fixture
def line(library: Path) -> Iterator[SimulatedLine]:
    with SimulatedBoard(library, BOARD) as board:
        yield SimulatedLine(board)


def lessons(count: int) -> tuple[np.ndarray, np.ndarray]:
    dataset = load(TINY.dataset)
    return dataset.train_samples[:count], dataset.train_labels[:count]


def test_learns_bit_by_bit_as_the_model(line: SimulatedLine) -> None:
    samples, labels = lessons(20)
    model = ReferenceNetwork(TINY.network)
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    updates = 0
    for sample, label, got in zip(samples, labels, client.run(samples, labels, learn=True), strict=True):
        expected = model.run(sample, int(label), learn=True, shifts=SHIFTS)
        assert (got.winner, got.updated) == (expected.prediction, expected.updated)
        updates += got.updated
    assert updates, "no sample taught anything"
    assert client.state().digest() == model.state.digest()
    (got,) = client.run(samples[:1], labels[:1], learn=False)
    assert got.winner == model.run(samples[0], 0, learn=False, shifts=SHIFTS).prediction
    assert client.pipe.resent == client.pipe.damaged == 0


def test_names_itself_without_a_preset(line: SimulatedLine) -> None:
    identity = Client(line).identity
    assert (identity.name, identity.network, identity.clock_hz) == ("tiny", TINY.network.digest, 24_000_000)
    assert (identity.inputs, identity.steps, identity.layers, identity.neurons) == (64, 16, 2, 16)
    assert (identity.classes, identity.memory, identity.commit) == (10, BOARD.link_memory, COMMIT)


@pytest.mark.parametrize("name", ["core0.weights", "core1.weights", "readout.weights"])
def test_a_chip_that_was_never_loaded_is_refused(line: SimulatedLine, name: str) -> None:
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    assert client.loaded_state().digest() == State.initial(TINY.network).digest()
    absent = next(region.form.low for region in regions(TINY) if region.name == name)
    client.write(name, [0 if client.read(name)[0] == absent else absent])
    with pytest.raises(UserError, match=f"the chip's {name} have never been loaded: 1 of them can't be weights of"):
        client.loaded_state()


def test_is_a_backend_like_any_other(line: SimulatedLine) -> None:
    samples, labels = lessons(SAMPLES)
    engine, told = FastNetwork(TINY.network), list[tuple[int, int]]()
    expected = engine.run_many(samples, labels, True, SHIFTS, digests=True)
    board = BoardBackend(TINY, line)
    board.load(State.initial(TINY.network))
    got = board.run(samples, labels, learn=True, shifts=SHIFTS, progress=lambda *done: told.append(done))
    np.testing.assert_array_equal(got.digests, expected.digests)
    np.testing.assert_array_equal(got.predictions, expected.predictions)
    np.testing.assert_array_equal(got.updated, expected.updated)
    assert expected.updated.any() and told[-1] == (SAMPLES, SAMPLES) and not len(got.cycles)
    with pytest.raises(UserError, match="labels must be below classes"):
        board.run(samples, np.full(SAMPLES, 200, np.uint8), learn=True, shifts=SHIFTS)
    with pytest.raises(UserError, match="trace the sample on a simulator"):
        board.traced(samples[0], 0, learn=True, shifts=SHIFTS)
    assert board.state().digest() == engine.state.digest()


def test_is_compared_like_any_other(line: SimulatedLine) -> None:
    board = BoardBackend(TINY, line)
    dataset = load(TINY.dataset)
    result = compare(board, dataset, samples=SAMPLES)
    assert result.equal and result.samples == SAMPLES and not result.traced_samples and not result.cycles
    planted = State.initial(TINY.network)
    planted.weights[0][0, 0] ^= 1
    found = compare(board, dataset, samples=SAMPLES, planted=planted).first_divergence
    assert found is not None and (found.field, found.layer, found.index) == ("weights", 0, (0, 0))


@pytest.mark.parametrize("seed", [1, 2])
def test_trouble_on_the_line_changes_nothing(line: SimulatedLine, seed: int) -> None:
    """Every kind of fault, both ways, while a state is written, samples are learned and the state is read."""
    samples, labels = lessons(300)
    engine = FastNetwork(TINY.network)
    client = Client(line, TINY)
    there, back = Trouble(2e-4, seed), Trouble(2e-4, seed + 100)
    line.outgoing, line.incoming = there, back
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    expected = engine.run_many(samples, labels, True, SHIFTS)
    got = list(client.run(samples, labels, learn=True))
    assert [prediction.winner for prediction in got] == expected.predictions.tolist()
    assert client.state().digest() == engine.state.digest()
    assert all(there.counts[kind] and back.counts[kind] for kind in KINDS), (there.counts, back.counts)
    assert client.pipe.resent
    there.quiet = back.quiet = True
    assert Client(line, TINY).samples == len(samples)


def test_a_host_that_dies_leaves_a_count_of_what_was_learned(line: SimulatedLine) -> None:
    """What is in the chip whole is learned and counted, what is not has not been heard of."""
    samples, labels = lessons(200)
    model, done = FastNetwork(TINY.network), 0
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    for turn in range(25):
        answers = client.run(samples[done:], labels[done:], learn=True)
        for _ in range(turn % 4):
            next(answers)
        # Some more bytes go out, then nothing: the program was ended by force.
        line.read(turn * 3e-5)
        client = Client(line, TINY)
        assert client.samples >= done + turn % 4
        model.run_many(samples[done : client.samples], labels[done : client.samples], True, SHIFTS)
        done = client.samples
        assert client.state().digest() == model.state.digest(), turn
    assert done > 25


def test_opened_at_any_cycle_a_sample_is_learned_and_counted_or_has_not_been(line: SimulatedLine) -> None:
    """Whatever the chip is at: a command of which a part is missing, the steps of a sample, its lesson, the answer."""
    samples, labels = lessons(40)
    model, random = FastNetwork(TINY.network), np.random.default_rng(8)
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    learned = 0
    for sample, label in zip(samples, labels, strict=True):
        command = sampling(TINY.network, sample, int(label), learn=True)
        whole = random.random() < 0.5
        client.pipe.write(command if whole else command[: random.integers(1, len(command))])
        before, opened = client.samples, line.cycles + int(random.integers(6_000))
        while (left := opened - line.cycles) > 0:
            line.read(left / BOARD.clock_hz)
        client = Client(line, TINY)
        done = client.samples - before
        assert done == whole
        model.run_many(sample[None][:done], label[None][:done], True, SHIFTS)
        assert client.state().digest() == model.state.digest()
        learned += done
    assert 10 < learned < 30


def test_a_flood_of_spikes(line: SimulatedLine) -> None:
    """Every axon spikes in every step that it can, with weights at their limit, and the teacher is never content."""
    state, samples = State.initial(TINY.network), np.full((6, 64), 15, dtype=np.uint8)
    for weights in (*state.weights, state.readout):
        weights[weights != 0] = 15
    labels = np.array([3, 1, 3, 9, 0, 3], dtype=np.uint8)
    expected = FastNetwork(TINY.network, state.copy())
    outcomes = expected.run_many(samples, labels, True, (1, 1))
    assert outcomes.spikes[0].sum() > 0.9 * 16 * 2 * 15, "no flood"
    client = Client(line, TINY)
    client.load(state)
    client.set_shifts(1, 1)
    got = list(client.run(samples, labels, learn=True))
    assert [prediction.winner for prediction in got] == outcomes.predictions.tolist()
    assert client.state().digest() == expected.state.digest()


def test_a_chip_that_begins_anew_says_so(library: Path) -> None:
    with SimulatedBoard(library, BOARD) as board, SimulatedBoard(library, BOARD) as another:
        line = SimulatedLine(board)
        client = Client(line, TINY)
        client.load(State.initial(TINY.network))
        line.replace(another)
        with pytest.raises(StateLostError, match="the board has begun anew: it was switched off or programmed"):
            client.state()


def test_nothing_is_learned_while_the_button_is_pressed(library: Path) -> None:
    samples, labels = lessons(6)
    with SimulatedBoard(library, BOARD) as board:
        client = Client(SimulatedLine(board), TINY)
        client.load(State.initial(TINY.network))
        client.set_shifts(*SHIFTS)
        board.press(0)
        assert not any(prediction.updated for prediction in client.run(samples, labels, learn=True))
        assert client.state().digest() == State.initial(TINY.network).digest()
        board.press(0, False)
        assert any(prediction.updated for prediction in client.run(samples, labels, learn=True))


def test_a_frame_that_has_no_room_spoils_nothing(line: SimulatedLine) -> None:
    """Behind the first byte without room the memory was written again, over what had not been read."""
    client = Client(line, TINY)
    pipe, unread = client.pipe, window(BOARD.link_memory) - 20
    # Commands that the chip cannot obey yet, since the answers before them fill its memory.
    before = bytes((Command.READ,)) + protocol.address(1, 0, 1) + b"\xff\x00"
    pipe.write(before + bytes((Command.IDENTIFY,)) * unread)
    line.stall(5e-3)
    number = pipe.conversation
    line.write(HostFrame(Kind.DATA, number, 77, 0, bytes((77,)) * 200).encode(1))
    line.stall(5e-3)
    pipe.read(1 + 255)
    size = 1 + protocol.SAMPLES_BYTES + 1 + len(client.identity.encode())
    answers = {pipe.read(size) for _ in range(unread)}
    assert len(answers) == 1


def refusals() -> Iterator[tuple[str, bytes, Fault]]:
    place = protocol.address(1, 0, 1)
    yield "no such command", bytes((77,)), Fault.COMMAND
    yield "no such region", bytes((Command.READ,)) + protocol.address(200, 0, 1) + b"\x01\x00", Fault.PLACE
    yield (
        "no such region, but for a bit",
        bytes((Command.READ,)) + protocol.address(64, 0, 1) + b"\x01\x00",
        Fault.PLACE,
    )
    yield "an element too many", bytes((Command.WRITE,)) + place + b"\xff\xff" + bytes(9), Fault.PLACE
    end = protocol.address(CONTROL, Control.READOUT_SHIFT, 1)
    yield "beyond the last one", bytes((Command.WRITE,)) + end + b"\x02\x00\x05\x05", Fault.PLACE
    yield "far beyond", bytes((Command.WRITE,)) + protocol.address(1, 1 << 19, 1) + b"\x01\x00\x05", Fault.PLACE
    yield "no such class", bytes((Command.SAMPLE, 10)) + bytes(9), Fault.LABEL
    yield "no such class, to be learned", bytes((Command.SAMPLE, 128 + 127)) + bytes(9), Fault.LABEL


@pytest.mark.parametrize(("what", "data", "fault"), list(refusals()))
def test_what_is_out_of_order_is_refused_and_changes_nothing(
    line: SimulatedLine, what: str, data: bytes, fault: Fault
) -> None:
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    client.set_shifts(4, 5)
    client.pipe.write(data + bytes((Command.IDENTIFY,)))
    assert client.pipe.read(2) == bytes((protocol.Answer.FAULT, fault)), what
    line.read(1e-3)
    assert client.pipe.ready() == 0, "the chip goes on behind a fault"
    client = Client(line, TINY)
    assert client.state().digest() == State.initial(TINY.network).digest() and client.samples == 0
    assert client.read("control")[1:].tolist() == [4, 5]


def test_reset_keeps_what_outlives_a_sample(line: SimulatedLine) -> None:
    samples, labels = lessons(4)
    model = ReferenceNetwork(TINY.network)
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    client.set_shifts(*SHIFTS)
    for sample, label in zip(samples, labels, strict=True):
        expected = model.run(sample, int(label), learn=True, shifts=SHIFTS)
        (got,) = client.run(sample[None], label[None], learn=True)
        assert got.updated == expected.updated
        # In the middle of the next one: a label that is to be learnt, and two of its levels.
        client.pipe.write(bytes((Command.SAMPLE, 1 << protocol.FLAG_BIT, 0xFF)))
        line.read(1e-3)
        client = Client(line, TINY)
    assert client.read("control")[1:].tolist() == list(SHIFTS)
    assert client.state().digest() == model.state.digest()


@pytest.mark.parametrize("size", [1, 2, 4])
def test_learning_rates_that_are_none_are_ignored(line: SimulatedLine, size: int) -> None:
    client = Client(line, TINY)
    for element in (Control.LAYER_SHIFT, Control.READOUT_SHIFT):
        client.set_shifts(4, 5)
        for rate in (0, 13, 15, 16, 16 + 3, *([] if size == 1 else [1 << 8 * size - 1 | 3])):
            place = bytes((Command.WRITE,)) + protocol.address(CONTROL, element, size) + b"\x01\x00"
            client.pipe.write(place + rate.to_bytes(size, "little"))
            assert client.pipe.read(1) == bytes((protocol.Answer.DONE,))
            assert client.read("control")[1:].tolist() == [4, 5], rate


def test_refuses_another_chip(line: SimulatedLine) -> None:
    with pytest.raises(
        UserError, match="the chip was built from preset tiny .* which is not preset digits as it is now"
    ):
        Client(line, PRESETS["digits"])
    with pytest.raises(UserError, match="which is not preset tiny as it is now"):
        Client(line, replace(TINY, hardware=replace(TINY.hardware, lanes=8)))


def test_frames_of_any_kind_and_noise_do_no_harm(line: SimulatedLine) -> None:
    """Whatever arrives, and in whatever order: the chip answers a host that opens it, and nothing has changed."""
    random = np.random.default_rng(5)
    client = Client(line, TINY)
    client.load(State.initial(TINY.network))
    for turn in range(60):
        pieces = []
        for _ in range(8):
            kind, position, received = (
                Kind(int(random.integers(5))),
                int(random.integers(256)),
                int(random.integers(256)),
            )
            payload = random.integers(0, 2, int(random.integers(40)), dtype=np.uint8).tobytes()
            if kind == Kind.DATA and turn % 2:
                payload = b""  # else it might be a command that writes
            number = int(random.integers(32))
            frame = HostFrame(kind, number, position, received, payload if kind != Kind.DATA else b"").encode(1)
            pieces.append(frame if turn % 3 else random.bytes(len(frame)))
        line.write(b"".join(pieces))
        line.read(2e-3)
    while line.read(2e-3):
        pass
    assert Client(line, TINY).state().digest() == State.initial(TINY.network).digest()
