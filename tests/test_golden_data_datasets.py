"""Data sets by name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.data.datasets import LOADERS, load
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
        replace(digits, test_labels=digits.test_labels[:-1]),
        replace(digits, train_samples=digits.train_samples.astype(np.int8)),
    )
    assert len({digits.digest, *(other.digest for other in others)}) == 5
