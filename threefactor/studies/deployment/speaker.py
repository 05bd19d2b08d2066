"""A network that knows five speakers learns the digits of a sixth where it is used.

Rates, passes, augmentation and homeostasis were chosen with seed 11 on takes that no test has: prepared on the takes
10..49 of five speakers, with ten takes of the sixth, by the ten takes of ``ENROLLED`` that were not among the first 20
drawn, and by the takes 5..9 of the five.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from golden.data.augment import augmented
from golden.data.datasets import Dataset
from golden.data.images import Bytes, Levels
from golden.data.sequences import read_spoken, spoken_events
from golden.data.spoken import SPEAKERS
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.generator import Generator, Purpose
from golden.training.order import epoch_order
from threefactor.studies.deployment.scenario import Part, Phase, Preparation, Scenario
from threefactor.studies.deployment.study import DeploymentStudy, Point
from threefactor.studies.summary import Table

DATASET = "fsdd"
TAKES = 1, 2, 5, 10, 20  # of each digit, of the new speaker
STORED = 0, 1, 5  # takes of each digit and old speaker that are learned along with them
TESTED = range(5)  # takes of the official test
LEARNED = range(5, 50)  # the others
ENROLLED = tuple(take for take in LEARNED if take % 3)  # those that the chip may learn of a new speaker
NEW, OLD = "new speaker", "old speakers"


AUGMENTATION = "time-shift"


class Recipe(NamedTuple):
    """How the chip learns: passes over its samples, and the shifts of layers and readout, each for as many passes."""

    passes: int
    rates: tuple[tuple[int, int], ...]


ALONE = Recipe(10, ((11, 4), (12, 6)))  # nothing stored
ALONG = Recipe(20, ((9, 3), (10, 4), (11, 5)))  # with stored samples of the old speakers


@dataclass(frozen=True, eq=False)
class Spoken:
    """All recordings: events of shape (n, 64, 80), and label, speaker and take of each."""

    events: Levels
    labels: Bytes
    speakers: Bytes
    takes: Bytes
    name: str = DATASET
    _others: dict[int, Dataset] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all arrays, 64 hex digits."""
        arrays = self.events, self.labels, self.speakers, self.takes
        return hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in arrays)).hexdigest()

    def part(self, speakers: Sequence[int], takes: Sequence[int]) -> Part:
        """Recordings of these speakers (places in ``SPEAKERS``) and takes, by speaker, digit and take."""
        chosen: NDArray[np.bool_] = np.isin(self.speakers, speakers) & np.isin(self.takes, takes)
        return Part(self.events[chosen], self.labels[chosen])

    def without(self, speaker: int) -> Dataset:
        """The official split of all other speakers: takes 5..49 for learning, 0..4 for the test."""
        if speaker not in self._others:
            others = _others(speaker)
            parts = *self.part(others, LEARNED), *self.part(others, TESTED)
            self._others[speaker] = Dataset(f"fsdd, without {SPEAKERS[speaker]}", *parts)
        return self._others[speaker]


