"""A board as a backend: whatever runs samples on a simulated processor runs them on a real one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from boards.host.client import Client, Prediction
from boards.host.line import Line
from golden.network import SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.settings import Settings
from golden.state import State
from sim.backends import stimulus
from sim.backends.interface import Backend, Progress, RunResult

_TELLING = 0.2  # seconds between two reports of progress


class BoardBackend(Backend):
    """The processor of a board, at the other end of its serial line.

    Throughput: that of the chip, or of its line; samples follow one another without waiting for answers. With a digest
    after every sample they wait, and for the state that is read back over the line, which takes as long as it is
    large. Clock cycles are not observed: ``RunResult.cycles`` has length 0.

    Parameters
    ----------
    preset
        What the board was built from. A processor that was not is refused at once.
    line
        Where the board is; closed by :meth:`close`, or at the end of a ``with`` statement.

    Raises
    ------
    UserError
        As :class:`boards.host.client.Client` does, now and in every method.
    """

    traceable: ClassVar[bool] = False

    def __init__(self, preset: Preset, line: Line) -> None:
        super().__init__(preset)
        self._client = Client(line, preset)

    def load(self, state: State) -> None:
        self._client.load(state)

    def state(self) -> State:
        return self._client.state()

    def run(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
        digests: bool = True,
        progress: Progress | None = None,
    ) -> RunResult:
        stimulus.checked(self.preset.network, samples, labels, learn, shifts)
        started = told = time.perf_counter()
        self._client.set_settings(settings)
        if learn:
            self._client.set_shifts(*shifts)
        predictions = np.zeros(len(samples), dtype=np.uint8)
        updated = np.zeros(len(samples), dtype=np.bool_)
        found = np.zeros(len(samples) if digests else 0, dtype=np.uint64)
        for index, prediction in enumerate(self._predictions(samples, labels, learn=learn, one_by_one=digests)):
            predictions[index], updated[index] = prediction.winner, prediction.updated
            if digests:
                found[index] = self._client.state().digest()
            if progress is not None and time.perf_counter() >= told + _TELLING:
                told = time.perf_counter()
                progress(index + 1, len(samples))
        if progress is not None:
            progress(len(samples), len(samples))
        return RunResult(predictions, updated, found, np.zeros(0, dtype=np.int64), time.perf_counter() - started)

    def _predictions(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], *, learn: bool, one_by_one: bool
    ) -> Iterator[Prediction]:
        step = 1 if one_by_one else max(1, len(samples))
        for first in range(0, len(samples), step):
            yield from self._client.run(samples[first : first + step], labels[first : first + step], learn=learn)

    def traced(
        self,
        sample: NDArray[np.integer],
        label: int,
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
    ) -> SampleTrace:
        raise UserError("a board shows its state after a sample only; trace the sample on a simulator")

    def close(self) -> None:
        self._client.close()
