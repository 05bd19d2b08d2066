"""Training on a chip, whatever becomes of line, chip and program: the bits of the engine, every sample learned once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from boards.host import connection as connections
from boards.host import learner as module
from boards.host.client import Client
from boards.host.connection import Connection
from boards.host.journal import JOURNAL, read_lesson
from boards.host.learner import ChipLearner
from boards.host.pipe import LineLostError
from boards.simulated.board import SimulatedBoard
from boards.simulated.line import SimulatedLine
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.state import State
from golden.training.train import Trained, train
from tests.support.board import BOARD, TINY, compiled

LIMIT, EPOCHS = 16, 2
DIGITS = load(TINY.dataset)
PHASES = ("loading", "learning", "reading", "testing", "learning again", "reading again", "testing again")
LINE, POWER = "the line breaks", "the power fails"
EVENTS = [
    *((LINE, phase) for phase in ("loading", "learning", "reading", "testing", "learning again")),
    *((POWER, phase) for phase in ("learning", "reading", "testing", "learning again")),
    *((f"{LINE} and {POWER}", phase) for phase in ("learning", "testing again")),
]


class KilledError(BaseException):
    """The program is ended by force: nothing that it would still like to do is done."""


@dataclass
class Bench:
    """A board and its cable, to which things happen when a program has looked at the line so many times.

    Attributes
    ----------
    plan
        What happens, and when.
    looks
        How often the line was looked at.
    samples
        Samples that all boards have predicted, one after the other.
    """

    library: Path
    plan: list[tuple[int, str]] = field(default_factory=list)
    looks: int = 0
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.board = SimulatedBoard(self.library, BOARD)
        self.wires: list[Wire] = []

    def open(self) -> Wire:
        self.wires.append(Wire(self))
        return self.wires[-1]

    def connection(self, patience: float = 5.0) -> Connection:
        return Connection(self.open, TINY, patience=patience, told=self.told.append)

    def train(self, folder: Path | None = None, *, resume: bool = False) -> Trained:
        """Train as the engine does in ``expected``."""
        journal = None if folder is None else folder / JOURNAL
        with self.connection() as connection:
            return train(
                TINY,
                DIGITS,
                epochs=EPOCHS,
                limit=LIMIT,
                folder=folder,
                resume=resume,
                report=self,
                learner=lambda _, state: ChipLearner(connection, state, journal=journal),
            )

    def look(self) -> None:
        self.looks += 1
        while self.plan and self.looks >= self.plan[0][0]:
            for event in self.plan.pop(0)[1].split(" and "):
                getattr(self, event.replace(" ", "_"))()

    def the_line_breaks(self) -> None:
        self.wires[-1].broken = True

    def the_power_fails(self) -> None:
        self.board.close()
        self.board = SimulatedBoard(self.library, BOARD)

    def the_program_is_killed(self) -> None:
        raise KilledError

    def count(self) -> int:
        return Client(self.open(), TINY).samples

    def samples_done(self, running: object) -> None: ...

    def epoch_done(self, metrics: object) -> None: ...

    def warned(self, sentence: str) -> None:
        self.told.append(sentence)


class Wire(SimulatedLine):
    """A line to the board that is on the bench now."""

    def __init__(self, bench: Bench) -> None:
        super().__init__(bench.board)
        self._bench, self.broken = bench, False

    def write(self, data: bytes) -> None:
        self._require()
        super().write(data)

    def read(self, seconds: float) -> bytes:
        self._bench.look()
        self._require()
        return super().read(seconds)

    def close(self) -> None:
        self.broken = True

    def _require(self) -> None:
        self._board = self._bench.board
        if self.broken:
            raise OSError("device disconnected")


@pytest.fixture(scope="module")
def library() -> Path:
    return compiled()


@pytest.fixture
def bench(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    monkeypatch.setattr(module, "_NOTING", 0.0)
    monkeypatch.setattr(connections, "_PAUSE", 0.01)
    bench = Bench(library)
    yield bench
    bench.board.close()


@pytest.fixture(scope="module")
def expected() -> Trained:
    return train(TINY, DIGITS, epochs=EPOCHS, limit=LIMIT)


@pytest.fixture(scope="module")
def looks(library: Path) -> dict[str, int]:
    """At which look at the line a program that is not disturbed is in the middle of each phase."""
    bench, marks = Bench(library), list[int]()

    def marked(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            marks.append(bench.looks)
            result = method(*arguments)
            marks.append(bench.looks)
            return result

        return call

    with pytest.MonkeyPatch.context() as patch:
        for name in ("load", "state"):
            patch.setattr(Client, name, marked(getattr(Client, name)))
        bench.train()
    bench.board.close()
    marks.append(bench.looks)
    between = (marks[3] + marks[4]) // 2  # the test of an epoch ends and the next epoch begins
    bounds = [*marks[:4], between, *marks[4:]]
    return {phase: sum(pair) // 2 for phase, pair in zip(PHASES, pairwise(bounds), strict=True)}


def digests(trained: Trained) -> list[str]:
    return [metrics.state_digest for metrics in trained.history]


def test_learns_as_the_engine(bench: Bench, expected: Trained, tmp_path: Path) -> None:
    trained = bench.train(tmp_path / "run")
    assert digests(trained) == digests(expected) and trained.state.digest() == expected.state.digest()
    for got, wanted in zip(trained.history, expected.history, strict=True):
        assert got.train_accuracy == wanted.train_accuracy and got.test_accuracy == wanted.test_accuracy
        assert got.update_fraction == wanted.update_fraction and got.firing_rates == ()
    assert bench.count() == EPOCHS * 2 * LIMIT and not bench.told


@pytest.mark.parametrize(("event", "phase"), EVENTS)
def test_whatever_happens_to_the_board(
    bench: Bench, expected: Trained, looks: dict[str, int], event: str, phase: str
) -> None:
    bench.plan = [(looks[phase], event)]
    trained = bench.train()
    assert digests(trained) == digests(expected)
    assert [metrics.test_accuracy for metrics in trained.history] == [
        metrics.test_accuracy for metrics in expected.history
    ]
    assert bench.told, "nothing happened"
    if event == LINE:
        # What is counted is what was learned, and tests of which some may be repeated.
        assert EPOCHS * 2 * LIMIT <= bench.count() < EPOCHS * 2 * LIMIT + 20


def test_one_thing_after_the_other(bench: Bench, expected: Trained, looks: dict[str, int]) -> None:
    bench.plan = [(looks["learning"] * turn // 2, (LINE, POWER)[turn % 2]) for turn in (1, 2, 5)]
    assert digests(bench.train()) == digests(expected)
    assert not bench.plan


def kill(bench: Bench, looks: dict[str, int], folder: Path, phase: str = "learning") -> None:
    bench.plan = [(looks[phase], "the program is killed")]
    with pytest.raises(KilledError):
        bench.train(folder)


@pytest.mark.parametrize("phase", PHASES)
def test_a_program_that_is_killed_is_gone_on_with(
    bench: Bench, expected: Trained, looks: dict[str, int], phase: str, tmp_path: Path
) -> None:
    kill(bench, looks, tmp_path / "run", phase)
    trained = bench.train(tmp_path / "run", resume=True)
    assert digests(trained) == digests(expected)
    # Nothing is learned twice, and tests that were broken off are made again.
    assert all(" samples and goes on" in sentence for sentence in bench.told)
    assert bool(bench.told) == (phase != "loading")
    assert (bench.count() > EPOCHS * 2 * LIMIT) == phase.startswith("testing")


def test_goes_on_in_the_middle_of_an_epoch(
    bench: Bench, expected: Trained, looks: dict[str, int], tmp_path: Path
) -> None:
    kill(bench, looks, tmp_path / "run")
    lesson = read_lesson(tmp_path / "run" / JOURNAL)
    assert lesson is not None and 0 < lesson.learned < LIMIT
    assert lesson.began == f"{State.initial(TINY.network).digest():016x}"
    trained = bench.train(tmp_path / "run", resume=True)
    assert digests(trained) == digests(expected)
    assert bench.count() == EPOCHS * 2 * LIMIT
    (sentence,) = bench.told
    assert sentence.startswith("epoch 1: the chip has kept ") and " samples and goes on" in sentence
    assert trained.history[1].train_accuracy == expected.history[1].train_accuracy


def test_an_epoch_that_waits_for_its_test_is_not_learned_again(
    bench: Bench, expected: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr("golden.training.train.evaluated", killed)
        with pytest.raises(KilledError):
            bench.train(tmp_path / "run")
    client = Client(bench.open(), TINY)
    for _ in client.run(DIGITS.test_samples[:7], DIGITS.test_labels[:7], learn=False):
        pass
    assert digests(bench.train(tmp_path / "run", resume=True)) == digests(expected)
    assert bench.count() == EPOCHS * 2 * LIMIT + 7


def powered_down(bench: Bench) -> None:
    bench.the_power_fails()


def loaded_by_another(bench: Bench) -> None:
    Client(bench.open(), TINY).load(State.initial(TINY.network))


def learned_for_another(bench: Bench) -> None:
    client = Client(bench.open(), TINY)
    client.set_shifts(1, 1)
    for _ in client.run(DIGITS.train_samples[:3], DIGITS.train_labels[:3], learn=True):
        pass


def counted_up_by_another(bench: Bench) -> None:
    """Power was off, and another program has made as many predictions as the journal expects."""
    counted = bench.count()
    bench.the_power_fails()
    client = Client(bench.open(), TINY)
    client.load(State.initial(TINY.network))
    for _ in client.run(DIGITS.train_samples[:counted], DIGITS.train_labels[:counted], learn=False):
        pass
    assert bench.count() == counted


@pytest.mark.parametrize("meddle", [powered_down, loaded_by_another, learned_for_another, counted_up_by_another])
def test_a_chip_that_is_not_where_the_journal_says_learns_the_epoch_again(
    bench: Bench, expected: Trained, looks: dict[str, int], tmp_path: Path, meddle: Callable[[Bench], None]
) -> None:
    kill(bench, looks, tmp_path / "run")
    meddle(bench)
    assert digests(bench.train(tmp_path / "run", resume=True)) == digests(expected)
    assert bench.told == ["epoch 1: the chip has not kept what it learned, and begins the epoch again"]


@pytest.mark.parametrize("content", [None, "", "{", '{"began": "0000000000000000", "count": 0}'])
def test_without_a_journal_the_epoch_is_learned_again(
    bench: Bench, expected: Trained, looks: dict[str, int], tmp_path: Path, content: str | None
) -> None:
    kill(bench, looks, tmp_path / "run")
    journal = tmp_path / "run" / JOURNAL
    journal.unlink()
    if content is not None:
        journal.write_text(content)
    assert digests(bench.train(tmp_path / "run", resume=True)) == digests(expected)
    assert not bench.told


def test_gives_up_when_the_line_does_not_come_back(bench: Bench, looks: dict[str, int]) -> None:
    bench.plan = [(looks["learning"], LINE)]
    with bench.connection(patience=0.05) as connection:
        bench.open = lambda: bench.wires[-1]  # type: ignore[method-assign]
        connection._open_line = bench.open
        learner = ChipLearner(connection, State.initial(TINY.network))
        with pytest.raises(LineLostError, match="broke off .device disconnected.; check the cable"):
            learner.run_many(DIGITS.train_samples[:LIMIT], DIGITS.train_labels[:LIMIT], True, (3, 2))
    assert bench.told[0].endswith("waiting up to 0.05 s for it to come back")


@pytest.mark.parametrize("event", [LINE, POWER])
@pytest.mark.parametrize("learn", [True, False])
def test_runs_samples_as_the_engine(bench: Bench, event: str, learn: bool) -> None:
    engine = FastNetwork(TINY.network)
    samples, labels, shifts = DIGITS.train_samples[:30], DIGITS.train_labels[:30], (3, 2)
    with bench.connection() as connection:
        learner = ChipLearner(connection, State.initial(TINY.network))
        learner.run_many(samples, labels, True, shifts)
        engine.run_many(samples, labels, True, shifts)
        bench.plan = [(bench.looks + 40, event)]
        got, wanted = (one.run_many(samples, labels, learn, shifts) for one in (learner, engine))
        assert not bench.plan and bench.told
        np.testing.assert_array_equal(got.predictions, wanted.predictions)
        np.testing.assert_array_equal(got.updated, wanted.updated)
        assert learner.state.digest() == engine.state.digest() == connection.client.state().digest()
        assert not len(learner.run_many(samples[:0], labels[:0], learn, shifts).predictions)


def test_takes_the_state_of_the_chip(bench: Bench) -> None:
    planted = State.initial(TINY.network)
    planted.readout[0, :] = 0
    with bench.connection() as connection:
        connection.client.load(planted)
        told = list[tuple[int, int]]()
        learner = ChipLearner(connection, progress=lambda *done: told.append(done))
        assert learner.state.digest() == planted.digest() and learner.network is TINY.network
