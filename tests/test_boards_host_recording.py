"""A training from the flash of a board without a host: bit by bit that of the model, whenever a host opens it."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import BOARDS, Board
from boards.host.client import Client
from boards.host.commands import sampling
from boards.host.recording import record
from boards.platforms.flash import Flash
from boards.simulated.board import SimulatedBoard
from boards.simulated.flash import contents
from boards.simulated.line import SimulatedLine
from boards.simulated.model import compiled_board
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.frames import FLAG, KIND_BITS, HostFrame, Kind
from golden.spec.presets import preset_named
from golden.spec.protocol import FLAG_BIT, Command, identity
from golden.spec.recording import END, HEADER_BYTES, RIGHT, WRONG, Recording
from golden.state import State
from golden.training.order import epoch_order, training_samples
from golden.training.train import train

BOARD = replace(BOARDS["icebreaker"], baud=6_000_000)
COUNT, EPOCHS = 120, 2
SECONDS = 2 * COUNT * EPOCHS / 5000  # that the chip takes, and more


def recipe(preset: Preset) -> Preset:
    """Another rate in the second epoch, and samples that are changed."""
    return replace(preset, training=replace(preset.training, epochs=EPOCHS, slower=(1,), augmentation="shift"))


TINY = recipe(preset_named("tiny"))


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled_board(TINY, BOARD, store=True)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with tests."""
    path = tmp_path_factory.mktemp("recordings") / "tiny.recording"
    record(path, TINY, BOARD, load(TINY.dataset), limit=COUNT, tested=True)
    return path


@contextmanager
def started(library: Path, flash: bytes) -> Iterator[SimulatedLine]:
    with SimulatedBoard(library, BOARD, flash=flash) as board:
        yield SimulatedLine(board)


def told(line: SimulatedLine, seconds: float = SECONDS) -> bytes:
    """What the chip says by itself until it is quiet."""
    parts = []
    while data := line.read(seconds):
        parts.append(data)
    return b"".join(parts)


def lessons(epoch: int = 0) -> tuple[np.ndarray, np.ndarray]:
    dataset = load(TINY.dataset)
    order = epoch_order(TINY.network.seed, epoch, COUNT)
    return training_samples(TINY, dataset, epoch, order), dataset.train_labels[order]


def test_the_file_is_what_its_header_says(recorded: Path) -> None:
    data = recorded.read_bytes()
    header, commands = Recording.decode(data), data[HEADER_BYTES:]
    built = identity(TINY, BOARD.clock_hz, BOARD.link_memory)
    assert (header.protocol, header.network, header.layout) == (built.protocol, built.network, built.layout)
    assert (header.name, header.epochs, header.samples) == ("tiny", EPOCHS, 2 * EPOCHS * COUNT)
    assert (header.length, header.crc) == (len(commands), zlib.crc32(commands))
    assert commands[0] == Command.WRITE and commands[-1] == END


def test_learns_bit_by_bit_as_the_model(library: Path, recorded: Path) -> None:
    """Epochs and tests without a host, which then finds the state of the model; the line told who was right."""
    expected = train(TINY, load(TINY.dataset), limit=COUNT)
    with started(library, contents(BOARD, recorded)) as line:
        said = told(line)
        parts = [said[first : first + COUNT] for first in range(0, len(said), COUNT)]
        assert not said.strip(bytes((RIGHT, WRONG)))
        found = [part.count(RIGHT) / COUNT for part in parts]
        rates = [(metrics.train_accuracy, metrics.test_accuracy) for metrics in expected.history]
        assert found == [rate for pair in rates for rate in pair]
        client = Client(line, TINY)
        assert client.samples == 2 * EPOCHS * COUNT
        assert client.state().digest() == expected.state.digest()
        assert client.read("control")[1:].tolist() == list(TINY.training.shifts(EPOCHS - 1))


@pytest.mark.parametrize("part", [0.0, 0.05, *(0.31 + 0.0137 * step for step in range(12))])
def test_a_host_may_open_at_any_time(library: Path, recorded: Path, part: float) -> None:
    """What is counted is learned, and nothing else; then the host goes on, and nothing comes from the flash."""
    samples, labels = lessons()
    with SimulatedBoard(library, BOARD, flash=contents(BOARD, recorded)) as board:
        line = SimulatedLine(board)
        line.read(0)
        board.run(round(part * COUNT * 2800))
        client = Client(line, TINY)
        assert client.samples < COUNT and bool(client.samples) == (part > 0.1)
        model = FastNetwork(TINY.network)
        if client.samples:
            model.run_many(samples[: client.samples], labels[: client.samples], True, TINY.training.shifts(0))
            assert client.state().digest() == model.state.digest()
        model = FastNetwork(TINY.network)
        client.load(State.initial(TINY.network))
        client.set_shifts(3, 2)
        expected = model.run_many(samples, labels, True, (3, 2)).predictions
        read = board.flash_bytes
        got = [prediction.winner for prediction in client.run(samples, labels, learn=True)]
        assert got == expected.tolist() and client.state().digest() == model.state.digest()
        assert board.flash_bytes == read and not client.pipe.damaged


