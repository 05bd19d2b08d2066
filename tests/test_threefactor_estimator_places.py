"""A classifier on a chip: the bits of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.data.datasets import load
from golden.spec.errors import UserError
from tests.support.board import TINY, PluggedBoard, compiled, plugged
from threefactor import SpikingClassifier

DIGITS = load(TINY.dataset)
SAMPLES, LABELS = DIGITS.train_samples[:60].astype(float), DIGITS.train_labels[:60]


@pytest.fixture
def board(tmp_path: Path) -> Iterator[PluggedBoard]:
    with plugged(compiled(), tmp_path / "port") as board:
        yield board


def test_a_board_is_a_place(board: PluggedBoard, capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for where in ("engine", f"board:{board.port}"):
        classifier = SpikingClassifier("tiny", where=where, epochs=2, verbose=True).fit(SAMPLES, LABELS)
        fitted = classifier.state_.digest()
        classifier.partial_fit(SAMPLES[:20], LABELS[:20])
        predictions = classifier.predict(SAMPLES[20:40]).tolist()
        history = [(epoch.train_accuracy, epoch.state_digest) for epoch in classifier.history_]
        found.append((fitted, classifier.state_.digest(), predictions, history))
    assert found[0] == found[1] and found[0][0] != found[0][1]
    assert "epoch   2   training" in capsys.readouterr().err


def test_another_preset_is_refused(board: PluggedBoard) -> None:
    with pytest.raises(UserError, match="the chip was built from preset tiny .* which is not preset digits as it is"):
        SpikingClassifier("digits", where=f"board:{board.port}", epochs=1).fit(SAMPLES, LABELS)
    with pytest.raises(UserError, match="there is no port /dev/no-such-port; connect the board"):
        SpikingClassifier("tiny", where="board:/dev/no-such-port").fit(SAMPLES, LABELS)
    with pytest.raises(UserError, match="where must be one of engine, .*, icarus, board:PORT, not 'boards'"):
        SpikingClassifier("tiny", where="boards").fit(SAMPLES, LABELS)
