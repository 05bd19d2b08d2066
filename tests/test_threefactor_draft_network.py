"""A drafted network takes the data, fits the board and learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from boards.catalogue import BOARDS
from boards.estimate.estimate import estimate
from golden.data.files import OwnDataset, load_own
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.training.train import train
from threefactor.draft.encoding import chosen
from threefactor.draft.inspection import inspected
from threefactor.draft.network import drafted


def clouds(folder: Path, features: int = 6, classes: int = 3, samples: int = 40) -> tuple[Data, OwnDataset]:
    """Clouds of points around a centre for each class, in a table."""
    random = np.random.default_rng(1)
    centres = random.normal(0, 1, (classes, features))
    rows = [
        ",".join(f"{value:.3f}" for value in centres[label] + 0.3 * random.normal(0, 1, features)) + f",{label}"
        for label in range(classes)
        for _ in range(samples)
    ]
    (folder / "clouds.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    found = inspected(Data("clouds.csv"), folder)
    data = chosen(found.data, found.samples)
    return data, load_own(data, folder)


@pytest.mark.parametrize("board", BOARDS)
def test_a_draft_takes_the_data_and_fits_the_board(tmp_path: Path, board: str) -> None:
    data, dataset = clouds(tmp_path)
    preset = drafted("mine", data, dataset, BOARDS[board], seed=5)
    network = preset.network
    assert (preset.name, preset.dataset, network.seed) == ("mine", data, 5)
    assert (network.inputs, network.classes, network.steps, network.encoder) == (6, 3, 16, "levels")
    assert estimate(preset, BOARDS[board]).fits
    assert preset.hardware.single_port == bool(BOARDS[board].limits["spram"])


@pytest.mark.parametrize("board", BOARDS)
def test_a_draft_takes_series_of_any_size(tmp_path: Path, board: str) -> None:
    """Whatever the number of axons: where it is no power of two, more bins than two may miss the clock."""
    series = np.random.default_rng(2).normal(0, 1, (12, 26, 12))
    np.savez(tmp_path / "series.npz", x=series, y=np.arange(12) % 3)
    found = inspected(Data("series.npz"), tmp_path, "thresholds")
    data = chosen(found.data, found.samples, "thresholds")
    preset = drafted("mine", data, load_own(data, tmp_path), BOARDS[board])
    network = preset.network
    assert (network.inputs, network.steps, network.encoder) == (48, 26, "events")
    assert network.bins in (2, 4) and network.neurons >= 64
    assert estimate(preset, BOARDS[board]).fits


def test_a_draft_learns(tmp_path: Path) -> None:
    data, dataset = clouds(tmp_path)
    reached = train(drafted("mine", data, dataset, BOARDS["icebreaker"]), dataset, epochs=10)
    last = reached.history[-1]
    assert last.test_accuracy > 0.9
    assert 0.02 < last.firing_rates[0] < 0.2 and not last.warnings


def test_a_board_that_is_too_small_is_refused(tmp_path: Path) -> None:
    data, dataset = clouds(tmp_path, features=4096, classes=2, samples=4)
    with pytest.raises(UserError, match="no network for 4096 inputs and 2 classes fits board colorlight-i5; choose"):
        drafted("mine", data, dataset, BOARDS["colorlight-i5"])
