"""The first learning, watched: the figures are those of the training, and the picture shows what the model does."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from golden.data.datasets import load
from golden.engine.network import FastNetwork
from golden.spec.presets import preset_named
from golden.state import State
from golden.training.train import train
from threefactor.cli import main
from threefactor.commands.watch import learned
from threefactor.plots.neuron import Moment, first_learning, most_changed

PRESET = preset_named("tiny")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["watch", "--preset", "tiny", *map(str, arguments)])


def test_learns_as_the_training_does() -> None:
    """Two epochs and a part of a third, sample by sample, and the state of the training after two of them."""
    dataset = load("digits")
    size = len(dataset.train_labels)
    state, wrong, updated = learned(PRESET, dataset, State.initial(PRESET.network), 2 * size)
    trained = train(PRESET, dataset, epochs=2)
    assert state.digest() == trained.state.digest()
    assert 1 - wrong[:size].mean() == pytest.approx(trained.history[0].train_accuracy)
    assert updated[size:].mean() == pytest.approx(trained.history[1].update_fraction)
    _, longer, _ = learned(PRESET, dataset, State.initial(PRESET.network), 2 * size + 10)
    assert len(longer) == 2 * size + 10 and np.array_equal(longer[: 2 * size], wrong)


def test_prints_and_draws(tmp_path: Path) -> None:
    picture = tmp_path / "first.svg"
    result = run("--samples", 200, "--out", picture, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert [part["samples"][0] for part in found["parts"]][:2] == [1, 26] and found["parts"][-1]["samples"][1] == 200
    text = picture.read_text(encoding="utf-8")
    assert text.startswith("<svg") and f"neuron {found['neuron']} of layer {found['layer']}" in text
    assert "before learning: class" in text and "after 200 samples: class" in text
    again = run("--samples", 200, "--out", tmp_path / "again.svg")
    assert "176 to 200" in again.stdout
    assert (tmp_path / "again.svg").read_text(encoding="utf-8") == text


def test_looks_into_the_neuron_that_learned_the_most() -> None:
    dataset = load("digits")
    engine = FastNetwork(PRESET.network, State.initial(PRESET.network))
    engine.run_many(dataset.train_samples[:50], dataset.train_labels[:50], True, (7, 6))
    before, after = State.initial(PRESET.network), engine.state
    layer, neuron = most_changed(before, after)
    sums = [np.abs(new.astype(int) - old).sum(axis=0) for old, new in zip(before.weights, after.weights, strict=True)]
    assert sums[layer][neuron] == max(values.max() for values in sums) > 0


def test_draws_every_spike() -> None:
    """As many marks as the sample has spikes in the input and the layers, in both columns."""
    dataset, network, initial = load("digits"), PRESET.network, State.initial(PRESET.network)
    wrong = np.zeros(3, np.bool_)
    sample = dataset.test_samples[0]
    text = str(first_learning(network, (Moment("a", initial), Moment("b", initial)), (0, 0), sample, 1, wrong, wrong))
    spikes = int(sample.astype(int).sum())
    assert text.count(f">{spikes} spikes<") + text.count(f"{spikes} spikes") >= 2
    silent = str(
        first_learning(network, (Moment("a", initial), Moment("b", initial)), (0, 0), 0 * sample, 1, wrong, wrong)
    )
    assert text.count("<use") - silent.count("<use") >= 2 * spikes


@pytest.mark.parametrize("neuron", ["5", "0:9999", "9:0", "a:b", "-1:0", "0:"])
def test_refuses_a_neuron_that_is_not_there(neuron: str, tmp_path: Path) -> None:
    result = run("--samples", 5, "--neuron", neuron, "--out", tmp_path / "first.svg")
    assert result.exit_code == 2
    assert "--neuron must be LAYER:NEURON" in result.stderr and repr(neuron) in result.stderr
    assert not (tmp_path / "first.svg").exists()


def test_looks_into_the_neuron_that_is_asked_for(tmp_path: Path) -> None:
    result = run("--samples", 5, "--neuron", "0:3", "--out", tmp_path / "first.svg", "--json")
    assert json.loads(result.stdout)["neuron"] == 3
