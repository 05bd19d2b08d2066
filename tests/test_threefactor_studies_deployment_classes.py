"""The study of classes that come one after the other: what comes when, and what is asked."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.data.datasets import Dataset, load
from golden.spec.presets import preset_named
from threefactor.studies.deployment.classes import ALL, STORED, ClassesStudy
from threefactor.studies.deployment.perform import perform

STUDY, DIGITS = ClassesStudy(), preset_named("digits")
POINTS = {point.settings["stored"]: point for point in STUDY.points(DIGITS)}
PROTOTYPES = replace(
    DIGITS,
    network=replace(
        DIGITS.network,
        layers=1,
        neurons=96,
        readout_fan_in=96,
        recurrence="none",
        pre_bits=1,
        leak_shift=4,
        input_amplitude=52,
        adaptation_increment=8191,
        adaptation_decay=15,
        adaptation_shift=1,
        plastic_layers=False,
        readout_rule="prototype",
        population=2,
    ),
    hardware=replace(DIGITS.hardware, layers_per_core=1),
    training=replace(DIGITS.training, readout_shift=4),
)


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


def test_every_sample_comes_once_and_stored_ones_between(digits: Dataset) -> None:
    phases = STUDY.scenario(DIGITS, POINTS[0], digits).phases
    assert [phase.name for phase in phases][::4] == ["after 0 and 1", "after 8 and 9"]
    assert [set(phase.part.labels.tolist()) for phase in phases] == [{0, 1}, {2, 3}, {4, 5}, {6, 7}, {8, 9}]
    assert sum(len(phase.part.labels) for phase in phases) == len(digits.train_labels)
    for plain, mixed in zip(phases, STUDY.scenario(DIGITS, POINTS[20], digits).phases, strict=True):
        first = plain is phases[0]
        new, stored = mixed.part.samples[:: 1 if first else 2], mixed.part.samples[len(mixed.part.labels) : 0 : -2]
        assert (new == plain.part.samples).all()
        assert first or len(np.unique(stored, axis=0)) <= 20 * 2 * phases.index(plain)
        assert first or mixed.part.labels[1::2].max() < plain.part.labels.min()


def test_the_error_rule_forgets_and_prototypes_do_not(digits: Dataset) -> None:
    """With nothing stored; the digits of each task are known when it has been learned."""
    found = {}
    for preset in (DIGITS, PROTOTYPES):
        last = perform(STUDY.scenario(preset, POINTS[0], digits), None)[-1].accuracies
        found[preset.network.readout_rule] = last
    assert found["error"][ALL] < 0.3 and found["error"]["0 and 1"] < 0.1
    assert found["prototype"][ALL] > 0.8 and min(found["prototype"].values()) > 0.5


def test_a_table_and_a_picture() -> None:
    tests = [ALL, "0 and 1", "2 and 3"]
    stages = [
        {
            "stage": "",
            "learned": learned,
            "accuracy": dict(zip(tests, values, strict=True)),
            "spread": dict.fromkeys(tests),
        }
        for learned, values in ((0, (0.1, 0.0, 0.0)), (10, (0.5, 1.0, 0.0)), (20, (0.75, 0.625, 0.875)))
    ]
    rows = [{"variant": str(n), "summary": "", "settings": {"stored": n}, "stages": stages} for n in STORED]
    assert STUDY.table(rows).rows[0][:5] == ("0", "75.00%", "-", "62.5%, 87.5%", "20")
    assert str(STUDY.picture(rows)).count("tasks learned") == len(STORED)
