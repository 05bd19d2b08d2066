"""A simulated board that learns on and on, with whatever a host may do between, held against the model."""

from __future__ import annotations

import gc
import os
import random
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boards.catalogue import Board
from boards.host.pipe import LineLostError
from boards.simulated.board import SimulatedBoard
from boards.simulated.connecting import connected
from boards.simulated.line import SimulatedLine
from boards.simulated.trouble import Trouble
from golden.data.datasets import Dataset
from golden.engine.network import FastNetwork
from golden.placement import contents_of, placements
from golden.spec.config import SHIFT_LIMIT, Preset
from golden.spec.protocol import SAMPLES_BYTES
from golden.state import State

# What a turn may be, and how often.
_TURNS = {"learn": 10, "predict": 4, "rates": 2, "read": 3, "write": 1, "power": 0.2}
_LONGEST = 60  # samples in a turn
_OPENS = 0.3  # chance that a turn of samples is broken off by opening the conversation anew
_STALLS, _PAUSE = 0.03, 0.01  # chance a sample, and most seconds that the host reads nothing then
_NOISY = 0.5  # chance that the line is disturbed in a turn
_WARM = 50  # turns, after which the process should grow no more
_COUNTED = 1 << 8 * SAMPLES_BYTES
_STATM = Path("/proc/self/statm")


