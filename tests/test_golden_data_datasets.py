"""Data sets by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from golden.data.datasets import LOADERS, Dataset, load
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS


def test_unknown_name() -> None:
    with pytest.raises(UserError, match=f"there is no data set 'cifar'; choose one of {', '.join(LOADERS)}"):
        load("cifar")


def test_every_preset_has_a_data_set() -> None:
    assert {preset.dataset for preset in PRESETS.values()} <= set(LOADERS)


def test_levels_and_events_are_told_apart() -> None:
    digits, cues = load("digits"), load("cue")
    assert (digits.steps, digits.inputs, digits.signed, digits.classes) == (None, 64, False, 10)
    assert (cues.steps, cues.inputs, cues.signed, cues.classes) == (160, 40, False, 2)


def test_digest_is_of_the_content() -> None:
    digits = load("digits")
    assert load("digits").digest == digits.digest
    assert replace(digits, name="other").digest == digits.digest
    samples, labels = digits.test_samples.copy(), digits.train_labels.copy()
    samples[-1, -1] ^= 1
    labels[0] ^= 1
    others = (
        replace(digits, test_samples=samples),
        replace(digits, train_labels=labels),
        replace(digits, test_samples=digits.test_samples[:-1], test_labels=digits.test_labels[:-1]),
        replace(
            digits,
            train_samples=digits.train_samples.astype(np.int8),
            test_samples=digits.test_samples.astype(np.int8),
        ),
    )
    assert len({digits.digest, *(other.digest for other in others)}) == 5


LEVELS, EVENTS, LABELS = np.zeros((3, 4), np.uint8), np.zeros((3, 5, 4), np.uint8), np.zeros(3, np.uint8)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            dict(train_samples=LEVELS.tolist()),
            "train_samples of data set 'd' must be uint8 or int8 of 2 or 3 dimensions, not list",
        ),
        (dict(test_samples=LEVELS * 1.0), "test_samples of data set 'd' must be uint8 or int8 of .*, not float64 of 2"),
        (dict(test_samples=LEVELS > 0), "test_samples of data set 'd' must be uint8 or int8 of .*, not bool of 2"),
        (
            dict(train_samples=LEVELS[0]),
            "train_samples of data set 'd' must be .* of 2 or 3 dimensions, not uint8 of 1",
        ),
        (
            dict(train_labels=LABELS.astype(np.int64)),
            "train_labels of data set 'd' must be uint8 of 1 dimensions, not int64",
        ),
        (
            dict(test_labels=np.array([-1, 0, 0], np.int8)),
            "test_labels of data set 'd' must be uint8 of .*, not int8 of 1",
        ),
        (dict(test_labels=LABELS[None]), "test_labels of data set 'd' must be uint8 of 1 dimensions, not uint8 of 2"),
        (dict(train_labels=LABELS[1:]), "data set 'd' has 3 train_samples but 2 labels"),
        (dict(test_samples=LEVELS[1:]), "data set 'd' has 2 test_samples but 3 labels"),
        (dict(train_samples=LEVELS + 16), "levels of data set 'd' must be in -15..15, not 16"),
        (dict(train_samples=LEVELS.astype(np.int8) - 16), "levels of data set 'd' must be in -15..15, not -16"),
        (dict(train_samples=EVENTS + 2), "events of data set 'd' must be in 0..1, not 2"),
        (dict(train_samples=EVENTS.astype(np.int8) - 1), "events of data set 'd' must be in 0..1, not -1"),
        (
            dict(train_samples=LEVELS[:, :3]),
            r"data set 'd' learns uint8 samples of shape \(3,\), but is tested with uint8 ones of shape \(4,\)",
        ),
        (dict(test_samples=LEVELS.astype(np.int8)), "learns uint8 samples of .*, but is tested with int8 ones"),
        (
            dict(test_samples=EVENTS),
            r"learns uint8 samples of shape \(4,\), but is tested with uint8 ones of shape \(5, 4\)",
        ),
    ],
)
def test_a_data_set_is_what_it_says(changes: dict[str, Any], sentence: str) -> None:
    good: dict[str, Any] = dict(
        name="d", train_samples=LEVELS, train_labels=LABELS, test_samples=LEVELS, test_labels=LABELS
    )
    assert Dataset(**good).inputs == 4
    with pytest.raises(UserError, match=sentence):
        Dataset(**good | changes)
