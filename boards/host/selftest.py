"""A chip is tested by what it computes: it learns from states that are drawn, and must hold what the model holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from boards.host.client import Client
from boards.host.connection import Connection
from boards.host.pipe import LineLostError, StateLostError
from golden.arith import Int
from golden.engine.network import FastNetwork
from golden.placement import contents_of
from golden.spec.settings import Settings
from golden.state import State


@dataclass(frozen=True)
class Trial:
    """Samples that are learned, and the state before them."""

    state: State
    samples: NDArray[np.integer]
    labels: NDArray[np.uint8]


@dataclass
class Verdict:
    """What came of trials.

    Attributes
    ----------
    trials, samples
        How many there were.
    predictions
        Samples whose class, or whether weights changed, was not the model's.
    memories
        Elements that were not the model's after a trial, by memory.
    """

    trials: int = 0
    samples: int = 0
    predictions: int = 0
    memories: dict[str, int] = field(default_factory=dict)

    @property
    def differences(self) -> int:
        """Of both kinds."""
        return self.predictions + sum(self.memories.values())


@dataclass(frozen=True)
class Held:
    """All that a trial changes in a chip.

    Attributes
    ----------
    contents
        Elements of its memories by region, whatever they are.
    shifts, settings
        Learning rates, and what it computes with.
    """

    contents: dict[str, Int]
    shifts: tuple[int, int]
    settings: Settings

    @classmethod
    def by(cls, client: Client) -> Held:
        """Read what a chip holds."""
        return cls(client.contents(), client.shifts(), client.settings())

    def restore(self, client: Client) -> None:
        """Write it back."""
        client.write_contents(self.contents)
        client.set_shifts(*self.shifts)
        if client.preset.hardware.adjustable:
            client.set_settings(self.settings)


def self_test(
    connection: Connection, held: Held, trials: Iterable[Trial], progress: Callable[[Verdict], object] = lambda _: None
) -> Verdict:
    """Let a chip learn each trial at the rates and settings of its preset, and compare with the engine bit for bit.

    A trial during which the line broke is done again.

    Parameters
    ----------
    connection
        To the chip.
    held
        Written to it at the end, also when the test is interrupted.
    trials
        What is learned.
    progress
        Told after each trial.

    Raises
    ------
    UserError
        The line broke, and did not come back; the chip is left as it was then.
    """
    verdict = Verdict()
    try:
        for trial in trials:
            _steadily(connection, partial(_note, verdict, trial))
            progress(verdict)
    finally:
        _steadily(connection, held.restore)
    return verdict


def _note(verdict: Verdict, trial: Trial, client: Client) -> None:
    """Do a trial, and note what came of it once it is done."""
    network, shifts = client.preset.network, client.preset.training.shifts(0)
    engine = FastNetwork(network, trial.state.copy())
    expected = engine.run_many(trial.samples, trial.labels, True, shifts)
    client.load(trial.state)
    client.set_settings()
    client.set_shifts(*shifts)
    answers = list(client.run(trial.samples, trial.labels, learn=True))
    wanted = contents_of(client.preset, engine.state)
    wrong = {name: int((elements != wanted[name]).sum()) for name, elements in client.contents().items()}
    told = zip(expected.predictions.tolist(), expected.updated.tolist(), strict=True)
    verdict.predictions += sum((got.winner, got.updated) != (*want,) for got, want in zip(answers, told, strict=True))
    for name, count in wrong.items():
        if count:
            verdict.memories[name] = verdict.memories.get(name, 0) + count
    verdict.trials += 1
    verdict.samples += len(trial.labels)


def _steadily(connection: Connection, done: Callable[[Client], None]) -> None:
    """Do something with a chip, once more from its beginning whenever the line broke."""
    while True:
        try:
            done(connection.client)
        except (LineLostError, StateLostError) as error:
            connection.again(error)
        else:
            return
