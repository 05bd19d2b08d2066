"""A network learns classes one pair after the other, and is asked for all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.spec.generator import Generator, Purpose
from golden.training.order import epoch_order
from threefactor.studies.deployment.scenario import Part, Phase, Scenario
from threefactor.studies.deployment.study import OnDataset, Point
from threefactor.studies.summary import Table

CLASSES = 2  # of a task
STORED = 0, 20, 50  # samples of each older class that the host keeps
ALL = "all classes"

Indices = NDArray[np.int64]


class ClassesStudy(OnDataset):
    """Tasks of two classes, 0 and 1, then 2 and 3, and so on; each is learned once, and the task is never told.

    The chip begins untrained. A task's samples come once, in an order of their own as if the task were an epoch, at the
    first rates of the preset. With stored samples the host keeps the first of each class, and sends one of the older
    classes, drawn at random, after each new sample. The readout has all classes from the start, and all test samples
    are asked after each task.
    """

    name = "classes"
    summary = "Classes come one after the other: what is left of those before?"
    presets = ("mnist-classes", "digits")
    checked = "nothing stored"

    def points(self, preset: Preset) -> list[Point]:
        """Each number of stored samples."""
        return [
            Point(
                f"{stored} stored" if stored else "nothing stored",
                f"one of {stored} stored samples of each older class after each new one"
                if stored
                else "nothing but the samples of the task",
                {"stored": stored},
            )
            for stored in STORED
        ]

    def preparation(self, preset: Preset, point: Point, samples: Dataset) -> None:
        """None: the chip begins untrained."""

    def scenario(self, preset: Preset, point: Point, samples: Dataset) -> Scenario:
        """One phase a task."""
        seed, stored, labels = preset.network.seed, int(point.settings["stored"]), samples.train_labels
        kept = np.zeros(0, dtype=np.int64)
        phases = []
        for task, classes in enumerate(_tasks(preset)):
            new = np.flatnonzero(np.isin(labels, classes))
            new = new[epoch_order(seed, task, len(new))]
            lesson = _interleaved(new, kept, Generator(seed + 65536 * task, Purpose.REPLAY))
            part = Part(samples.train_samples[lesson], labels[lesson])
            phases.append(Phase(f"after {_named(classes)}", part, preset.training.shifts(0)))
            kept = np.concatenate([kept, *(new[labels[new] == one][:stored] for one in classes)])
        tests = {ALL: Part(samples.test_samples, samples.test_labels)}
        for classes in _tasks(preset):
            asked = np.isin(samples.test_labels, classes)
            tests[_named(classes)] = Part(samples.test_samples[asked], samples.test_labels[asked])
        return Scenario(preset, tests, tuple(phases))

    def table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """A line for each number of stored samples: accuracy on all classes at the end, and on those of each task."""
        lines: list[tuple[object, ...]] = []
        for row in rows:
            last = row["stages"][-1]
            tasks = [name for name in last["accuracy"] if name != ALL]
            spread = last["spread"][ALL]
            lines.append(
                (
                    row["variant"],
                    f"{last['accuracy'][ALL]:.2%}",
                    "-" if spread is None else f"{spread:.2%}",
                    ", ".join(f"{last['accuracy'][task]:.1%}" for task in tasks),
                    f"{last['learned']:,}",
                    row["summary"],
                )
            )
        return Table(("stored", ALL, "spread", "tasks", "learned", "meaning"), lines)

    def picture(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """Accuracy of each task over the tasks that have been learned, one panel a number of stored samples."""
        from threefactor.plots.classes import retention_curves  # Matplotlib takes its time

        return retention_curves(
            {
                row["variant"]: {
                    test: [stage["accuracy"][test] for stage in row["stages"][1:]]
                    for test in row["stages"][-1]["accuracy"]
                }
                for row in rows
            },
            ALL,
        )


def _tasks(preset: Preset) -> list[tuple[int, ...]]:
    """Classes of each task."""
    count = preset.network.classes
    return [tuple(range(first, min(first + CLASSES, count))) for first in range(0, count, CLASSES)]


def _named(classes: Sequence[int]) -> str:
    return " and ".join(map(str, classes))


def _interleaved(new: Indices, kept: Indices, draw: Generator) -> Indices:
    """The new samples, each with a kept one behind it where there are any."""
    if not len(kept):
        return new
    replayed = kept[[draw.below(len(kept)) for _ in range(len(new))]]
    mixed: Indices = np.stack([new, replayed], axis=1).ravel()
    return mixed
