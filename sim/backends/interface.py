"""The one interface over everything that runs the processor's gateware: simulators, and boards above them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.spec.config import Preset
from golden.spec.settings import Settings
from golden.state import State
from golden.system.closing import Closing

Progress = Callable[[int, int], None]
"""Told of (samples done, samples in all) from time to time."""


class StuckError(RuntimeError):
    """The processor does nothing more: a fault of the gateware. The backend is of no use afterwards.

    Parameters
    ----------
    sentence
        What it waits for.
    samples
        How many samples of the run it has predicted.
    """

    def __init__(self, sentence: str, samples: int = 0) -> None:
        super().__init__(sentence)
        self.samples = samples


@dataclass(frozen=True)
class RunResult:
    """What the hardware did with consecutive samples.

    Attributes
    ----------
    predictions
        Winning class, uint8, shape (n,).
    updated
        Whether weights were updated, bool, shape (n,).
    digests
        Digest of the state after each sample, uint64, shape (n,); length 0 unless asked for.
    cycles
        Clock cycles from the prediction before (or the start of the run) to the sample's own, int64, shape (n,);
        length 0 where the backend cannot count them.
    seconds
        Wall time of the run.
    """

    predictions: NDArray[np.uint8]
    updated: NDArray[np.bool_]
    digests: NDArray[np.uint64]
    cycles: NDArray[np.int64]
    seconds: float

    @property
    def total_cycles(self) -> int:
        """Clock cycles of the whole run."""
        return int(self.cycles.sum())

    @property
    def cycles_per_second(self) -> float:
        """Speed of the simulation."""
        return self.total_cycles / self.seconds if self.seconds else 0.0


def differences(readings: NDArray[np.integer]) -> NDArray[np.int64]:
    """Cycles of each sample from readings of a cycle counter that began at 0."""
    counted = readings.astype(np.int64)
    counted[1:] -= readings[:-1].astype(np.int64)
    return counted


class Backend(Closing):
    """A processor, driven through its own streams or the link of a board.

    State goes in and out through the host port; digests and traces of simulators look into the memories. The results do
    not depend on the backend, the hardware parameters of the preset, or stalls.

    Parameters
    ----------
    preset
        What is run.

    Attributes
    ----------
    traceable
        Whether :meth:`traced` can show what happens within a sample.
    product
        Name of what was built for this, with the digest of all that it was made of: the same name, the same processor.

    Notes
    -----
    Close a backend, or use it in a ``with`` statement, so that waves are complete.
    """

    traceable: ClassVar[bool] = True
    product: str = ""

    def __init__(self, preset: Preset) -> None:
        self.preset = preset

    @abstractmethod
    def load(self, state: State) -> None:
        """Write weights, thresholds and rounding generators."""

    @abstractmethod
    def state(self) -> State:
        """Read weights, thresholds and rounding generators."""

    @abstractmethod
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
        """Run samples in order.

        Parameters
        ----------
        samples
            Levels 0..15 (-15..15 with ``signed_input``), shape (n, inputs), or events 0 and 1, shape (n, T, inputs).
        labels
            Class of each sample, shape (n,); without ``learn`` they change nothing.
        learn
            Adapt thresholds and weights.
        shifts
            Layer and readout learning-rate shifts, 1..12, written to the control registers first; without ``learn``
            they are not written, and may be anything.
        settings
            Written first as well, with or without learning, where the hardware is adjustable; by default those that
            the preset has. Elsewhere no others can be named.
        digests
            Also return the digest after every sample.
        progress
            Told how many samples are done, a few times a second.

        Raises
        ------
        UserError
            If samples, labels, shifts or settings do not fit the preset.
        StuckError
            If the processor has stopped.
        KeyboardInterrupt
            Passes through; the backend is of no use afterwards.
        """

    @abstractmethod
    def traced(
        self,
        sample: NDArray[np.integer],
        label: int,
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
    ) -> SampleTrace:
        """Run one sample and return everything that happened, in the form of golden.network.SampleTrace.

        Raises
        ------
        UserError
            If the backend is not ``traceable``.
        """

    @abstractmethod
    def close(self) -> None:
        """Release the model and complete the waves."""
