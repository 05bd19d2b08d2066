"""Settings of a running chip, over its line: a whole board, the learner on it, and what a user types."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boards.host.backend import BoardBackend
from boards.host.client import Client, Prediction
from boards.host.connection import Connection
from boards.host.journal import JOURNAL
from boards.host.learner import ChipLearner
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from boards.simulated.model import compiled_board
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.network import ReferenceNetwork
from golden.spec import protocol
from golden.spec.config import Training
from golden.spec.errors import UserError
from golden.spec.memmap import CONTROL, Control
from golden.spec.presetfile import read_preset, written
from golden.spec.protocol import Command
from golden.spec.settings import SETTINGS, Settings, legal
from golden.state import State
from golden.training.metrics import Quiet
from sim.benches.support.settings import drawn_settings
from tests.support.board import BOARD, TINY, compiled, plugged
from tests.support.shell import complaint, run, said

PRESET = replace(TINY, hardware=replace(TINY.hardware, adjustable=True))
NETWORK = PRESET.network
CONFIGURED = Settings.of(NETWORK)
OTHER = Settings(margin=9, leak_shift=1, homeostasis_gain=200, homeostasis_decay=3, frozen=2)
SHIFTS = (3, 2)
DIGITS = load(TINY.dataset)


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled_board(PRESET, BOARD)


@pytest.fixture
def line(library: Path) -> Iterator[SimulatedLine]:
    with SimulatedBoard(library, BOARD) as board:
        yield SimulatedLine(board)


def test_learns_under_settings_that_change_between_samples(line: SimulatedLine) -> None:
    draw, model = np.random.default_rng(3), ReferenceNetwork(NETWORK)
    client = Client(line, PRESET)
    assert client.settings() == CONFIGURED, "as it was built"
    client.load(State.initial(NETWORK))
    client.set_shifts(*SHIFTS)
    for sample, label in zip(DIGITS.train_samples[:20], DIGITS.train_labels[:20], strict=True):
        settings = drawn_settings(NETWORK, draw)
        client.set_settings(settings)
        (got,) = client.run(sample[None], label[None], learn=True)
        expected = model.run(sample, int(label), learn=True, shifts=SHIFTS, settings=settings)
        assert (got.winner, got.updated) == (expected.prediction, expected.updated), settings
        client = Client(line, PRESET)  # a reset keeps settings and rates
        assert client.settings() == settings and client.shifts() == SHIFTS
    assert client.state().digest() == model.state.digest()
    client.set_settings()
    assert client.settings() == CONFIGURED


@pytest.mark.parametrize("size", [1, 2, 4])
def test_values_that_are_none_are_ignored(line: SimulatedLine, size: int) -> None:
    client = Client(line, PRESET)
    client.set_settings(OTHER)
    for element, (name, limits) in enumerate(legal(NETWORK).items(), Control.SETTINGS):
        wrong = {limits.high + 1, limits.low - 1, 1 << 8 * size - 1 | getattr(OTHER, name)}
        for value in wrong:
            if not 0 <= value < 1 << 8 * size or limits.low <= value <= limits.high:
                continue
            place = bytes((Command.WRITE,)) + protocol.address(CONTROL, element, size) + b"\x01\x00"
            client.pipe.write(place + value.to_bytes(size, "little"))
            assert client.pipe.read(1) == bytes((protocol.Answer.DONE,))
            assert client.settings() == OTHER, (name, value)


def test_a_board_is_a_backend_that_takes_settings(line: SimulatedLine) -> None:
    samples, labels = DIGITS.train_samples[:6], DIGITS.train_labels[:6]
    engine = FastNetwork(NETWORK)
    with BoardBackend(PRESET, line) as backend:
        backend.load(State.initial(NETWORK))
        for settings in (OTHER, None):
            got = backend.run(samples, labels, learn=True, shifts=SHIFTS, settings=settings)
            expected = engine.run_many(samples, labels, True, SHIFTS, digests=True, settings=settings)
            assert got.digests.tolist() == expected.digests.tolist()


def connected(line: SimulatedLine) -> Connection:
    return Connection(lambda: line, PRESET)


@pytest.mark.parametrize("settings", [None, OTHER])
def test_a_training_has_its_settings_whatever_the_chip_was_set_to(
    line: SimulatedLine, tmp_path: Path, settings: Settings | None
) -> None:
    """Also one that goes on after it was ended, when somebody has set the chip to something else meanwhile."""
    samples, labels = DIGITS.train_samples[:30], DIGITS.train_labels[:30]
    training, journal, told = Training(epochs=1, slower=()), tmp_path / JOURNAL, list[str]()

    class Told(Quiet):
        def warned(self, sentence: str) -> None:
            told.append(sentence)

    def cut(client: Client) -> Any:
        run = client.run

        def broken(*arguments: Any, **named: Any) -> Iterator[Prediction]:
            for count, prediction in enumerate(run(*arguments, **named)):
                if count == 7:
                    raise KeyboardInterrupt
                yield prediction

        return broken

    connection = connected(line)
    connection.client.set_settings(replace(OTHER, margin=0, frozen=5))
    connection.client.run = cut(connection.client)  # type: ignore[method-assign]
    learner = ChipLearner(connection, State.initial(NETWORK), journal=journal, settings=settings)
    with pytest.raises(KeyboardInterrupt):
        learner.learn_epoch(samples, labels, 0, training, Told())
    connection = connected(line)
    connection.client.set_settings(replace(OTHER, leak_shift=9, frozen=7))
    learner = ChipLearner(connection, State.initial(NETWORK), journal=journal, settings=settings)
    learner.learn_epoch(samples, labels, 0, training, Told())
    engine = FastNetwork(NETWORK)
    engine.run_many(samples, labels, True, training.shifts(0), settings=settings)
    assert learner.state.digest() == engine.state.digest()
    assert len(told) == 1 and "the chip has kept" in told[0]
    # So has a test, whose leak matters.
    connection.client.set_settings(replace(OTHER, leak_shift=12))
    tested = learner.run_many(samples, labels, False, (0, 0)).predictions
    assert tested.tolist() == engine.run_many(samples, labels, False, (0, 0), settings=settings).predictions.tolist()


def test_a_chip_with_registers_is_another_than_one_without(line: SimulatedLine) -> None:
    with pytest.raises(UserError, match=r"which is not preset tiny as it is now \(digest \w+, with other hardware\);"):
        Client(line, TINY)
    with SimulatedBoard(compiled(), BOARD) as plain:
        plain_line = SimulatedLine(plain)
        with pytest.raises(UserError, match="with other hardware"):
            Client(plain_line, PRESET)
        client = Client(plain_line, TINY)
        assert client.settings() == CONFIGURED
        client.set_settings(CONFIGURED)
        with pytest.raises(UserError, match="the chip has no registers for settings; build it from a preset with"):
            client.set_settings(OTHER)


def test_a_chip_runs_all_networks_that_differ_in_settings_alone(line: SimulatedLine) -> None:
    """Such a preset needs no bitstream of its own, and its bits are those of its own network."""
    other = replace(PRESET, network=replace(NETWORK, margin=4, leak_shift=2, homeostasis_gain=9, plastic_layers=False))
    learner = ChipLearner(Connection(lambda: line, other), State.initial(other.network))
    samples, labels = DIGITS.train_samples[:20], DIGITS.train_labels[:20]
    learner.run_many(samples, labels, True, SHIFTS)
    engine = FastNetwork(other.network)
    engine.run_many(samples, labels, True, SHIFTS)
    assert learner.state.digest() == engine.state.digest()
    with pytest.raises(UserError, match=r"which is not preset tiny as it is now \(digest \w+\); build"):
        Client(line, replace(PRESET, network=replace(NETWORK, seed=9)))


# --- what a user types


def test_sets_and_shows_settings(library: Path, tmp_path: Path) -> None:
    file = tmp_path / "tiny.toml"
    file.write_text(written(PRESET))
    assert read_preset(file).hardware.adjustable
    with plugged(library, tmp_path / "port") as board:
        here = ("--port", board.port, "--preset", file)
        found = said("board", "set", *here)
        assert {name: found[name] for name in SETTINGS} == {**CONFIGURED.values(), "frozen": "none"}
        named = ("--margin", 4, "--leak-shift", 2, "--homeostasis-gain", 7, "--homeostasis-decay", 9)
        found = said("board", "set", *named, "--frozen", "1, readout", "--layer-shift", 4, *here)
        assert [found[name] for name in (*SETTINGS, "layer_shift")] == [4, 2, 7, 9, "1,readout", 4]
        found = said("board", "set", "--margin", 5, *here)
        assert [found[name] for name in SETTINGS] == [5, 2, 7, 9, "1,readout"], "the others stay"
        assert "leak shift" in run("board", "set", *here).stdout
        watched = said("board", "monitor", "--samples", 3, *here)
        assert [watched[name] for name in SETTINGS] == [5, 2, 7, 9, "1,readout"], "a monitor changes nothing"
        said("board", "evaluate", "--limit", 3, *here)
        assert said("board", "set", *here)["leak_shift"] == 2, "a test of the chip as it is neither"
        assert said("board", "set", "--frozen", "none", *here)["frozen"] == "none"
        said("board", "load", *here)
        found = said("board", "set", *here)
        assert {name: found[name] for name in SETTINGS} == {**CONFIGURED.values(), "frozen": "none"}

        said("board", "set", "--frozen", "0,1,readout", *here)
        before = said("board", "evaluate", "--limit", 1, *here)["digest"]
        learned = said("board", "monitor", "--learn", "--part", "training", "--samples", 5, *here)
        assert learned["update_fraction"] == 0 and learned["frozen"] == "0,1,readout"
        assert said("board", "evaluate", "--limit", 1, *here)["digest"] == before, "everything is frozen"
        on_chip = said("board", "train", "--epochs", 1, "--limit", 30, *here)
        golden = said("train", "--epochs", 1, "--limit", 30, "--preset", "tiny")
        assert on_chip["digest"] == golden["digest"], "a training begins with settings of its own"

        file.write_text(written(replace(PRESET, network=replace(NETWORK, margin=6, leak_shift=2))))
        on_chip = said("board", "train", "--epochs", 1, "--limit", 30, *here, "--out", tmp_path / "run")
        golden = said("train", "--epochs", 1, "--limit", 30, "--preset", file)
        assert on_chip["digest"] == golden["digest"], "another preset for the same chip"
        assert on_chip["test_accuracy"] == golden["test_accuracy"]
        found = said("board", "set", *here)
        assert (found["margin"], found["leak_shift"]) == (6, 2)
        file.write_text(written(PRESET))
        sentence = complaint("board", "train", "--epochs", 2, "--limit", 30, *here, "--resume", tmp_path / "run")
        assert "belongs to network" in sentence, "a training goes on with the settings that it began with"
        said("board", "load", *here)

        assert "frozen must name layers 0..1 or readout, not 2" in complaint("board", "set", "--frozen", 2, *here)
        assert "not 'all'" in complaint("board", "set", "--frozen", "0,all", *here)
        assert "256 is not in the range 0<=x<=255" in complaint("board", "set", "--margin", 256, *here)
        assert "0 is not in the range 1<=x<=12" in complaint("board", "set", "--leak-shift", 0, *here)
        assert said("board", "set", *here)["margin"] == CONFIGURED.margin


def test_a_chip_without_registers_says_how_to_get_them(tmp_path: Path) -> None:
    with plugged(compiled(), tmp_path / "port") as board:
        sentence = complaint("board", "set", "--margin", 3, "--layer-shift", 4, "--port", board.port)
        assert sentence == (
            "the chip has no registers for settings; build it from a preset with adjustable = true in its table "
            "hardware"
        )
        found = said("board", "set", "--port", board.port)
        assert found["margin"] == CONFIGURED.margin and found["layer_shift"] == 12, "nothing was written"
