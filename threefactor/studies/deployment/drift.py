"""What a network meets where it is used is no longer what it learned: what learning brings back.

Rates were chosen on the training part of MNIST with seed 11: the first half of its last sixth was learned under the
change, the other half tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from markupsafe import Markup

from golden.data.datasets import Dataset
from golden.data.images import Levels
from golden.spec.config import Preset, Training
from golden.training.order import epoch_order
from threefactor.studies.deployment.changes import dead_inputs, permuted, turned, without
from threefactor.studies.deployment.faults import struck
from threefactor.studies.deployment.scenario import Part, Phase, Preparation, Scenario
from threefactor.studies.deployment.study import OnDataset, Point
from threefactor.studies.summary import Table

FRESH = 6  # one in so many training samples, the last ones, is kept for the chip
PERCENT = 5  # of the weights are struck
NEAR = 0.01  # recovered: within so much of the accuracy before
SHIFTS = -2, -2, -2, 0, 1  # a pass over the fresh samples each: added to the shifts that the preparation begins with
BEFORE, NOW = "before the change", "now"

CHANGES = {
    "permuted": "the inputs are wired up in another order",
    "turned": "the camera is turned by 30 degrees",
    "upside-down": "the camera stands on its head",
    "dead": "the two middle columns of the sensor are dead",
    "flipped": f"{PERCENT} % of the weights have one bit flipped",
}
TITLES = {
    "permuted": "inputs permuted",
    "turned": "turned by 30 degrees",
    "upside-down": "upside down",
    "dead": "two columns dead",
    "flipped": f"{PERCENT} % of weights struck",
}
LEARNERS = {
    "all": "layers and readout learn",
    "readout": "the readout alone learns",
    "nothing": "nothing learns",
}


class DriftStudy(OnDataset):
    """A network is prepared, inputs or weights change, and it goes on learning, or does not.

    Before: the training samples but the last sixth, by the preset's recipe. Then the change, and the last sixth, under
    the change, in passes at the rates of ``SHIFTS``, each in an order of its own as if it were an epoch after those of
    the preparation. The same once more with layers that are frozen, and without learning. Tests: all test
    samples under the change, after 100, 200, 500, ... samples, and as they were before it. A network has recovered when
    it is within a point of the accuracy that it had before the change, in the mean of the seeds.
    """

    name = "drift"
    summary = "What comes back by learning after inputs or weights have changed?"
    presets = ("mnist-small", "digits")
    checked = "flipped"

    def points(self, preset: Preset) -> list[Point]:
        """Each change, with all learning, the readout alone, and nothing; turned are images only."""
        image = preset.network.encoder == "levels" and preset.network.input_side**2 == preset.network.inputs
        return [
            Point(
                change if learner == "all" else f"{change}, {learner} learns",
                f"{summary}; {LEARNERS[learner]}",
                {"change": change, "learns": learner},
            )
            for change, summary in CHANGES.items()
            if image or change not in ("turned", "upside-down")
            for learner in LEARNERS
        ]

    def preparation(self, preset: Preset, point: Point, samples: Dataset) -> Preparation:
        """Train without the fresh samples."""
        return Preparation(preset, _prepared(samples))

    def scenario(self, preset: Preset, point: Point, samples: Dataset) -> Scenario:
        """Go on with the fresh samples, under the change."""
        network, training, learner = preset.network, preset.training, point.settings["learns"]
        change = partial(_changed, str(point.settings["change"]), preset)
        deployed = replace(preset, network=replace(network, plastic_layers=network.plastic_layers and learner == "all"))
        fresh = slice(_kept(samples), None)
        inputs, labels = change(samples.train_samples[fresh]), samples.train_labels[fresh]
        order = np.concatenate(
            [epoch_order(network.seed, training.epochs + lesson, len(labels)) for lesson in range(len(SHIFTS))]
        )
        learns = learner != "nothing"
        stops = _stops(len(labels)) if learns else [0, len(order)]
        phases = tuple(
            Phase(
                f"after {stop:,} samples",
                Part(inputs[order[start:stop]], labels[order[start:stop]]),
                _rates(training, start // len(labels)),
                learns,
                (NOW,),
            )
            for start, stop in pairwise(stops)
        )
        tests = {
            BEFORE: Part(samples.test_samples, samples.test_labels),
            NOW: Part(change(samples.test_samples), samples.test_labels),
        }
        strike = None
        if point.settings["change"] == "flipped":
            strike = partial(struck, network, percent=PERCENT, seed=network.seed)
        return Scenario(deployed, tests, phases, strike)

    def table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """A line for each point: before, right after, at the end, and when it was back."""
        lines: list[tuple[object, ...]] = []
        for row in rows:
            before, after = _before(row), _curve(row)
            lines.append(
                (
                    row["variant"],
                    f"{before:.2%}",
                    f"{after[0][1]:.2%}",
                    f"{after[-1][1]:.2%}",
                    "-" if (back := recovered(row)) is None else f"{back:,}",
                    f"{after[-1][0]:,}",
                    row["summary"],
                )
            )
        return Table(("change", "before", "right after", "at the end", "back after", "learned", "meaning"), lines)

    def picture(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """Recovery curves, one panel a change."""
        from threefactor.plots.deployment import recovery_curves  # Matplotlib takes its time

        panels: dict[str, dict[str, list[tuple[int, float]]]] = {}
        levels: dict[str, float] = {}
        for row in rows:
            change = row["settings"]["change"]
            panels.setdefault(TITLES[change], {})[LEARNERS[row["settings"]["learns"]]] = _curve(row)
            levels[TITLES[change]] = _before(row)
        return recovery_curves(panels, levels)


def recovered(row: Mapping[str, Any]) -> int | None:
    """Samples learned until the mean accuracy was within ``NEAR`` of the one before; None if it never was."""
    return next((learned for learned, accuracy in _curve(row) if accuracy >= _before(row) - NEAR), None)


def _before(row: Mapping[str, Any]) -> float:
    """Accuracy of what was prepared, on inputs as they were."""
    return float(row["stages"][0]["accuracy"][BEFORE])


def _curve(row: Mapping[str, Any]) -> list[tuple[int, float]]:
    """Samples learned and accuracy under the change, from right after it."""
    struck_first = row["settings"]["change"] == "flipped"
    return [(stage["learned"], stage["accuracy"][NOW]) for stage in row["stages"][struck_first:]]


def _kept(samples: Dataset) -> int:
    """Training samples of the preparation."""
    return len(samples.train_labels) - len(samples.train_labels) // FRESH


def _prepared(samples: Dataset) -> Dataset:
    kept = _kept(samples)
    return Dataset(
        samples.name,
        samples.train_samples[:kept],
        samples.train_labels[:kept],
        samples.test_samples,
        samples.test_labels,
    )


def _changed(change: str, preset: Preset, inputs: Levels) -> Levels:
    network = preset.network
    if change == "permuted":
        return permuted(inputs, network.seed)
    if change in ("turned", "upside-down"):
        return turned(inputs, 30 if change == "turned" else 180)
    if change == "dead":
        image = network.encoder == "levels" and network.input_side**2 == network.inputs
        return without(inputs, dead_inputs(network.inputs, image=image))
    return inputs


def _rates(training: Training, lesson: int) -> tuple[int, int]:
    """Shifts of layers and readout in a pass."""
    layer_shift, readout_shift = (max(1, shift + SHIFTS[lesson]) for shift in training.shifts(0))
    return layer_shift, readout_shift


def _stops(fresh: int) -> list[int]:
    """0, 100, 200, 500, 1000, ... up to the end of the first pass, then the end of each."""
    steps = [digit * 10**power for power in range(2, 8) for digit in (1, 2, 5)]
    return [0, *(step for step in steps if step < fresh), *(fresh * (lesson + 1) for lesson in range(len(SHIFTS)))]
