"""Bits of the stored state flip at a given rate: what is left, and what learning brings back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from markupsafe import Markup

from golden.data.datasets import Dataset
from golden.spec.config import Preset
from golden.training.order import epoch_order
from threefactor.studies.deployment.faults import flipped
from threefactor.studies.deployment.scenario import Part, Phase, Preparation, Scenario
from threefactor.studies.deployment.study import OnDataset, Point
from threefactor.studies.summary import Table

RATES = 0, 100, 300, 1_000, 3_000, 10_000, 30_000, 100_000  # bits of a million that are inverted
FRESH = 6  # one in so many training samples, the last ones, is kept for the chip
PASSES = 3  # over the fresh samples
LEARNERS = {"all": "layers and readout learn", "readout": "the readout alone learns"}
STILL = "nothing learns"
TEST = "test"


class FlipsStudy(OnDataset):
    """A network is prepared, every bit of its weights, thresholds and generators flips at a rate, and it goes on.

    Before: the training samples but the last sixth, by the preset's recipe. Then the flips, a test, and the last sixth
    three times, each time in an order of its own as if it were an epoch after those of the preparation, at the rates
    of learning that the preparation began with: a chip that has met no fault learns the same and tells what the
    lessons alone are worth. Without learning nothing changes, so the test after the flips is that of a chip that does
    not learn.
    """

    name = "faults"
    summary = "What is left after bits of the stored state have flipped, and does learning heal?"
    presets = ("mnist-small", "digits")
    checked = "1% of bits"

    def points(self, preset: Preset) -> list[Point]:
        """Each rate, with all learning and with the readout alone."""
        return [
            Point(
                f"{_percent(rate)} of bits" if learner == "all" else f"{_percent(rate)} of bits, {learner} learns",
                f"{_percent(rate)} of the stored bits are inverted; {LEARNERS[learner]}",
                {"per_million": rate, "learns": learner},
            )
            for rate in RATES
            for learner in LEARNERS
        ]

    def preparation(self, preset: Preset, point: Point, samples: Dataset) -> Preparation:
        """Train without the fresh samples."""
        kept = _kept(samples)
        known = Dataset(
            samples.name,
            samples.train_samples[:kept],
            samples.train_labels[:kept],
            samples.test_samples,
            samples.test_labels,
        )
        return Preparation(preset, known)

    def scenario(self, preset: Preset, point: Point, samples: Dataset) -> Scenario:
        """Flip bits, and go on with the fresh samples."""
        network, training = preset.network, preset.training
        plastic = network.plastic_layers and point.settings["learns"] == "all"
        fresh = slice(_kept(samples), None)
        inputs, labels = samples.train_samples[fresh], samples.train_labels[fresh]
        orders = [epoch_order(network.seed, training.epochs + lesson, len(labels)) for lesson in range(PASSES)]
        return Scenario(
            replace(preset, network=replace(network, plastic_layers=plastic)),
            {TEST: Part(samples.test_samples, samples.test_labels)},
            tuple(
                Phase(f"pass {lesson + 1}", Part(inputs[order], labels[order]), training.shifts(0))
                for lesson, order in enumerate(orders)
            ),
            partial(flipped, network, per_million=int(point.settings["per_million"]), seed=network.seed),
        )

    def table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """A line for each point: before, right after, at the end."""
        lines: list[tuple[object, ...]] = []
        for row in rows:
            found = [stage["accuracy"][TEST] for stage in row["stages"]]
            spread = row["stages"][-1]["spread"][TEST]
            lines.append(
                (
                    row["variant"],
                    *(f"{found[stage]:.2%}" for stage in (0, 1, -1)),
                    "-" if spread is None else f"{spread:.2%}",
                    f"{row['stages'][-1]['learned']:,}",
                    row["summary"],
                )
            )
        return Table(("flips", "before", "right after", "at the end", "spread", "learned", "meaning"), lines)

    def picture(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """Accuracy by the rate of flips: right after, and when layers or the readout have learned again."""
        from threefactor.plots.flips import accuracy_by_flips  # Matplotlib takes its time

        curves: dict[str, list[tuple[int, list[float]]]] = {STILL: [], **{name: [] for name in LEARNERS.values()}}
        for row in rows:
            rate, learner = row["settings"]["per_million"], row["settings"]["learns"]
            if learner == "all":
                curves[STILL].append((rate, row["stages"][1]["accuracies"][TEST]))
            curves[LEARNERS[learner]].append((rate, row["stages"][-1]["accuracies"][TEST]))
        return accuracy_by_flips(curves, float(np.mean(rows[0]["stages"][0]["accuracies"][TEST])))


def _percent(per_million: int) -> str:
    return f"{per_million / 10_000:g}%"


def _kept(samples: Dataset) -> int:
    """Training samples of the preparation."""
    return len(samples.train_labels) - len(samples.train_labels) // FRESH
