"""What a search may see, and what it may choose: the training part, and networks that fit the board."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import optuna
import pytest

from boards.catalogue import BOARDS
from boards.throughput import home_of
from golden.data.datasets import load
from golden.data.files import load_own
from golden.data.samples import Samples
from golden.spec.config import Network, Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS, preset_named
from golden.training.fit import require_fit
from threefactor.tuning.importance import importances
from threefactor.tuning.material import Material, read_material, require_validation
from threefactor.tuning.sizes import fits
from threefactor.tuning.space import Space, space_of
from threefactor.tuning.store import Finished
from threefactor.tuning.validation import FOLDS, Split, accuracy, splits_for, surpasses

ICEBREAKER, ULX3S = BOARDS["icebreaker"], BOARDS["ulx3s-85f"]


def series(folder: Path, name: str, samples: int = 24, seed: int = 1) -> Path:
    """A .ts file of rising and falling series of two channels, 8 to 15 values long."""
    draw = random.Random(seed)
    lines = ["@problemName x", "@timeStamps false", "@univariate false", "@dimensions 2", "@equalLength false"]
    lines += ["@classLabel true up down", "@data"]
    for index in range(samples):
        slope = 1 if index % 2 else -1
        length = draw.randint(8, 15)
        channels = [[slope * step + draw.gauss(0, 1) for step in range(length)] for _ in range(2)]
        lines.append(
            ":".join(",".join(f"{v:.3f}" for v in channel) for channel in channels) + (":up" if index % 2 else ":down")
        )
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def table(folder: Path, name: str, samples: int = 30, seed: int = 1) -> Path:
    """A CSV file of three features and two classes."""
    draw = random.Random(seed)
    rows = [[draw.gauss(index % 2, 0.7) for _ in range(3)] + [index % 2] for index in range(samples)]
    text = "\n".join(["a,b,c,class", *(",".join(map(str, row)) for row in rows)]) + "\n"
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def events(folder: Path, name: str) -> Path:
    """A CSV file of events of 6 channels, class by class in other channels."""
    draw = random.Random(1)
    lines = ["sample,t,channel,class"]
    for index in range(24):
        times = sorted(draw.uniform(0, 100) for _ in range(draw.randint(5, 20)))
        lines += [f"{index},{time:.3f},{draw.randint(0, 3) + 2 * (index % 2)},{index % 2}" for time in times]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def events_preset(data: Data) -> Preset:
    shape = read_material(data).encoder(data).shape
    network = Network(inputs=shape.inputs, classes=2, neurons=16, steps=shape.steps, encoder="events", modulators=2)
    return replace(preset_named("tiny"), dataset=data, network=replace(network, bins=2))


def drawn(space: Space, seed: int) -> dict[str, object]:
    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed)).ask(dict(space.choices))
    return trial.params


def spaces(folder: Path) -> list[Space]:
    """Spaces of every kind of data and of every preset whose data set is shipped or stands for another."""
    own = [
        events_preset(Data(str(series(folder, "a.ts")), encoder="thresholds")),
        events_preset(Data(str(series(folder, "b.ts", seed=2)), encoder="crossings", values_per_step=2)),
        events_preset(Data(str(events(folder, "a.csv")), encoder="time-bins", sample="sample", steps=20)),
    ]
    digits = read_material("digits")
    shipped = [preset for preset in PRESETS.values() if preset.network.synapses < 200_000]  # others are slow to draw
    own_spaces = [space_of(preset, read_material(preset.dataset), ULX3S) for preset in own]
    return [*own_spaces, *(space_of(preset, digits, home_of(preset)) for preset in shipped)]


def test_every_choice_is_a_network_that_fits(tmp_path: Path) -> None:
    for space in spaces(tmp_path):
        assert space.preset(space.values) == space.start
        for seed in range(6):
            preset = space.preset(drawn(space, seed))
            assert fits(preset, space.board, space.clock_mhz)
            assert preset.network.classes == space.start.network.classes
            if isinstance(preset.dataset, Data):
                learned, validated = Split(seed).parts(space.material.labels)
                require_fit(preset.network, space.material.fold(preset.dataset, learned, validated))


def test_a_network_that_is_too_large_is_made_smaller() -> None:
    digits = preset_named("digits")
    small = replace(ICEBREAKER, limits={**ICEBREAKER.limits, "ebr": 24})
    roomy, tight = (space_of(digits, read_material("digits"), board) for board in (ULX3S, small))
    values = {**roomy.values, "neurons": 2 * digits.network.neurons}
    assert roomy.preset(values).network.neurons == 2 * digits.network.neurons
    assert not fits(roomy.preset(values), small, 0.0)
    assert fits(tight.preset(values), small, tight.clock_mhz)
    assert tight.preset(values).network.neurons >= digits.network.neurons


def test_a_rate_of_zero_stays_zero() -> None:
    tiny = preset_named("tiny")
    frozen = replace(tiny, network=replace(tiny.network, homeostasis_gain=0))
    space = space_of(frozen, read_material("digits"), ULX3S)
    assert "homeostasis_gain" not in space.choices
    assert "homeostasis_decay" in space.choices


@pytest.mark.parametrize("count", [8, 37, 200])
def test_a_split_shares_out_every_class(count: int) -> None:
    labels = np.array([index % 3 if index % 5 else 0 for index in range(count)], dtype=np.uint8)
    seen: list[int] = []
    for index in range(FOLDS):
        learned, validated = Split(index).parts(labels)
        assert sorted([*learned, *validated]) == list(range(count))
        seen += validated.tolist()
        for label, number in Counter(labels.tolist()).items():
            held = int((labels[validated] == label).sum())
            assert abs(held - number / FOLDS) < 1
    assert sorted(seen) == list(range(count))
    assert Split(FOLDS).parts(labels)[1].tolist() != Split(0).parts(labels)[1].tolist()


def test_a_training_part_is_what_a_training_learns(tmp_path: Path) -> None:
    """Without a test file a part of each class is held back, and neither is seen here."""
    data = Data(str(table(tmp_path, "a.csv")))
    material, own = read_material(data), load_own(data, Path())
    assert material.labels.tolist() == own.train_labels.tolist()
    assert isinstance(material.samples, Samples)
    assert (material.encoder(data).encode(material.samples) == own.train_samples).all()
    named, digits = read_material("digits", limit=50), load("digits")
    assert isinstance(named.samples, np.ndarray)
    assert (named.samples == digits.train_samples[:50]).all()


def test_an_encoder_sees_what_is_learned_only(tmp_path: Path) -> None:
    """A value far outside that is only validated changes nothing that is learned."""
    path = table(tmp_path, "a.csv")
    data = Data(str(path), encoder="range", test=str(path))
    before = read_material(data)
    learned, validated = Split(0).parts(before.labels)
    lines = path.read_text().splitlines()
    row = 1 + int(validated[0])
    lines[row] = ",".join(["1000", *lines[row].split(",")[1:]])
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    after = read_material(data)
    folds = [material.fold(data, learned, validated) for material in (before, after)]
    assert after.digest != before.digest
    assert (folds[0].train_samples == folds[1].train_samples).all()


def test_accuracy_repeats_and_means_something() -> None:
    tiny, material = preset_named("tiny"), read_material("digits", limit=800)
    first = accuracy(tiny, material, Split(0))
    assert accuracy(tiny, material, Split(0)) == first
    assert first > 0.5  # of ten classes


def test_a_class_of_one_sample_is_refused() -> None:
    material = Material("x", np.zeros((3, 4), np.uint8), np.array([0, 0, 1], np.uint8), ("a", "b"))
    with pytest.raises(UserError, match="class 'b' of x has 1 training sample where a validation part needs 2"):
        require_validation(material, 2)
    with pytest.raises(UserError, match="3 classes, but the network 2"):
        require_validation(replace(material, labels=np.arange(6, dtype=np.uint8) % 3, class_names=("a", "b", "c")), 2)


def test_few_samples_are_split_more_often() -> None:
    assert splits_for(60) > splits_for(500) > splits_for(5_000) > splits_for(60_000) == 1


def test_what_decides_is_found_important() -> None:
    space = space_of(preset_named("tiny"), read_material("digits", limit=20), ULX3S)
    trials = []
    for index in range(40):
        values = drawn(space, index)
        trials.append(Finished(index, values, (1 / int(str(values["margin"])),)))
    shares = importances(trials, space.choices)
    assert next(iter(shares)) == "margin" and shares["margin"] > 0.3
    assert sum(shares.values()) == pytest.approx(1)
    assert importances(trials[:3], space.choices) == {}


def test_splits_that_share_samples_prove_less() -> None:
    """A lead of a standard error of independent draws is not enough, one that is steady is."""
    steady, chance = [0.02, 0.03, 0.02, 0.03] * 4, [0.2, -0.16, 0.2, -0.16] * 4
    for lead, proves in ((steady, True), (chance, False), ([0.0] * 16, False)):
        assert surpasses([0.8 + difference for difference in lead], [0.8] * 16) == proves
