"""Training: it learns, it is reproducible, and a run that is interrupted and resumed gives the same bits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from golden.data.datasets import Dataset, load
from golden.data.encoders.interface import Encoder
from golden.data.encoders.levels import LevelEncoder
from golden.data.files import OwnDataset
from golden.engine.network import FastNetwork, Outcomes
from golden.network import ReferenceNetwork
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.presets import preset_named
from golden.state import State
from golden.system.sources import model_digest
from golden.training import checkpoint
from golden.training.activity import activity_warnings
from golden.training.evaluate import evaluate
from golden.training.metrics import EpochMetrics, Running
from golden.training.order import epoch_order, training_samples
from golden.training.train import CHECKPOINT, Trained, train

TINY = preset_named("tiny")
LIMIT = 300


@pytest.fixture(scope="module")
def digits() -> Dataset:
    return load("digits")


class Interrupting:
    """A report that presses Ctrl-C after some samples of an epoch, and remembers what it was told."""

    def __init__(self, epoch: int = 0, samples: int = 0) -> None:
        self.stop = epoch, samples
        self.samples: list[tuple[int, int, int]] = []
        self.running: list[Running] = []
        self.warnings: list[str] = []
        self.epochs: list[EpochMetrics] = []

    def samples_done(self, running: Running) -> None:
        self.running.append(running)
        self.samples.append((running.epoch, running.done, running.total))
        if (running.epoch, running.done) == self.stop:
            raise KeyboardInterrupt

    def warned(self, sentence: str) -> None:
        self.warnings.append(sentence)

    def epoch_done(self, metrics: EpochMetrics) -> None:
        self.epochs.append(metrics)


def without_clock(result: Trained) -> list[EpochMetrics]:
    return [replace(metrics, samples_per_second=0.0) for metrics in result.history]


def test_order_is_a_permutation_of_its_own_for_each_epoch() -> None:
    orders = [epoch_order(1, epoch, 100) for epoch in range(3)]
    assert all(sorted(order) == list(range(100)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    np.testing.assert_array_equal(epoch_order(1, 1, 100), epoch_order(1 + 65536, 0, 100))
    assert epoch_order(1, 0, 8).tolist() == [7, 6, 1, 2, 5, 3, 0, 4]


def test_learns_the_digits(digits: Dataset) -> None:
    report = Interrupting()
    result = train(preset_named("digits"), digits, epochs=3, report=report)
    first, *_, last = result.history
    assert last.test_accuracy > 0.85 and last.train_accuracy > first.train_accuracy
    assert last.update_fraction < first.update_fraction
    assert len(last.firing_rates) == 2 and not last.warnings and last.samples_per_second > 0
    assert tuple(report.epochs) == result.history
    assert report.samples[0] == (1, 250, 1437) and report.samples[-1] == (3, 1437, 1437)
    end = report.running[-1]
    assert (end.epochs, end.seconds_left) == (3, 0)
    assert (end.train_accuracy, end.update_fraction, end.firing_rates) == (
        last.train_accuracy,
        last.update_fraction,
        last.firing_rates,
    )
    assert report.running[0].seconds_left > 0 and not report.warnings
    tested = evaluate(result.network, result.state, digits)
    assert tested.accuracy == last.test_accuracy and len(tested.predictions) == 360
    assert f"{result.state.digest():016x}" == last.state_digest


def test_equals_the_reference_over_two_epochs(digits: Dataset) -> None:
    result = train(TINY, digits, epochs=2, limit=40)
    reference = ReferenceNetwork(TINY.network)
    right = 0
    for epoch in range(2):
        for index in epoch_order(TINY.network.seed, epoch, 40):
            label = int(digits.train_labels[index])
            outcome = reference.run(digits.train_samples[index], label, learn=True, shifts=TINY.training.shifts(epoch))
            right += epoch * (outcome.prediction == label)
    assert result.state.digest() == reference.state.digest()
    assert result.history[1].train_accuracy == right / 40


@pytest.mark.parametrize("stop", [(1, 250), (2, 250), (3, LIMIT), (4, 250)])
def test_resumed_equals_uninterrupted(digits: Dataset, tmp_path: Path, stop: tuple[int, int]) -> None:
    whole = train(TINY, digits, limit=LIMIT)
    with pytest.raises(KeyboardInterrupt):
        train(TINY, digits, limit=LIMIT, folder=tmp_path, report=Interrupting(*stop))
    _, progress = checkpoint.load(tmp_path / CHECKPOINT, TINY.network)
    assert progress.epoch == stop[0] - 1 and progress.samples_seen == progress.epoch * LIMIT
    resumed = train(TINY, digits, limit=LIMIT, folder=tmp_path, resume=True)
    assert resumed.state.digest() == whole.state.digest()
    assert without_clock(resumed) == without_clock(whole)
    again = train(TINY, digits, limit=LIMIT, folder=tmp_path, resume=True)
    assert again.history == resumed.history and again.state.digest() == whole.state.digest()


def test_seed_decides_everything(digits: Dataset) -> None:
    results = [train(TINY, digits, seed=seed, epochs=1, limit=50) for seed in (5, 5, 6)]
    assert results[0].network == replace(TINY.network, seed=5)
    digests = [result.state.digest() for result in results]
    assert digests[0] == digests[1] != digests[2]


def test_evaluation_changes_nothing(digits: Dataset) -> None:
    state = State.initial(TINY.network)
    before = state.digest()
    result = evaluate(TINY.network, state, digits, limit=7)
    assert state.digest() == before and result.predictions.shape == (7,)
    reference = ReferenceNetwork(TINY.network)
    expected = [reference.run(s, 0, learn=False, shifts=(0, 0)).prediction for s in digits.test_samples[:7]]
    assert result.predictions.tolist() == expected


def test_names_silent_and_runaway_layers(digits: Dataset) -> None:
    silent = replace(TINY, network=replace(TINY.network, input_amplitude=0, homeostasis_decay=0))
    warnings = train(silent, digits, epochs=1, limit=20).history[0].warnings
    assert warnings == (
        "layer 0 is nearly silent (0.00% of steps); raise its initial amplitude",
        "layer 1 is nearly silent (0.00% of steps); raise its initial amplitude",
    )
    assert activity_warnings((0.1, 0.75)) == {
        1: "layer 1 runs away (75% of steps); lower its amplitudes or homeostasis_decay"
    }


@pytest.mark.parametrize(
    ("changes", "layers", "sentence"),
    [
        (
            dict(input_amplitude=0, homeostasis_decay=0),
            [0, 1],
            r"is nearly silent \(0.00% of steps\); raise",
        ),
        (dict(recurrent_amplitude=15, homeostasis_gain=0, homeostasis_decay=4000), [0], r"runs away \(\d+% of steps\)"),
    ],
)
def test_names_them_while_the_epoch_goes_on(
    digits: Dataset, changes: dict[str, Any], layers: list[int], sentence: str
) -> None:
    """Each layer once, as soon as 1,000 samples have shown it."""
    report = Interrupting(epoch=1, samples=1437)
    with pytest.raises(KeyboardInterrupt):
        train(replace(TINY, network=replace(TINY.network, **changes)), digits, report=report)
    assert len(report.warnings) == len(layers)
    for layer, warning in zip(layers, report.warnings, strict=True):
        assert re.match(f"epoch 1, after 1,000 samples: layer {layer} {sentence}", warning)


def test_a_fresh_run_spares_a_checkpoint(digits: Dataset, tmp_path: Path) -> None:
    train(TINY, digits, epochs=1, limit=10, folder=tmp_path)
    with pytest.raises(UserError, match="holds a checkpoint already; resume it or choose another folder"):
        train(TINY, digits, epochs=1, limit=10, folder=tmp_path)


def test_resuming_needs_what_the_run_began_with(digits: Dataset, tmp_path: Path) -> None:
    train(TINY, digits, epochs=1, limit=10, folder=tmp_path)
    with pytest.raises(UserError, match="saw 10 samples in 1 epochs, where this run expects 11; resume with"):
        train(TINY, digits, limit=11, folder=tmp_path, resume=True)
    slower = replace(TINY, training=replace(TINY.training, layer_shift=9))
    with pytest.raises(UserError, match="was trained with layer_shift 8, not 9; resume with the options it began with"):
        train(slower, digits, limit=10, folder=tmp_path, resume=True)
    shifted = replace(TINY, training=replace(TINY.training, augmentation="shift"))
    with pytest.raises(UserError, match="was trained with augmentation 'none', not 'shift'; resume with the options"):
        train(shifted, digits, limit=10, folder=tmp_path, resume=True)
    later = replace(TINY, training=replace(TINY.training, slower=(3,)))
    with pytest.raises(UserError, match=r"was trained with slower \[2\], not \[3\]; resume with the options"):
        train(later, digits, limit=10, folder=tmp_path, resume=True)
    with pytest.raises(UserError, match="was trained on 'digits', not 'others'"):
        train(TINY, replace(digits, name="others"), limit=10, folder=tmp_path, resume=True)
    with pytest.raises(UserError, match="belongs to network"):
        train(TINY, digits, seed=9, limit=10, folder=tmp_path, resume=True)
    with pytest.raises(UserError, match="resuming needs the folder of the run; name it"):
        train(TINY, digits, resume=True)
    with pytest.raises(UserError, match="there is no checkpoint at"):
        train(TINY, digits, folder=tmp_path / "none", resume=True)


@pytest.mark.parametrize(
    ("changes", "limit", "sentence"),
    [
        (dict(encoder="events"), None, "'digits' holds levels, so the network needs encoder 'levels'"),
        (dict(inputs=49), None, "'digits' has 64 inputs, but the network 49; choose a preset made for it"),
        (dict(classes=9), None, "'digits' has 10 classes, but the network 9; choose a preset made for it"),
        ({}, 0, "limit must be at least 1, not 0"),
    ],
)
def test_network_and_data_must_fit(digits: Dataset, changes: dict[str, Any], limit: int | None, sentence: str) -> None:
    network: Network = replace(TINY.network, **changes)
    with pytest.raises(UserError, match=sentence):
        train(replace(TINY, network=network), digits, limit=limit)
    with pytest.raises(UserError, match=sentence):
        evaluate(network, State.initial(network), digits, limit)


def test_events_and_signed_levels_must_fit(digits: Dataset) -> None:
    state = State.initial(TINY.network)
    events = np.zeros((3, 16, 64), np.uint8)
    labels = np.array([0, 1, 9], np.uint8)
    with pytest.raises(UserError, match="'e' holds events, so the network needs encoder 'events'"):
        evaluate(TINY.network, state, Dataset("e", events, labels, events, labels))
    longer = replace(TINY.network, encoder="events", steps=17)
    with pytest.raises(UserError, match="'e' has 16 steps, but the network 17; choose a preset made for it"):
        evaluate(longer, state, Dataset("e", events, labels, events, labels))
    signed = digits.train_samples[:3].astype(np.int8)
    with pytest.raises(UserError, match="'s' has negative levels, so the network needs signed_input"):
        evaluate(TINY.network, state, Dataset("s", signed, labels, signed, labels))


@pytest.mark.parametrize("augmentation", ["shift", "flip"])
def test_augmented_training_equals_the_reference(digits: Dataset, augmentation: str) -> None:
    preset = replace(TINY, training=replace(TINY.training, augmentation=augmentation))
    result = train(preset, digits, epochs=2, limit=30, seed=4)
    preset = replace(preset, network=replace(preset.network, seed=4))
    reference = ReferenceNetwork(preset.network)
    for epoch in range(2):
        order = epoch_order(4, epoch, 30)
        samples = training_samples(preset, digits, epoch, order)
        assert not np.array_equal(samples, digits.train_samples[order])
        np.testing.assert_array_equal(samples[:7], training_samples(preset, digits, epoch, order[:7]))
        for sample, label in zip(samples, digits.train_labels[order], strict=True):
            reference.run(sample, int(label), learn=True, shifts=preset.training.shifts(epoch))
    assert result.state.digest() == reference.state.digest()


def test_events_are_learned_too() -> None:
    cues = load("cue")
    result = train(preset_named("cue"), cues, epochs=1, limit=300)
    assert result.history[0].train_accuracy > 0.55 and not result.history[0].warnings


def described(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the description of the checkpoint of a run."""
    path = folder / CHECKPOINT / checkpoint.DESCRIPTION_FILE
    description = json.loads(path.read_text())
    change(description)
    path.write_text(json.dumps(description))