def test_a_host_that_does_not_open_is_told_so(library: Path, recorded: Path) -> None:
    """Frames of a conversation that has ended do no harm, and what is said of samples never stands in a frame."""
    with started(library, contents(BOARD, recorded)) as line:
        said = b""
        for _ in range(40):
            line.write(HostFrame(Kind.DATA, 5, 7, 0, b"\x00").encode(1))
            said += line.read(1e-3)
        pieces = (said + told(line)).split(bytes((FLAG,)))
        frames = [piece for piece in pieces if piece.strip(bytes((RIGHT, WRONG)))]
        assert len(frames) == 40 and set(frames) == {frames[0]} and frames[0][0] & (1 << KIND_BITS) - 1 == Kind.CLOSED
        samples = sum(map(len, pieces)) - sum(map(len, frames))
        assert 2 * EPOCHS * COUNT - 10 < samples <= 2 * EPOCHS * COUNT  # a few may be left out beside a frame


def test_the_button_stops_learning(library: Path, recorded: Path) -> None:
    with SimulatedBoard(library, BOARD, flash=contents(BOARD, recorded)) as board:
        board.press(0)
        line = SimulatedLine(board)
        assert len(told(line)) == 2 * EPOCHS * COUNT
        assert Client(line, TINY).state().digest() == State.initial(TINY.network).digest()


def test_lights_tell_of_mistakes(library: Path, recorded: Path) -> None:
    with started(library, contents(BOARD, recorded)) as line:
        said = b""
        while len(said) < COUNT:
            said += line.read(1e-2)
            assert bool(line.leds & 2) == (said[-1] == WRONG)


def changed(place: int, value: int) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        return data[:place] + bytes((value,)) + data[place + 1 :]

    return change


@pytest.mark.parametrize(
    ("what", "change"),
    [
        ("erased", lambda data: b"\xff" * len(data)),
        ("cut off before it begins", lambda data: data[:HEADER_BYTES]),
        ("another key", changed(HEADER_BYTES - 1, 0)),
        ("no command", changed(HEADER_BYTES, 77)),
        ("no such region", changed(HEADER_BYTES + 4, 200)),
    ],
)
def test_what_is_no_recording_is_left_alone(
    what: str, change: Callable[[bytes], bytes], library: Path, recorded: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.write_bytes(change(recorded.read_bytes()))
    with started(library, contents(BOARD, damaged)) as line:
        assert told(line, 1e-2) == b"", what
        client = Client(line, TINY)
        assert client.samples == 0
        client.load(State.initial(TINY.network))
        assert client.state().digest() == State.initial(TINY.network).digest()


@pytest.mark.parametrize("other", ["seed", "lanes"])
def test_the_recording_of_another_chip_is_left_alone(other: str, library: Path, tmp_path: Path) -> None:
    foreign = replace(TINY, network=replace(TINY.network, seed=77))
    if other == "lanes":
        foreign = replace(TINY, hardware=replace(TINY.hardware, lanes=8))
    record(tmp_path / "foreign", foreign, BOARD, load(TINY.dataset), limit=2)
    with started(library, contents(BOARD, tmp_path / "foreign")) as line:
        assert told(line, 1e-2) == b""
        assert Client(line, TINY).samples == 0


def test_a_damaged_sample_ends_it_between_two(library: Path, recorded: Path, tmp_path: Path) -> None:
    """A label that is no class, of the fourth sample: three have been learned."""
    data, (samples, labels) = bytearray(recorded.read_bytes()), lessons()
    fourth = sampling(TINY.network, samples[3], int(labels[3]), learn=True)
    data[data.index(fourth) + 1] = 1 << FLAG_BIT | 99
    (tmp_path / "damaged").write_bytes(data)
    model = FastNetwork(TINY.network)
    model.run_many(samples[:3], labels[:3], True, TINY.training.shifts(0))
    with started(library, contents(BOARD, tmp_path / "damaged")) as line:
        assert len(told(line)) == 3
        client = Client(line, TINY)
        assert client.samples == 3 and client.state().digest() == model.state.digest()


def with_room(room: int) -> Board:
    return replace(BOARD, flash=Flash("spi_flash_1x", 1 << 24, (1 << 24) - room))


def test_says_how_many_epochs_fit(tmp_path: Path) -> None:
    dataset = load(TINY.dataset)
    one = record(tmp_path / "one", replace(TINY, training=replace(TINY.training, epochs=1)), BOARD, dataset)
    two = record(tmp_path / "two", TINY, BOARD, dataset)
    done, path = list[tuple[int, int]](), tmp_path / "some"
    assert record(path, TINY, with_room(two.size), dataset, progress=lambda *both: done.append(both)).size == two.size
    assert done[-1][0] == done[-1][1] == EPOCHS * len(dataset.train_labels)
    assert path.read_bytes() == (tmp_path / "two").read_bytes()
    path.unlink()
    sentence = "2 epochs of tiny do not fit the flash of icebreaker, {:,} bytes; {}"
    for room, fit in ((two.size - 1, "1 epoch fits, so say --epochs 1"), (one.size - 1, "not one epoch fits, so")):
        with pytest.raises(UserError, match=sentence.format(room, fit)):
            record(path, TINY, with_room(room), dataset)
        assert not path.exists()


def test_refuses_boards_without_a_flash_and_data_that_do_not_fit(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="board colorlight-i5 has no flash with room for a recording; choose one"):
        record(tmp_path / "some", TINY, BOARDS["colorlight-i5"], load(TINY.dataset))
    with pytest.raises(UserError, match="choose a preset made for it"):
        record(tmp_path / "some", preset_named("digits"), BOARD, load("yin-yang"))
    (tmp_path / "large").write_bytes(bytes(BOARD.store.room + 1))
    with pytest.raises(UserError, match="make it for board icebreaker, with: threefactor board store"):
        contents(BOARD, tmp_path / "large")
