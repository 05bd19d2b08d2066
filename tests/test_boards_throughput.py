"""Speed on a board: figures that follow from cycles and activity."""

from __future__ import annotations

import numpy as np
import pytest

from boards.catalogue import board_named
from boards.throughput import home_of, measured, synthetic, throughput
from golden.cycles.activity import observe, weights_delivered
from golden.cycles.model import MEANINGS, count_cycles
from golden.cycles.processor import STAGES
from golden.data.datasets import load
from golden.spec.presets import PRESETS, preset_named
from golden.state import State

TINY = preset_named("tiny")


def test_memory_bandwidth_of_the_chips() -> None:
    assert board_named("ulx3s-85f").memory_bits_per_cycle == 208 * 36
    assert board_named("icebreaker").memory_bits_per_cycle == 30 * 16 + 4 * 16


def test_presets_have_a_home() -> None:
    homes = {name: home_of(preset).name for name, preset in PRESETS.items()}
    assert homes["digits"] == homes["mnist-small"] == "icebreaker"
    assert homes["mnist-large"] == "ulx3s-85f"


def test_figures_follow_from_the_cycles() -> None:
    dataset, board = load("digits"), board_named("ulx3s-85f")
    samples, labels = dataset.train_samples[:5], dataset.train_labels[:5]
    state = State.initial(TINY.network)
    activity = observe(TINY.network, state, samples, labels, learn=True, shifts=TINY.training.shifts(0))
    found = throughput(TINY, board, activity)
    cycles = count_cycles(TINY, activity).per_sample[1:].mean()
    weights = sum(part[1:].mean() for part in weights_delivered(TINY.network, activity))
    assert found.samples == 4
    assert found.cycles == cycles
    assert found.samples_per_second == pytest.approx(board.clock_hz / cycles)
    assert found.operations_per_second == pytest.approx(board.clock_hz / cycles * weights)
    assert found.memory_share == pytest.approx(weights * 5 / cycles / board.memory_bits_per_cycle)  # of 5 bits each


def test_measuring_changes_no_state() -> None:
    state = State.initial(TINY.network)
    before = state.digest()
    found = measured(TINY, home_of(TINY), state, load("digits"), 3)
    assert state.digest() == before
    assert found["learning"].cycles > found["inference"].cycles
    assert found["inference"].updates_per_second == 0


@pytest.mark.parametrize("name", ["mnist-small", "fashion", "cue"])
def test_noise_fits_every_encoder(name: str) -> None:
    preset = preset_named(name)
    noise = synthetic(preset.network, 2)
    speeds = measured(preset, home_of(preset), State.initial(preset.network), noise, 2)
    assert speeds["learning"].samples == 2
    assert noise.train_samples.min() == (-15 if preset.network.signed_input else 0)
    assert np.abs(noise.train_samples.astype(np.int64)).max() <= 15


def test_every_stage_has_a_meaning() -> None:
    assert tuple(MEANINGS) == STAGES