class SpeakerStudy(DeploymentStudy[Spoken]):
    """Five speakers are learned before deployment, a sixth from k takes of each digit on the chip.

    Before: takes 5..49 of five speakers, by the preset's recipe. On the chip, which has no homeostasis: k takes of the
    sixth, those that :func:`enrolled` draws, in several passes, each in an order and with an augmentation of its own,
    as if they were epochs after those of the preparation. With stored samples, the first of takes 5..9 of the
    five are among them: the host, or a memory of the board beside the chip, has to keep these (640 bytes a recording as
    raw spikes). Tests: of the new speaker the 20 takes 0..4 and 6, 9, 12, ... 48, which nothing ever learns; of the old
    ones takes 0..4.
    """

    name = "speaker"
    summary = "How many takes does a chip need of a new speaker, and what does it forget?"
    presets = ("fsdd",)
    checked = "george, 2 takes"

    def source(self, preset: Preset, folder: Path | None) -> Spoken:
        """Read the recordings."""
        if preset.dataset != DATASET:
            raise UserError(f"study 'speaker' needs a preset of data set 'fsdd', not {preset.dataset_name!r}")
        clips = read_spoken(folder)
        return Spoken(spoken_events(clips.frames, clips.offsets), clips.label, clips.speaker, clips.take)

    def points(self, preset: Preset) -> list[Point]:
        """Each speaker, each number of takes, without and with stored samples of the old speakers."""
        return [
            Point(
                f"{speaker}, {_takes(takes)}" + (f", {stored} stored" if stored else ""),
                f"{speaker} says each digit {takes} times"
                + (f"; {_takes(stored)} of each digit of the others come along" if stored else ""),
                {"speaker": speaker, "takes": takes, "stored": stored},
            )
            for stored in STORED
            for takes in TAKES
            for speaker in SPEAKERS
        ]

    def preparation(self, preset: Preset, point: Point, samples: Spoken) -> Preparation:
        """Train on the five other speakers."""
        return Preparation(preset, samples.without(_speaker(point)))

    def scenario(self, preset: Preset, point: Point, samples: Spoken) -> Scenario:
        """Learn the takes of the new speaker."""
        speaker, takes, stored = _speaker(point), int(point.settings["takes"]), int(point.settings["stored"])
        seed = preset.network.seed
        new = samples.part([speaker], enrolled(speaker, seed)[:takes])
        kept = samples.part(_others(speaker), LEARNED[:stored])
        events = np.concatenate((new.samples, kept.samples), dtype=np.uint8)
        labels = np.concatenate((new.labels, kept.labels))
        recipe, done = ALONG if stored else ALONE, 0
        phases = []
        for number, rates in enumerate(recipe.rates, start=1):
            lessons: list[Levels] = []
            said: list[Bytes] = []
            until = recipe.passes * number // len(recipe.rates)
            for epoch in range(preset.training.epochs + done, preset.training.epochs + until):
                order = epoch_order(seed, epoch, len(labels))
                lessons.append(augmented(events[order], AUGMENTATION, seed, epoch))
                said.append(labels[order])
            part = Part(np.concatenate(lessons, dtype=np.uint8), np.concatenate(said))
            asked = (NEW, OLD) if until == recipe.passes else ()
            phases.append(Phase(f"{until} passes", part, rates, tests=asked))
            done = until
        old = samples.without(speaker)
        never = [take for take in range(LEARNED.stop) if take not in ENROLLED]
        return Scenario(
            without_homeostasis(preset),
            {
                NEW: samples.part([speaker], never),
                OLD: Part(old.test_samples, old.test_labels),
            },
            tuple(phases),
        )

    def table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """A line for each number of takes: the mean and each speaker, and what the others lose."""
        lines: list[tuple[object, ...]] = []
        for stored in STORED:
            for takes in (0, *TAKES):
                accuracies, before, after = [], [], []
                for speaker in SPEAKERS:
                    stages = _row(rows, speaker, takes or TAKES[0], stored)["stages"]
                    accuracies.append(stages[-1 if takes else 0]["accuracy"][NEW])
                    before.append(stages[0]["accuracy"][OLD])
                    after.append(stages[-1 if takes else 0]["accuracy"][OLD])
                lines.append(
                    (
                        takes,
                        stored,
                        f"{mean(accuracies):.1%}",
                        *(f"{accuracy:.1%}" for accuracy in accuracies),
                        f"{mean(after):.1%}",
                        f"{100 * (mean(before) - mean(after)):.1f}",
                    )
                )
        return Table(("takes", "stored", NEW, *SPEAKERS, OLD, "points lost"), lines)

    def picture(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """New speaker and old ones by the number of takes."""
        from threefactor.plots.deployment import accuracy_by_amount  # Matplotlib takes its time

        curves: dict[str, dict[str, list[list[float]]]] = {}
        for stored in STORED:
            what = f"{stored} of each digit and old speaker stored" if stored else "nothing stored"
            curves[what] = {test: [] for test in (NEW, OLD)}
            for test, lines in curves[what].items():
                for speaker in SPEAKERS:
                    found = [_row(rows, speaker, takes, stored)["stages"] for takes in TAKES]
                    before = found[0][0]["accuracy"][test]
                    lines.append([before, *(stages[-1]["accuracy"][test] for stages in found)])
        return accuracy_by_amount((0, *TAKES), curves, "takes of each digit learned on the chip")


def enrolled(speaker: int, seed: int) -> list[int]:
    """Takes of a new speaker in the order in which they are learned: ``ENROLLED`` shuffled.

    By ``Generator(seed, Purpose.ENROLMENT + 256 * speaker)``, since takes that follow each other are much alike.
    """
    takes = list(ENROLLED)
    Generator(seed, Purpose.ENROLMENT + 256 * speaker).shuffle(takes)
    return takes


def without_homeostasis(preset: Preset) -> Preset:
    """Preset whose thresholds stay as they were prepared."""
    return replace(preset, network=replace(preset.network, homeostasis_gain=0, homeostasis_decay=0))


def _speaker(point: Point) -> int:
    return SPEAKERS.index(str(point.settings["speaker"]))


def _others(speaker: int) -> list[int]:
    return [other for other in range(len(SPEAKERS)) if other != speaker]


def _takes(count: int) -> str:
    return f"{count} take{'s' * (count > 1)}"


def _row(rows: Sequence[Mapping[str, Any]], speaker: str, takes: int, stored: int) -> Mapping[str, Any]:
    wanted = {"speaker": speaker, "takes": takes, "stored": stored}
    return next(row for row in rows if row["settings"] == wanted)
