"""Trainings that are stopped at any moment and gone on with, which must give the bits of one that was not."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.system.temporary import scratch_folder
from golden.training import checkpoint
from golden.training.train import CHECKPOINT, Trained, train

_EPOCHS, _SAMPLES = 3, 30  # of a training: many places where it can be stopped, in little time
_STOPS = 3  # most times that a training is stopped
_KILLED = 0.1  # of the trainings are ended by force, in a process of their own
_MOMENT = 1e-5  # seconds, the earliest moment


@dataclass
class Resumed:
    """What came of trainings that were stopped.

    Attributes
    ----------
    runs
        Trainings.
    interrupted, killed
        Times that one was stopped by a signal that it can see, and by one that it cannot (SIGKILL).
    before
        How many of these came before there was a checkpoint, so that the training began again.
    differences
        Trainings whose state or history was not that of one that nothing has stopped.
    seconds
        Wall time.
    """

    runs: int = 0
    interrupted: int = 0
    killed: int = 0
    before: int = 0
    differences: int = 0
    seconds: float = 0.0
    which: list[int] = field(default_factory=list)
    """Numbers of the first trainings that differed."""

    def as_values(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class Resumes:
    """Train a small network again and again, stop it at random moments, and go on.

    A timer raises KeyboardInterrupt wherever the training is, in the middle of writing a checkpoint as well. One
    training in ten runs in a process of its own that is killed. Each is stopped up to three times, then it may come to
    its end, and must have the state and the history of a training that nothing has stopped.

    Parameters
    ----------
    preset, dataset
        What is trained, for a few epochs on a few samples.
    found
        What an earlier part has found, which is added to.
    seed
        Of the moments. That of the network is the number of the training.
    """

    def __init__(self, preset: Preset, dataset: Dataset, *, found: Resumed | None = None, seed: int = 1) -> None:
        self._preset, self._dataset = preset, dataset
        self.found = Resumed() if found is None else found
        self._random = random.Random(f"{seed} {self.found.runs}")

    def run(self, runs: int, progress: Callable[[Resumed], None] | None = None) -> Resumed:
        """Go on until there have been so many trainings."""
        found, started, before = self.found, time.perf_counter(), self.found.seconds
        with scratch_folder("resumes") as folder:
            self._trained(folder / "warm", 0)  # what is compiled and imported now needs no time later
            while found.runs < runs:
                self._one(folder / str(found.runs), found.runs)
                found.runs += 1
                found.seconds = before + time.perf_counter() - started
                if progress is not None:
                    progress(found)
        return found

    def _one(self, folder: Path, number: int) -> None:
        started = time.perf_counter()
        expected = self._trained(folder / "whole", number)
        whole = time.perf_counter() - started
        place = folder / "stopped"
        kills = self._random.random() < _KILLED
        for _ in range(self._random.randint(1, _STOPS)):
            moment = max(_MOMENT, self._random.random() * whole)
            if kills:
                self.found.killed += self._killed(place, number, moment)
            elif self._stopped(place, number, moment):
                self.found.interrupted += 1
            self.found.before += not checkpoint.exists(place / CHECKPOINT)
        got = self._trained(place, number)
        shutil.rmtree(folder)
        if got.state.digest() != expected.state.digest() or _told(got) != _told(expected):
            self.found.differences += 1
            self.found.which = [*self.found.which, number][:10]

    def _trained(self, folder: Path, number: int) -> Trained:
        """Train, or go on where a checkpoint ends."""
        return train(
            self._preset,
            self._dataset,
            seed=number,
            epochs=_EPOCHS,
            limit=_SAMPLES,
            folder=folder,
            resume=checkpoint.exists(folder / CHECKPOINT),
        )

    def _stopped(self, folder: Path, number: int, moment: float) -> bool:
        """Train until the moment; returns whether it came before the end."""
        came = list[int]()
        with warnings.catch_warnings():
            # Between opening a file and entering the block that closes it there is a moment in which only the
            # interpreter can close it, which it does, with a warning.
            warnings.simplefilter("ignore", ResourceWarning)
            try:
                with _interrupt_after(moment, came):
                    self._trained(folder, number)
            except (Exception, KeyboardInterrupt):
                # A library that was at work may have its own idea of how to end: NumPy's archives do.
                if not came:
                    raise
                return True
        return False

    def _killed(self, folder: Path, number: int, moment: float) -> bool:
        """Train in another process, which is killed at the moment; returns whether it came before the end."""
        child = os.fork()
        if not child:
            try:
                self._trained(folder, number)
            finally:
                os._exit(0)
        time.sleep(moment)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        return os.WIFSIGNALED(status)


def _told(trained: Trained) -> list[Any]:
    """All that a history says but how long it took."""
    return [replace(metrics, samples_per_second=0.0) for metrics in trained.history]


@contextmanager
def _interrupt_after(seconds: float, came: list[int]) -> Iterator[None]:
    """Raise KeyboardInterrupt in the block after so long, wherever it is then; ``came`` gets the signal's number."""

    def stop(number: int, frame: FrameType | None) -> None:
        came.append(number)
        raise KeyboardInterrupt

    def not_raised(failure: sys.UnraisableHookArgs) -> None:
        # While the interpreter removes something, whatever is raised is only told of.
        if failure.exc_type is not KeyboardInterrupt:
            told(failure)

    before, told = signal.signal(signal.SIGALRM, stop), sys.unraisablehook
    sys.unraisablehook = not_raised
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        sys.unraisablehook = told