@pytest.mark.parametrize(
    ("change", "by"),
    [
        (lambda d: d.pop("code"), "a version that does not name its code"),
        (lambda d: d.update(code="0" * 64), "code 00000000"),
    ],
)
def test_says_when_other_code_goes_on(
    digits: Dataset, tmp_path: Path, change: Callable[[dict[str, Any]], object], by: str
) -> None:
    """What it learned may not be what this code would have: a remark, since the state is good and the user may know."""
    whole = train(TINY, digits, epochs=2, limit=20)
    train(TINY, digits, epochs=1, limit=20, folder=tmp_path)
    described(tmp_path, change)
    report = Interrupting()
    resumed = train(TINY, digits, epochs=2, limit=20, folder=tmp_path, resume=True, report=report)
    sentence = f"checkpoint {tmp_path / CHECKPOINT} was written by {by}, this is {model_digest()[:8]}: the bits may be"
    assert len(report.warnings) == 1 and report.warnings[0].startswith(sentence)
    assert resumed.state.digest() == whole.state.digest()
    again = Interrupting()
    train(TINY, digits, epochs=2, limit=20, folder=tmp_path, resume=True, report=again)
    assert not again.warnings


def test_resuming_needs_a_whole_history(digits: Dataset, tmp_path: Path) -> None:
    """A run without its metrics ended in an IndexError."""
    train(TINY, digits, epochs=1, limit=20, folder=tmp_path)
    described(tmp_path, lambda d: d["progress"].update(history=[]))
    with pytest.raises(UserError, match="does not tell of each of its 1 epochs; restore a copy or train again"):
        train(TINY, digits, epochs=1, limit=20, folder=tmp_path, resume=True)


