"""A long training over a line full of trouble, with either end failing at times, held against the model."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boards.catalogue import Board
from boards.host.pipe import LineLostError, StateLostError
from boards.simulated.board import SimulatedBoard
from boards.simulated.connecting import connected
from boards.simulated.line import SimulatedLine
from boards.simulated.trouble import KINDS, Trouble
from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork
from golden.spec.config import Preset
from golden.state import State

_TURN = 200  # samples between two comparisons of the state
_HOST_DIES, _POWER_FAILS = 0.3, 0.05  # chances a turn
_STALLS, _PAUSE = 0.02, 0.001  # chance a sample, and seconds that the host reads nothing then: all memory fills


@dataclass
class Findings:
    """What was done to the line, and what came of it.

    Attributes
    ----------
    to_chip, to_host
        Faults by kind (:data:`~boards.simulated.trouble.KINDS`), to and from the chip.
    host_died, power_failed, stalled
        How often the program was ended by force in mid-stream, the chip lost its power, and the host read nothing for a
        while.
    resent, damaged
        Times that the host sent again; frames that it got damaged.
    samples
        Samples learned, each exactly once, since ``differences`` is 0.
    comparisons, differences
        States that were read and compared with the model; samples whose prediction, or states that, were not equal.
    chip_seconds, seconds
        Time of the chip and of the computer.
    """

    to_chip: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    to_host: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    host_died: int = 0
    power_failed: int = 0
    stalled: int = 0
    resent: int = 0
    damaged: int = 0
    samples: int = 0
    comparisons: int = 0
    differences: int = 0
    chip_seconds: float = 0.0
    seconds: float = 0.0

    def least(self) -> int:
        """Faults of the kind of which there were fewest."""
        return min(*self.to_chip.values(), *self.to_host.values())

    def as_values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class BoardCheck:
    """Train on a simulated board, and disturb it.

    The line alters, loses, doubles, delays and replays bytes both ways. In some turns the host is gone in mid-stream
    and a new one goes on, from the count of samples that the chip has made; in some the chip loses its power and is
    loaded with the last state that was read; now and then the host reads nothing for a while. After every turn the
    state is read, still over the disturbed line, and must equal the model's.

    Parameters
    ----------
    preset, board
        What is simulated.
    library
        The compiled board.
    dataset
        Samples, learned in their order, again and again.
    rate
        Faults of each kind a byte.
    seed
        Of all draws.
    """

    def __init__(
        self, preset: Preset, board: Board, library: Path, dataset: Dataset, *, rate: float = 2e-3, seed: int = 1
    ) -> None:
        self._preset, self._board, self._library, self._dataset = preset, board, library, dataset
        self._random = random.Random(seed)
        self._there, self._back = Trouble(rate, seed), Trouble(rate, seed + 1)
        self.findings = Findings(self._there.counts, self._back.counts)
        self._line = SimulatedLine(SimulatedBoard(library, board))
        self._line.outgoing, self._line.incoming = self._there, self._back
        self._client = connected(self._line, self._preset)
        self._model = FastNetwork(preset.network)
        self._loaded(self._model.state)
        self._learned = 0  # position in the samples

    def run(self, faults: int, progress: Callable[[Findings], None] | None = None) -> Findings:
        """Go on until there have been so many faults of every kind, each way."""
        started = time.perf_counter()
        while self.findings.least() < faults and not self.findings.differences:
            self._turn()
            self.findings.seconds, self.findings.chip_seconds = time.perf_counter() - started, self._line.now()
            if progress is not None:
                progress(self.findings)
        self._line.close()
        return self.findings

    def _turn(self) -> None:
        begun, found = self._model.state.copy(), self.findings
        samples, labels = self._lessons()
        dies = self._random.randrange(_TURN) if self._random.random() < _HOST_DIES else None
        fails = self._random.randrange(_TURN) if self._random.random() < _POWER_FAILS else None
        expected = self._model.run_many(samples, labels, True, self._preset.training.shifts(0))
        counted, done = self._client.samples, 0
        while done < _TURN:
            try:
                for prediction in self._client.run(samples[done:], labels[done:], learn=True):
                    found.differences += int(prediction.winner != expected.predictions[done])
                    done += 1
                    if self._random.random() < _STALLS:
                        found.stalled += 1
                        self._line.stall(_PAUSE)
                    if dies is not None and done >= dies:
                        break
                    if fails is not None and done >= fails:
                        self._fail()
                        fails = None
            except (LineLostError, StateLostError):
                # The chip knows nothing any more: once more from the state before.
                self._reconnect()
                self._loaded(begun)
                counted, done = self._client.samples, 0
                continue
            if dies is not None:
                dies = None
                found.host_died += 1
                self._line.read(self._random.random() * 1e-3)
                self._reconnect()
                done = self._client.samples - counted & 0xFFFF
        found.samples += _TURN
        self._compare()

    def _compare(self) -> None:
        self.findings.comparisons += 1
        try:
            self.findings.differences += self._client.state().digest() != self._model.state.digest()
        except LineLostError:
            self._reconnect()
            self._compare()

    def _lessons(self) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
        count = len(self._dataset.train_labels)
        chosen = np.arange(self._learned, self._learned + _TURN) % count
        self._learned += _TURN
        return self._dataset.train_samples[chosen], self._dataset.train_labels[chosen]

    def _loaded(self, state: State) -> None:
        self._client.load(state)
        self._client.set_shifts(*self._preset.training.shifts(0))

    def _fail(self) -> None:
        self.findings.power_failed += 1
        self._line.replace(SimulatedBoard(self._library, self._board))

    def _reconnect(self) -> None:
        self.findings.resent += self._client.pipe.resent
        self.findings.damaged += self._client.pipe.damaged
        self._client = connected(self._line, self._preset, self._client.pipe.conversation)
