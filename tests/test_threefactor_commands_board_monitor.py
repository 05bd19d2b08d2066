"""``threefactor board monitor`` and ``info``: what a monitored chip tells, and a cable that is pulled meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from boards.host.client import Client, Prediction
from boards.host.ports import find
from boards.simulated.model import compiled_board
from golden.cycles.activity import observe
from golden.cycles.counters import counted
from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.state import State
from golden.training.order import epoch_order, training_samples
from tests.support.board import BOARD, TINY, PluggedBoard, compiled, plugged
from tests.support.shell import run, said
from threefactor.commands.board.monitor import Figures

DIGITS = load(TINY.dataset)
SAMPLES = 12


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluggedBoard]:
    preset = replace(TINY, hardware=replace(TINY.hardware, monitored=True))
    with plugged(compiled_board(preset, BOARD), tmp_path_factory.mktemp("monitored") / "port") as board:
        yield board


def test_figures_and_counters_of_a_monitored_chip_are_the_models(monitored: PluggedBoard) -> None:
    port = ("--port", monitored.port)
    said("board", "load", "--preset", "tiny", *port)
    before = said("board", "info", *port)["counters"]
    found = said("board", "monitor", "--samples", SAMPLES, *port)
    samples, labels = DIGITS.test_samples[:SAMPLES], DIGITS.test_labels[:SAMPLES]

    engine = FastNetwork(TINY.network, State.initial(TINY.network))
    expected = engine.run_many(samples, labels, False, (0, 0), potentials=True)
    runner_up, first = np.sort(expected.potentials, axis=1).T[-2:]
    assert found["margin"] == pytest.approx(np.mean(first - runner_up), rel=1e-12)
    assert found["accuracy"] == np.mean(expected.predictions == labels)

    activity = observe(TINY.network, State.initial(TINY.network), samples, labels, learn=False, shifts=(0, 0))
    steps = {name: int(step.sum()) for name, step in counted(TINY, activity, np.zeros(SAMPLES, np.bool_)).items()}
    assert {name: found["counters"][name] - before[name] for name in steps} == steps
    spikes = sum(step for name, step in steps.items() if name.endswith("_spikes"))
    operations = sum(step for name, step in steps.items() if name.endswith("_operations"))
    assert found["spikes_per_sample"] == spikes / SAMPLES > 1
    assert found["synaptic_operations_per_sample"] == operations / SAMPLES
    assert found["cycles_per_sample"] > 100 and found["synaptic_operations_per_second"] > 0

    after = said("board", "info", *port)
    assert after["built_from"] == "tiny" and all(after["counters"][name] == found["counters"][name] for name in steps)
    assert "samples predicted" in run("board", "info", *port).stdout
    assert "margin" in run("board", "monitor", "--samples", 2, *port).stdout


@pytest.mark.parametrize("power", [True, False], ids=["power stays on", "power fails"])
def test_goes_on_when_the_cable_was_pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, power: bool) -> None:
    """No sample is learned twice: the chip counts those whose answers nobody heard."""
    heard, add = list[int](), Figures.add

    def pulled(figures: Figures, label: int, prediction: Prediction) -> None:
        add(figures, label, prediction)
        heard.append(label)
        if len(heard) == 5:
            board.pull()
            if not power:
                board.switch_off_and_on()
            board.plug()

    with plugged(compiled(), tmp_path / "port") as board:
        port = ("--port", board.port)
        said("board", "load", "--preset", "tiny", *port)
        monkeypatch.setattr(Figures, "add", pulled)
        found = said("board", "monitor", "--samples", 60, "--learn", "--part", "training", *port)
        with Client(find(str(board.port)).opened(), TINY) as client:
            counted, digest = client.samples, client.state().digest()
    assert found["breaks"] == 1 and found["samples"] == len(heard) <= 60
    if power:
        order = epoch_order(TINY.network.seed, 0, len(DIGITS.train_labels))[:60]
        engine = FastNetwork(TINY.network, State.initial(TINY.network))
        lessons = training_samples(TINY, DIGITS, 0, order)
        engine.run_many(lessons, DIGITS.train_labels[order], True, TINY.training.shifts(0))
        assert counted == 60 and digest == engine.state.digest()
    else:
        assert counted == found["samples_since_power_up"] <= 55
