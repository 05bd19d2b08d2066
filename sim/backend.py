"""The one interface over everything that runs the processor's gateware in simulation."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State

BACKENDS = ("verilator", "cxxrtl", "icarus")
DEFAULT_BUILD_FOLDER = Path("build") / "sim"

Progress = Callable[[int, int], None]
"""Told of (samples done, samples in all) from time to time."""


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
        Clock cycles from the prediction before (or the start of the run) to the sample's own, int64, shape (n,).
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


class Backend(ABC):
    """A simulated processor, driven through its own streams.

    State goes in and out through the host port; digests and traces look into the memories. The results do not
    depend on the backend, the hardware parameters of the preset, or stalls.

    Parameters
    ----------
    preset
        What is simulated.

    Notes
    -----
    Close a backend, or use it in a ``with`` statement, so that waves are complete.
    """

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
            Layer and readout learning-rate shifts, written to the control registers first.
        digests
            Also return the digest after every sample.
        progress
            Told how many samples are done, a few times a second.

        Raises
        ------
        UserError
            If samples or labels do not fit the preset.
        KeyboardInterrupt
            Passes through; the backend is of no use afterwards.
        """

    @abstractmethod
    def traced(self, sample: NDArray[np.integer], label: int, *, learn: bool, shifts: tuple[int, int]) -> SampleTrace:
        """Run one sample and return everything that happened, in the form of golden.network.SampleTrace."""

    @abstractmethod
    def close(self) -> None:
        """Release the model and complete the waves."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_backend(
    name: str,
    preset: Preset,
    *,
    build_folder: Path = DEFAULT_BUILD_FOLDER,
    waves: Path | None = None,
    stalls: int | None = None,
    optimize: str = "-O2",
    source: str | None = None,
) -> Backend:
    """Build the processor of a preset for a simulator, unless it is built already, and open it.

    Parameters
    ----------
    name
        ``verilator``: the fastest on wide cores; ``cxxrtl``: compiles fastest; ``icarus``: cocotb on Icarus Verilog,
        an independent event-driven simulator, for a few samples.
    preset
        What to simulate.
    build_folder
        Models are kept here.
    waves
        File for the waveform: VCD, with icarus FST. Slow: for a few samples.
    stalls
        Seed of random pauses on every stream; none by default.
    optimize
        Flag of the C++ compiler for the compiled backends.
    source
        RTLIL of the processor instead of the one that the preset generates: a changed processor, to see what finds it.

    Raises
    ------
    UserError
        If there is no such backend, a tool is missing, or a build fails.
    """
    if waves is not None:
        try:
            waves.parent.mkdir(parents=True, exist_ok=True)
            waves.write_bytes(b"")
        except OSError as error:
            raise UserError(f"waves file {waves} cannot be written ({error.strerror}); choose another file") from error
    if name not in BACKENDS:
        raise UserError(f"there is no simulator {name!r}; choose one of {', '.join(BACKENDS)}")
    # Imported late: each needs packages of its own.
    if name == "icarus":
        from sim.icarus import IcarusBackend

        return IcarusBackend(preset, build_folder, waves=waves, stalls=stalls, source=source)
    from sim import build, cxxrtl, verilator
    from sim.compiled import CompiledBackend

    simulator: build.Simulator = verilator if name == "verilator" else cxxrtl
    library = build.library(simulator, preset, build_folder, waves=waves is not None, optimize=optimize, source=source)
    return CompiledBackend(preset, library, waves=waves, stalls=stalls)
