"""The processor of a classifier, from the same object: compared, estimated, built, written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import boards.bitstream.build
from boards.catalogue import Board, board_named
from boards.estimate.estimate import estimate
from golden.spec.config import Hardware, Network, Preset, Training
from threefactor import SpikingClassifier

SMALL = Preset(
    "small",
    "three features, two classes",
    "none",
    Network(
        inputs=3, classes=2, neurons=8, recurrence="none", readout_fan_in=8, modulators=2, input_amplitude=60, seed=4
    ),
    Hardware(lanes=4),
    Training(layer_shift=6, readout_shift=5, epochs=2, slower=(1,)),
)
FEATURES = np.random.default_rng(1).normal(0, 1, (20, 3))
LABELS = (FEATURES[:, 0] > FEATURES[:, 1]).astype(int)


def test_the_whole_training_is_compared(tmp_path: Path) -> None:
    classifier = SpikingClassifier(SMALL)
    part = classifier.compare(FEATURES, LABELS, backend="cxxrtl", samples=10, folder=tmp_path)
    assert part.equal and part.samples == 10
    whole = classifier.compare(FEATURES, LABELS, backend="cxxrtl", folder=tmp_path)
    assert (whole.equal, whole.samples, whole.resumed_samples, whole.first_divergence) == (True, 40, 10, None)
    assert whole.digest == classifier.fit(FEATURES, LABELS).state_.digest()


def test_verilog_of_the_processor(tmp_path: Path) -> None:
    text = SpikingClassifier(SMALL).to_verilog(tmp_path / "small.v")
    assert "module " in text and (tmp_path / "small.v").read_text(encoding="utf-8") == text
    with pytest.raises(NotFittedError):
        SpikingClassifier().to_verilog()


def test_builds_what_was_fitted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Placing and routing takes minutes; what is handed to it does not."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(boards.bitstream.build, "build", lambda *arguments: asked.append(arguments))
    classifier = SpikingClassifier(epochs=1).fit(FEATURES, LABELS)
    classifier.build(out=tmp_path)
    classifier.build("ulx3s-85f", tmp_path)
    (one, preset, out), (other, *_) = asked
    assert isinstance(one, Board) and (one.name, other.name) == ("icebreaker", "ulx3s-85f")
    assert (preset, out) == (classifier.preset_, tmp_path)


def test_estimates_what_was_fitted() -> None:
    classifier = SpikingClassifier(epochs=1).fit(FEATURES, LABELS)
    assert classifier.estimate() == estimate(classifier.preset_, board_named("icebreaker"))
    assert classifier.estimate("ulx3s-85f") == estimate(classifier.preset_, board_named("ulx3s-85f"))
