"""What a training run tells: figures of an epoch, how far one has come, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from golden.system.documents import Count, Digest, Fraction, Positive


@dataclass(frozen=True)
class EpochMetrics:
    """Figures of one epoch, and the schema by which checkpoints and results of studies keep them.

    Attributes
    ----------
    epoch
        Counted from 1.
    train_accuracy
        Fraction of right predictions while learning, each before its own update.
    test_accuracy
        Fraction of right predictions on the test samples after the epoch; None where there was no test.
    update_fraction
        Fraction of training samples at which the teacher was not content.
    firing_rates
        Spikes a neuron and step, per layer, while learning; empty where the learner cannot count them.
    samples_per_second
        Learning speed; the only figure that two equal runs do not share.
    state_digest
        Digest of the state after the epoch, 16 hex digits.
    warnings
        Sentences on layers that are silent or run away.
    """

    epoch: Count
    train_accuracy: Fraction
    test_accuracy: Fraction | None
    update_fraction: Fraction
    firing_rates: tuple[Fraction, ...]
    samples_per_second: Positive
    state_digest: Digest
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class Running:
    """How far an epoch has come.

    Attributes
    ----------
    epoch, epochs
        This epoch, counted from 1, of how many.
    done, total
        Training samples of this epoch.
    train_accuracy, update_fraction, firing_rates, samples_per_second
        As in :class:`EpochMetrics`, so far.
    resent
        Frames that had to be sent again so far; None where there is no line to a chip.
    """

    epoch: int
    epochs: int
    done: int
    total: int
    train_accuracy: float
    update_fraction: float
    firing_rates: tuple[float, ...]
    samples_per_second: float
    resent: int | None = None

    @property
    def seconds_left(self) -> float:
        """Learning that the run still needs at this speed."""
        return ((self.epochs - self.epoch + 1) * self.total - self.done) / self.samples_per_second


class Report(Protocol):
    """What a run tells its caller; nothing here prints."""

    def samples_done(self, running: Running) -> None:
        """More training samples have been learned."""

    def warned(self, sentence: str) -> None:
        """A layer is silent or runs away, told once an epoch and layer; or other code goes on with a run."""

    def epoch_done(self, metrics: EpochMetrics) -> None:
        """An epoch is complete and, with a folder, saved."""


class Quiet:
    """The report of a run that nobody watches."""

    def samples_done(self, running: Running) -> None:
        """Say nothing."""

    def warned(self, sentence: str) -> None:
        """Say nothing."""

    def epoch_done(self, metrics: EpochMetrics) -> None:
        """Say nothing."""
