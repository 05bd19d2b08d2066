"""A board as a backend: whatever runs samples on a simulated processor runs them on a real one."""

from __future__ import annotations

import time
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from boards.host.client import Client
from boards.host.line import Line
from golden.network import SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from sim.backends import stimulus
from sim.backends.interface import Backend, Progress, RunResult

_TELLING = 0.2  # seconds between two reports of progress


class BoardBackend(Backend):
    """The processor of a board, at the other end of its serial line.

    Throughput: one sample at a time, each waiting for its answer. A digest after every sample is that of the state
    that is read back over the line, so that it takes as long as the state is large. Clock cycles are not observed:
    ``RunResult.cycles`` has length 0.

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
        self._client = Client(preset, line)

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
        digests: bool = True,
        progress: Progress | None = None,
    ) -> RunResult:
        stimulus.checked(self.preset.network, samples, labels, learn, shifts)
        started = told = time.perf_counter()
        if learn:
            self._client.set_shifts(*shifts)
        predictions = np.zeros(len(samples), dtype=np.uint8)
        updated = np.zeros(len(samples), dtype=np.bool_)
        found = np.zeros(len(samples) if digests else 0, dtype=np.uint64)
        for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
            prediction = self._client.run(sample, int(label), learn=learn)
            predictions[index], updated[index] = prediction.winner, prediction.updated
            if digests:
                found[index] = self._client.state().digest()
            if progress is not None and time.perf_counter() >= told + _TELLING:
                told = time.perf_counter()
                progress(index + 1, len(samples))
        if progress is not None:
            progress(len(samples), len(samples))
        return RunResult(predictions, updated, found, np.zeros(0, dtype=np.int64), time.perf_counter() - started)

    def traced(self, sample: NDArray[np.integer], label: int, *, learn: bool, shifts: tuple[int, int]) -> SampleTrace:
        raise UserError("a board shows its state after a sample only; trace the sample on a simulator")

    def close(self) -> None:
        self._client.close()