def test_resuming_needs_every_field_of_the_recipe(digits: Dataset, tmp_path: Path) -> None:
    train(TINY, digits, epochs=1, limit=20, folder=tmp_path)
    described(tmp_path, lambda d: d["progress"]["recipe"].update(momentum=3))
    with pytest.raises(UserError, match="was trained with momentum 3, not None; resume with the options it began"):
        train(TINY, digits, epochs=2, limit=20, folder=tmp_path, resume=True)


def test_resuming_needs_the_same_data(digits: Dataset, tmp_path: Path) -> None:
    """The name alone says nothing of the files that were read."""
    train(TINY, digits, epochs=1, limit=20, folder=tmp_path)
    other = replace(digits, test_labels=digits.test_labels[::-1])
    with pytest.raises(UserError, match="was trained on other contents of data set 'digits'; bring them back"):
        train(TINY, other, epochs=2, limit=20, folder=tmp_path, resume=True)
    described(tmp_path, lambda d: d["progress"].pop("data"))
    assert len(train(TINY, other, epochs=2, limit=20, folder=tmp_path, resume=True).history) == 2


def own_dataset(digits: Dataset, encoder: Encoder) -> OwnDataset:
    names = tuple(map(str, range(10)))
    return OwnDataset(**vars(replace(digits, name="mine.csv")), class_names=names, encoder=encoder)


