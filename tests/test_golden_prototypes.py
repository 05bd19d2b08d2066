"""Prototypes: who wins, who learns, and where weights and thresholds go."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from golden.prototypes import adapted_threshold, attract, chosen_prototype, prototype_potentials
from golden.spec.config import ConfigurationError, Network

NETWORK = Network(
    inputs=4,
    classes=3,
    neurons=16,
    recurrence="none",
    population=2,
    pre_bits=2,
    plastic_layers=False,
    readout_rule="prototype",
)


def test_vacant_prototypes_stand_for_nothing_but_learn_first() -> None:
    readout, thresholds = np.array([5, 4, 7, 9, 4, 1]), np.array([-1, 3, 0, -1, 1, -90])
    low = NETWORK.class_potential.low
    assert prototype_potentials(NETWORK, readout, thresholds).tolist() == [low, 3, 7]
    assert [chosen_prototype(NETWORK, readout, thresholds, label) for label in range(3)] == [3, 4, 5]
    assert chosen_prototype(NETWORK, np.zeros(6, np.int64), np.zeros(6, np.int64), 2) == 2  # the lowest among equals


def test_weights_and_thresholds_go_to_the_means() -> None:
    """After many samples a weight is 2^a E[x], a threshold E[o] / 2, and no neuron but the chosen one has changed."""
    random, shift = np.random.default_rng(1), 5
    rates = np.array([0.0, 0.25, 0.5, 1.0] * 4)
    weights, exists = np.zeros((16, 6), dtype=np.int16), np.ones((16, 6), dtype=np.bool_)
    exists[7, 3] = False
    generator, threshold, later = 1, NETWORK.vacant_threshold, []
    for sample in range(2000):
        pre = 3 * (random.random(16) < rates).astype(np.int64)
        readout = int(pre @ weights[:, 3])
        threshold = adapted_threshold(readout, threshold, shift)
        generator = attract(NETWORK, weights, exists, pre, 3, shift, generator)
        if sample >= 1000:
            later.append(weights[:, 3].copy())
    expected = np.where(exists[:, 3], (3 << NETWORK.prototype_shift) * rates, 0)
    assert np.abs(np.mean(later, axis=0) - expected).max() < 3
    assert not weights[:, [0, 1, 2, 4, 5]].any()
    assert threshold == pytest.approx(3 * rates @ expected / 2, rel=0.1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"plastic_layers": True}, "readout_rule 'prototype' needs plastic_layers = false"),
        ({"pre_bits": 8}, r"readout_rule 'prototype' needs readout_bits \(8\) above pre_bits \(8\)"),
        (
            {
                "neurons": 4096,
                "readout_fan_in": 4096,
                "readout_bits": 16,
                "layers": 2,
                "steps": 1024,
                "encoder": "events",
            },
            "readout_rule 'prototype' needs readout potentials of 32 bits at most, not 39",
        ),
    ],
)
def test_what_prototypes_need(changes: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        replace(NETWORK, **changes)  # type: ignore[arg-type]
