"""Presets as files: read field by field, and refused in a sentence that names file and line."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from golden.spec.data import Data
from golden.spec.errors import ConfigurationError
from golden.spec.presetfile import preset_of, read_preset, written
from golden.spec.presets import PRESETS, SHIPPED, preset_named

EXAMPLE = """\
summary = "an example"

[data]
set = "digits"

[network]
inputs = 64
classes = 10
neurons = 16
readout_fan_in = 5  # of each layer

[hardware]
lanes = 4

[training]
slower = [2, 3]
epochs = 4
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


def test_reads_what_stands_there(file: Path) -> None:
    file.write_text(EXAMPLE, encoding="utf-8")
    preset = read_preset(file)
    assert (preset.name, preset.summary, preset.dataset) == ("mine", "an example", "digits")
    assert (preset.network.neurons, preset.network.layers, preset.hardware.lanes) == (16, 1, 4)
    assert preset.training.slower == (2, 3)
    assert preset_named(str(file)) == preset
    assert hash(preset) == hash(read_preset(file))


def test_every_way_to_write_a_field_is_the_same(file: Path) -> None:
    file.write_text(EXAMPLE, encoding="utf-8")
    expected = read_preset(file)
    dotted = 'summary = "an example"\ndata.set = "digits"\nnetwork.inputs = 64\nnetwork.classes = 10\n'
    dotted += "network.neurons = 16\nnetwork.readout_fan_in = 5\nhardware.lanes = 4\n"
    file.write_text(dotted + "training = { slower = [2, 3], epochs = 4 }\n", encoding="utf-8")
    assert read_preset(file) == expected
    file.write_bytes(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode())
    assert read_preset(file) == expected


def test_shipped_presets_are_files_of_the_same_kind() -> None:
    assert {path.stem for path in SHIPPED.glob("*.toml")} == set(PRESETS)
    for name, preset in PRESETS.items():
        assert read_preset(SHIPPED / f"{name}.toml") == preset
        assert preset.name == name


def test_a_copy_of_a_shipped_preset_is_the_same_network(file: Path) -> None:
    file.write_bytes((SHIPPED / "digits.toml").read_bytes())
    assert replace(read_preset(file), name="digits") == PRESETS["digits"]


def test_own_files_are_found_beside_the_preset(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = (
        'train = "a.npy"\ntrain_labels = "b.npy"\ntest = "/data/c.npy"\ntest_labels = "../d.npy"\nignore = ["x", "3"]'
    )
    file.write_text(EXAMPLE.replace('set = "digits"', table), encoding="utf-8")
    monkeypatch.chdir(file.parent)
    preset = read_preset(Path(file.name))
    own = preset.dataset
    assert isinstance(own, Data) and preset.dataset_name == "a.npy" and own.ignore == ("x", "3")
    assert (own.train, own.train_labels) == (str(file.with_name("a.npy")), str(file.with_name("b.npy")))
    assert (own.test, own.test_labels) == ("/data/c.npy", str(file.parent / "../d.npy"))
    assert preset_of(written(preset), file) == replace(preset, name="mine")


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_written_is_read_again(file: Path, name: str) -> None:
    preset = replace(PRESETS[name], name="mine", summary='with "quotes", a \\ and an \u00e4\n')
    file.write_text(written(preset), encoding="utf-8")
    assert read_preset(file) == preset


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("neurons = 16", "neuron = 16", "line 9: table network has no field 'neuron'; did you mean neurons?"),
        ("neurons = 16", "frobnicate = 1", "line 9: table network has no field 'frobnicate'; it has inputs, classes"),
        ("[hardware]", "[hardwear]", "line 12: a preset file has no field 'hardwear'; did you mean hardware?"),
        ("neurons = 16", 'neurons = "16"', "line 9: neurons must be an integer in 2..4096, not '16'"),
        ("neurons = 16", "neurons = 16.0", "line 9: neurons must be an integer in 2..4096, not 16.0"),
        ("neurons = 16", "neurons = 9999", "line 9: neurons must be an integer in 2..4096, not 9999"),
        ("neurons = 16", "neurons = 18", r"line 9: neurons (18) must be a multiple of lanes (4)"),
        ("lanes = 4", "lanes = 3", "line 13: lanes must be a power of two up to 4096, not 3"),
        ("neurons = 16", "", "line 6: table network lacks neurons; add the line: neurons = ..."),
        ("[network]", "[network", "is not TOML: "),
        ("classes = 10", "classes = 10\nclasses = 11", "is not TOML: "),
        ('set = "digits"', "set = 7", "line 4: set must be a text, the name of a data set, not 7"),
        (
            'set = "digits"',
            "",
            'line 3: table data must name a data set, set = "digits", or a file, train = "mine.csv"',
        ),
        ('set = "digits"', 'set = "digits"\ntrain = "x.csv"', "line 5: table data with a set has no field 'train'"),
        (
            'set = "digits"',
            'train = "x.csv"\nlable = "y"',
            "line 5: table data has no field 'lable'; did you mean label?",
        ),
        ('set = "digits"', 'train = "x.csv"\nencoder = "rate"', "line 5: encoder must be one of ('levels', 'range',"),
        (
            'set = "digits"',
            'train = "x.csv"\nbin_width = 0.5',
            "line 5: bin_width means nothing to encoder 'quantiles'",
        ),
        ('summary = "an example"', "summary = 1", "line 1: summary must be a text, not 1"),
        ("slower = [2, 3]\nepochs = 4", "epochs = 0", "line 16: epochs must be"),
        ('summary = "an example"', "network = 3", "line 1: network must be a table, [network], not 3"),
    ],
)
def test_says_where_and_what_is_wrong(file: Path, old: str, new: str, sentence: str) -> None:
    text = EXAMPLE
    if new == "network = 3":
        text = text[: text.index("[network]")] + text[text.index("[hardware]") :]
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=f"^{re.escape(str(file))}.*{re.escape(sentence)}"):
        read_preset(file)


def test_says_what_is_wrong_with_a_file(file: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"mine.toml cannot be read \(No such file or directory\)"):
        preset_named(str(file))
    file.write_bytes(b'summary = "ok"\nx = "\xff"\n')
    with pytest.raises(ConfigurationError, match="mine.toml, line 2: not UTF-8"):
        read_preset(file)
    file.write_bytes(b"#" * (1 << 20) + b"\n")
    with pytest.raises(ConfigurationError, match="mine.toml is larger than 1 MB"):
        read_preset(file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        preset_named(f"{file.parent}/.toml/../x.toml")


def test_suggests_a_name() -> None:
    with pytest.raises(ConfigurationError, match="there is no preset 'mnist_large'; .*; did you mean mnist-large?"):
        preset_named("mnist_large")
    with pytest.raises(
        ConfigurationError, match="there is no preset 'mine.tml'; .* or a file whose name ends in .toml"
    ):
        preset_named("mine.tml")
