"""A chip that is trained as the golden model is, over a line that may break, by a program that may be ended."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from boards.host.connection import Connection
from boards.host.journal import Lesson, read_lesson, write_lesson
from boards.host.pipe import LineLostError, StateLostError
from golden.engine.network import FastNetwork, Outcomes
from golden.spec.config import Network, Training
from golden.spec.settings import Settings
from golden.state import State
from golden.training.metrics import EpochMetrics, Report, Running
from sim.backends.interface import Progress

_TELLING = 0.2  # seconds between two reports
_NOTING = 1.0  # seconds between two entries of the journal


class ChipLearner:
    """A network that learns on a chip, as :class:`golden.training.learner.EpochLearner`; the same bits as the engine.

    Spikes and potentials stay inside the chip: what it tells of them has no elements.

    Parameters
    ----------
    connection
        To the chip.
    state
        State to continue from. It is written to the chip before the first sample, unless the journal shows that the
        chip has come further; None: that of the chip.
    journal
        File that keeps how far an epoch has come; None: nowhere.
    progress
        Told how many samples of :meth:`run_many` are done, a few times a second.
    settings
        What to compute with; by default what the preset has. They are written whenever samples begin, so that nothing
        depends on what the chip was set to before, or has lost.

    Notes
    -----
    **Every sample of an epoch is learned exactly once**, whatever happens meanwhile. The chip obeys commands in order
    and counts its predictions since power-up: of the samples of an epoch it has learned so many as it has counted since
    the epoch began, and of the next one it has not heard. That much survives a line that breaks, and a program that is
    ended by force, whose journal holds the count at the beginning of the epoch.

    The count alone is no proof: a chip that was switched off counts from 0 and has another state, another program may
    have loaded one, and the count comes round after 65,536. So before anything goes on, the engine learns the samples
    that are counted, from the state that the epoch began with, and the state of the chip must have the same digest.
    That takes one read-out and a fraction of the time that the chip took, and leaves nothing to chance. When it fails,
    or there is nothing to go by, the state that the epoch began with is loaded, that of the last checkpoint, and the
    epoch learned again from its first sample. That is always right: the bits depend on nothing else.

    Samples that were under way when the line broke are learned, and nobody heard what was predicted; what a program
    heard after its last entry in the journal is gone with it. Accuracy and updates are of the samples that are known.

    Tests change the count and nothing else. The journal says when all of an epoch is learned, so that an epoch whose
    test was broken off is not learned again.

    Without learning there is nothing to repeat or to lose: after a break the state is loaded, and samples that were not
    answered run again. So do all samples of :meth:`run_many` with learning, which is for a few.
    """

    def __init__(
        self,
        connection: Connection,
        state: State | None = None,
        *,
        journal: Path | None = None,
        progress: Progress | None = None,
        settings: Settings | None = None,
    ) -> None:
        self._connection, self._journal, self._progress = connection, journal, progress
        self._settings = settings
        self._state = connection.client.loaded_state() if state is None else state
        self._there = state is None  # the chip holds the state, and nothing was learned since

    @property
    def network(self) -> Network:
        """Configuration."""
        return self._connection.preset.network

    @property
    def state(self) -> State:
        """The state now, as it was read back."""
        return self._state

    def run_many(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], learn: bool, shifts: tuple[int, int]
    ) -> Outcomes:
        """Run samples in order."""
        count = len(samples)
        predictions, updated = np.zeros(count, dtype=np.uint8), np.zeros(count, dtype=np.bool_)
        done, finished, told = 0, not count, time.perf_counter()
        while not finished:
            try:
                self._load()
                client = self._connection.client
                client.set_settings(self._settings)
                if learn:
                    done, self._there = 0, False
                    client.set_shifts(*shifts)
                for prediction in client.run(samples[done:], labels[done:], learn=learn):
                    predictions[done], updated[done] = prediction.winner, prediction.updated
                    done += 1
                    if self._progress is not None and time.perf_counter() >= told + _TELLING:
                        told = time.perf_counter()
                        self._progress(done, count)
                if learn:
                    self._state, self._there = client.state(), True
                finished = True
            except (LineLostError, StateLostError) as error:
                self._reconnect(error)
        return Outcomes(
            predictions,
            updated,
            np.empty((count, 0), dtype=np.int32),
            np.empty(0, dtype=np.uint64),
            np.empty((0, self.network.classes), dtype=np.int64),
        )

    def learn_epoch(
        self, samples: NDArray[np.integer], labels: NDArray[np.uint8], epoch: int, training: Training, report: Report
    ) -> EpochMetrics:
        """Learn the samples of an epoch (from 0) in order, each exactly once."""
        task = _Epoch(samples, labels, epoch, training, report)
        lesson = None if self._there else self._noted()
        while True:
            try:
                if lesson is not None and not self._continues(lesson, task):
                    lesson = None
                if lesson is None:
                    self._load()
                    lesson = Lesson(self._digest, self._connection.client.samples)
                self._there = False
                self._learn(lesson, task)
                self._state, self._there = self._connection.client.state(), True
            except (LineLostError, StateLostError) as error:
                self._reconnect(error)
            else:
                return task.metrics(lesson, self._digest)

    @property
    def _digest(self) -> str:
        return f"{self._state.digest():016x}"

    def _noted(self) -> Lesson | None:
        """What the journal says of the epoch that begins with the state."""
        lesson = read_lesson(self._journal)
        return lesson if lesson is not None and lesson.began == self._digest else None

    def _continues(self, lesson: Lesson, task: _Epoch) -> bool:
        """Whether the chip is within the epoch, for certain; the lesson then says where."""
        total = len(task.samples)
        client = self._connection.client
        learned = total if lesson.learned == total else lesson.counted_by(client.samples)
        # Of an epoch that is over, and of which nothing was heard, nothing could be told.
        if learned <= total and (lesson.heard or learned < total):
            model = FastNetwork(self.network, self._state)
            model.run_many(task.samples[:learned], task.labels[:learned], True, task.shifts, settings=self._settings)
            if model.state.digest() == client.state().digest():
                lesson.learned = learned
                unknown = learned - lesson.heard
                task.report.warned(
                    f"epoch {task.number + 1}: the chip has kept {learned:,} samples and goes on"
                    + (f"; {unknown:,} of its predictions are not known" if unknown else "")
                )
                return True
        task.report.warned(
            f"epoch {task.number + 1}: the chip has not kept what it learned, and begins the epoch again"
        )
        return False

    def _learn(self, lesson: Lesson, task: _Epoch) -> None:
        """Learn the rest of an epoch."""
        client = self._connection.client
        client.set_settings(self._settings)
        client.set_shifts(*task.shifts)
        write_lesson(self._journal, lesson)
        rest = slice(lesson.learned, None)
        started = now = told = noted = time.perf_counter()
        before = task.seconds
        predictions = client.run(task.samples[rest], task.labels[rest], learn=True)
        try:
            for label, prediction in zip(task.labels[rest].tolist(), predictions, strict=True):
                lesson.answered(right=prediction.winner == label, updated=prediction.updated)
                now = time.perf_counter()
                task.seconds, task.here = before + now - started, task.here + 1
                if now >= told + _TELLING:
                    told = now
                    task.tell(lesson, self._connection.resent)
                if now >= noted + _NOTING:
                    noted = now
                    write_lesson(self._journal, lesson)
        finally:
            write_lesson(self._journal, lesson)
        if task.here:
            task.tell(lesson, self._connection.resent)

    def _load(self) -> None:
        if not self._there:
            self._connection.client.load(self._state)
            self._there = True

    def _reconnect(self, error: LineLostError | StateLostError) -> None:
        self._there = False
        self._connection.again(error)


@dataclass
class _Epoch:
    """An epoch, and how long the chip has learned from it by now: ``here`` samples, since this program began."""

    samples: NDArray[np.integer]
    labels: NDArray[np.uint8]
    number: int
    training: Training
    report: Report
    here: int = 0
    seconds: float = 0.0

    @property
    def shifts(self) -> tuple[int, int]:
        return self.training.shifts(self.number)

    @property
    def samples_per_second(self) -> float:
        return self.here / self.seconds if self.seconds else 0.0

    def tell(self, lesson: Lesson, resent: int) -> None:
        self.report.samples_done(
            Running(
                epoch=self.number + 1,
                epochs=self.training.epochs,
                done=lesson.learned,
                total=len(self.samples),
                train_accuracy=lesson.right / lesson.heard,
                update_fraction=lesson.updated / lesson.heard,
                firing_rates=(),
                samples_per_second=self.samples_per_second,
                resent=resent,
            )
        )

    def metrics(self, lesson: Lesson, digest: str) -> EpochMetrics:
        return EpochMetrics(
            epoch=self.number + 1,
            train_accuracy=lesson.right / lesson.heard,
            test_accuracy=None,
            update_fraction=lesson.updated / lesson.heard,
            firing_rates=(),
            samples_per_second=self.samples_per_second,
            state_digest=digest,
            warnings=(),
        )
