"""What several test files share."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Preset
from golden.state import State
from sim.backends.interface import Backend, Progress, RunResult, StuckError


def pytest_configure() -> None:
    """Let interrupts through, to commands that tests start as well: in the background of a script they are ignored."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


class ModelledBackend(Backend):
    """A processor that needs no simulator: the reference, and a fault if a test hangs one in.

    ``fault`` is called after every sample with its number since the last load, its levels and the state, which it may
    change; it returns what is added to the prediction.
    """

    def __init__(self, preset: Preset, fault: Callable[[int, NDArray[np.integer], State], int] | None = None) -> None:
        super().__init__(preset)
        self.product = "modelled-0"
        self.interrupt_at: int | None = None
        self.stuck_at: int | None = None
        self._fault = fault
        self._network = ReferenceNetwork(preset.network)
        self._number = 0
        self._stuck = False

    def load(self, state: State) -> None:
        self._network, self._number = ReferenceNetwork(self.preset.network, state.copy()), 0

    def state(self) -> State:
        if self._stuck:
            raise StuckError("the processor is stuck: host access 0 of 1 is not served")
        return self._network.state.copy()

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
        started = time.perf_counter()
        results: list[tuple[int, bool, int]] = []
        for pair in zip(samples, labels, strict=True):
            self._go_on(len(results))
            results.append(self._one(*pair, learn, shifts))
        predictions, updated, found = ([result[part] for result in results] for part in range(3))
        return RunResult(
            np.array(predictions, np.uint8),
            np.array(updated, np.bool_),
            np.array(found, np.uint64),
            np.ones(len(samples), np.int64),
            time.perf_counter() - started,
        )

    def traced(self, sample: NDArray[np.integer], label: int, *, learn: bool, shifts: tuple[int, int]) -> SampleTrace:
        trace = SampleTrace()
        self._go_on()
        self._one(sample, np.uint8(label), learn, shifts, trace)
        return trace

    def close(self) -> None:
        pass

    def _go_on(self, done: int = 0) -> None:
        self._stuck = self._number == self.stuck_at
        if self._stuck:
            raise StuckError("the processor is stuck", done)

    def _one(
        self,
        sample: NDArray[np.integer],
        label: np.uint8,
        learn: bool,
        shifts: tuple[int, int],
        trace: SampleTrace | None = None,
    ) -> tuple[int, bool, int]:
        if self._number == self.interrupt_at:
            raise KeyboardInterrupt
        outcome = self._network.run(sample, int(label), learn=learn, shifts=shifts, trace=trace)
        wrong = 0 if self._fault is None else self._fault(self._number, sample, self._network.state)
        self._number += 1
        return (outcome.prediction + wrong) % self.preset.network.classes, outcome.updated, self._network.state.digest()


@pytest.fixture(scope="session")
def modelled() -> type[ModelledBackend]:
    return ModelledBackend