def test_own_data_leaves_its_encoder_in_the_checkpoint(digits: Dataset, tmp_path: Path) -> None:
    encoder = LevelEncoder(64, signed=False)
    own = own_dataset(digits, encoder)
    result = train(TINY, own, epochs=1, limit=20, folder=tmp_path)
    _, progress = checkpoint.load(tmp_path / CHECKPOINT, TINY.network)
    assert progress == result.progress
    assert (progress.encoder, progress.class_names) == (encoder.to_document(), own.class_names)
    other = own_dataset(digits, LevelEncoder(64, signed=True))
    with pytest.raises(UserError, match="with an encoder that fits data set 'mine.csv' otherwise than now; bring back"):
        train(TINY, other, epochs=2, limit=20, folder=tmp_path, resume=True)
    described(tmp_path, lambda d: d["progress"].pop("encoder"))
    assert len(train(TINY, other, epochs=2, limit=20, folder=tmp_path, resume=True).history) == 2


def test_without_a_test_the_bits_are_the_same(digits: Dataset) -> None:
    untested: Dataset = replace(digits, test_samples=digits.test_samples[:0], test_labels=digits.test_labels[:0])
    result = train(TINY, untested, epochs=2, limit=40, tested=False)
    assert [metrics.test_accuracy for metrics in result.history] == [None, None]
    assert result.state.digest() == train(TINY, digits, epochs=2, limit=40).state.digest()


def test_a_learner_that_counts_no_spikes(digits: Dataset, tmp_path: Path) -> None:
    class Silent(FastNetwork):
        def run_many(self, *arguments: Any, **named: Any) -> Outcomes:
            outcomes = super().run_many(*arguments, **named)
            return replace(outcomes, spikes=outcomes.spikes[:, :0])

    result = train(TINY, digits, epochs=1, limit=40, folder=tmp_path, learner=Silent)
    assert result.history[0].firing_rates == result.history[0].warnings == ()
    assert checkpoint.load(tmp_path / CHECKPOINT, TINY.network)[1] == result.progress
    assert result.state.digest() == train(TINY, digits, epochs=1, limit=40).state.digest()


def test_a_part_without_samples_is_refused(digits: Dataset) -> None:
    """It ended in an UnboundLocalError, or in a warning of NumPy and an accuracy that is no number."""
    for part, changes in (
        ("training", dict(train_samples=digits.train_samples[:0], train_labels=digits.train_labels[:0])),
        ("test", dict(test_samples=digits.test_samples[:0], test_labels=digits.test_labels[:0])),
    ):
        empty: Dataset = replace(digits, **changes)
        with pytest.raises(UserError, match=f"data set 'digits' has no {part} samples; choose another"):
            train(TINY, empty)
        with pytest.raises(UserError, match=f"data set 'digits' has no {part} samples; choose another"):
            evaluate(TINY.network, State.initial(TINY.network), empty)