@dataclass
class Soaked:
    """What was done to the board, and what came of it; sums over all parts of a soak that was interrupted.

    Attributes
    ----------
    turns
        Things that the host did, one after the other.
    learned, predicted
        Samples.
    opened, power_failed, stalled
        How often the conversation was opened anew while samples were under way, the chip lost its power, and the host
        read nothing for a while.
    rates, memories_read, memories_written
        Changes of the learning rates; memories read and written between samples.
    faults, resent, damaged
        Of the line: what disturbed it, times that the host sent again, frames that it got damaged.
    comparisons, differences
        States, memories and rates that were compared with the model's; what was not equal, predictions included.
    miscounted
        Times that the chip's count of samples was not what the host had sent.
    memory, growth
        Bytes of this process once it was warm, and by how much it has grown since.
    chip_seconds, seconds
        Time of the chip and of the computer.
    digest
        Of the state at the end, 16 hex digits.
    """

    turns: int = 0
    learned: int = 0
    predicted: int = 0
    opened: int = 0
    power_failed: int = 0
    stalled: int = 0
    rates: int = 0
    memories_read: int = 0
    memories_written: int = 0
    faults: int = 0
    resent: int = 0
    damaged: int = 0
    comparisons: int = 0
    differences: int = 0
    miscounted: int = 0
    memory: int = 0
    growth: int = 0
    chip_seconds: float = 0.0
    seconds: float = 0.0
    digest: str = ""
    places: list[str] = field(default_factory=list)
    """Where the first differences were."""

    def as_values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class Soak:
    """Let a host do at random what hosts do, for a long time.

    Turns are drawn: it learns or asks some samples, changes the learning rates, reads a memory, writes one with other
    values, or the power fails. Now and then it reads nothing for a while, the line is disturbed, or it is gone in
    mid-stream and opens the conversation anew at any cycle of any sample. After each turn the chip's count of samples
    must be what was sent, and the state must be the model's.

    Parameters
    ----------
    preset, board
        What is simulated.
    library
        The compiled board.
    dataset
        Samples, drawn at random.
    state
        What the chip holds at first; by default the initial state.
    found
        What an earlier part has found, which is added to.
    rate
        Faults of each kind a byte, in the turns in which the line is disturbed.
    seed
        Of all draws.
    """

    def __init__(
        self,
        preset: Preset,
        board: Board,
        library: Path,
        dataset: Dataset,
        *,
        state: State | None = None,
        found: Soaked | None = None,
        rate: float = 5e-4,
        seed: int = 1,
    ) -> None:
        self._preset, self._board, self._library, self._dataset = preset, board, library, dataset
        self.found = Soaked() if found is None else found
        self._random = random.Random(seed)
        self._there, self._back = Trouble(rate, seed), Trouble(rate, seed + 1)
        self._line = SimulatedLine(SimulatedBoard(library, board))
        self._line.outgoing, self._line.incoming = self._there, self._back
        self._model = FastNetwork(preset.network, state)
        self._shifts = preset.training.shifts(0)
        self._client = connected(self._line, self._preset)
        self._sent = self._client.samples  # as the chip should count
        self._write(*contents_of(preset, self.state))
        self._set_rates()

    @property
    def state(self) -> State:
        """What the chip should hold."""
        return self._model.state

    def run(self, seconds: float, progress: Callable[[Soaked], None] | None = None, turns: int | None = None) -> Soaked:
        """Go on for so long, or so many turns, or to the first difference.

        Raises
        ------
        KeyboardInterrupt
            Passes through; :attr:`found` and :attr:`state` are those after the last whole turn, unless the turn had
            begun to change them, which a chip that is loaded again does not notice.
        """
        found, started, chip = self.found, time.perf_counter(), self._line.now()
        before, chip_before, warm = found.seconds, found.chip_seconds, found.turns + _WARM
        faults, last = found.faults, None if turns is None else found.turns + turns
        try:
            while (now := time.perf_counter() - started) < seconds and found.turns != last:
                if found.differences or found.miscounted:
                    break
                self._turn()
                found.seconds, found.chip_seconds = before + now, chip_before + self._line.now() - chip
                found.faults = faults + sum((*self._there.counts.values(), *self._back.counts.values()))
                if found.turns == warm:
                    found.memory = resident()
                elif found.turns > warm and found.turns % _WARM == 0:
                    found.growth = max(found.growth, resident() - found.memory)
                if progress is not None:
                    progress(found)
            found.seconds = before + time.perf_counter() - started
        finally:
            found.digest = f"{self.state.digest():016x}"
            self._line.close()
        return found

    def _turn(self) -> None:
        self._there.quiet = self._back.quiet = self._random.random() >= _NOISY
        (kind,) = self._random.choices(list(_TURNS), list(_TURNS.values()))
        getattr(self, f"_{kind}")()
        self.found.turns += 1
        self._compare(f"state after {kind}", lambda: self._client.state().digest(), self.state.digest())
        self._count()

    def _learn(self) -> None:
        self._samples(learn=True)

    def _predict(self) -> None:
        self._samples(learn=False)

    def _samples(self, *, learn: bool) -> None:
        """Send some samples; where the conversation ends before, go by the chip's own count."""
        samples, labels = self._drawn()
        count, found = len(labels), self.found
        last = self._random.randrange(count) if self._random.random() < _OPENS else count
        winners = list[int]()
        try:
            for prediction in self._client.run(samples, labels, learn=learn):
                winners.append(prediction.winner)
                if self._random.random() < _STALLS:
                    found.stalled += 1
                    self._line.stall(self._random.random() * _PAUSE)
                if len(winners) > last:
                    break
        except LineLostError:
            last = 0
        done = count
        if len(winners) < count:
            # What is under way is broken off at any cycle, or has just come to its end.
            self._line.read(self._random.random() * 1e-3)
            found.opened += 1
            self._reconnect()
            done = (self._client.samples - self._sent) % _COUNTED
            if not len(winners) <= done <= count:
                found.miscounted += 1
                self._note(f"{done} of {count} samples counted, {len(winners)} answered")
                return
        expected = self._model.run_many(samples[:done], labels[:done], learn, self._shifts)
        wrong = sum(a != b for a, b in zip(winners, expected.predictions.tolist(), strict=False))
        if wrong:
            found.differences += wrong
            self._note(f"{wrong} predictions, {learn=}")
        self._sent = (self._sent + done) % _COUNTED
        if learn:
            found.learned += done
        else:
            found.predicted += done

    def _rates(self) -> None:
        self._shifts = self._random.randint(1, SHIFT_LIMIT), self._random.randint(1, SHIFT_LIMIT)
        self._set_rates()
        self.found.rates += 1
        self._compare("rates", lambda: [*self._client.shifts()], [*self._shifts])

    def _read(self) -> None:
        contents = contents_of(self._preset, self.state)
        name = self._random.choice(list(contents))
        self.found.memories_read += 1
        self._compare(name, lambda: self._client.read(name).tolist(), contents[name].tolist())

    def _write(self, *names: str) -> None:
        """Write memories as the model has them; without names one of them, changed in both."""
        if not names:
            names = (self._changed(),)
            self.found.memories_written += 1
        for name in names:
            self._again(partial(self._put, name))

    def _put(self, name: str) -> None:
        self._client.write(name, contents_of(self._preset, self.state)[name])

    def _changed(self) -> str:
        """Shuffle the values of a memory in the model, and return its name."""
        state = self.state.copy()
        (place,) = self._random.sample(placements(self._preset), 1)
        flat = np.concatenate([array.ravel().astype(np.int64) for array in state.arrays()])
        present = place.values[place.values >= 0]
        flat[present] = np.array(self._random.sample(flat[present].tolist(), len(present)))
        first = 0
        for array in state.arrays():
            array[...] = flat[first : first + array.size].reshape(array.shape)
            first += array.size
        self._model = FastNetwork(self._preset.network, state)
        return place.region.name

    def _power(self) -> None:
        """The power fails, and the chip is loaded with what it held."""
        self.found.power_failed += 1
        self._line.replace(SimulatedBoard(self._library, self._board))
        self._reconnect()
        self._sent = 0
        self._write(*contents_of(self._preset, self.state))
        self._set_rates()

    def _set_rates(self) -> None:
        self._again(lambda: self._client.set_shifts(*self._shifts))

    def _count(self) -> None:
        if self._client.samples != self._sent:
            self.found.miscounted += 1
            self._note(f"the chip counts {self._client.samples} samples, the host {self._sent}")

    def _compare(self, what: str, ask: Callable[[], object], expected: object) -> None:
        self.found.comparisons += 1
        if self._again(ask) != expected:
            self.found.differences += 1
            self._note(what)

    def _note(self, place: str) -> None:
        if len(self.found.places) < 10:
            self.found.places.append(f"turn {self.found.turns}: {place}")

    def _again(self, ask: Callable[[], Any]) -> Any:
        """Ask until the line lasts for it."""
        while True:
            try:
                return ask()
            except LineLostError:
                self._reconnect()

    def _drawn(self) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
        data, count = self._dataset, self._random.randint(1, _LONGEST)
        chosen = np.array([self._random.randrange(len(data.train_labels)) for _ in range(count)])
        return data.train_samples[chosen], data.train_labels[chosen]

    def _reconnect(self) -> None:
        self.found.resent += self._client.pipe.resent
        self.found.damaged += self._client.pipe.damaged
        self._client = connected(self._line, self._preset, self._client.pipe.conversation)


def resident() -> int:
    """Bytes of memory that this process takes now, after what is not needed any more has been given back."""
    gc.collect()
    return int(_STATM.read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
