"""A commented preset file: read again it is the preset, and taking away a mark gives the default it shows."""

from __future__ import annotations

import re
import tomllib
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from golden.spec.commented import commented
from golden.spec.config import Hardware, Network, Training
from golden.spec.data import Data
from golden.spec.presetfile import preset_of
from golden.spec.presets import PRESETS

TABLES = {"data": Data, "network": Network, "hardware": Hardware, "training": Training}


@pytest.mark.parametrize("name", PRESETS)
def test_read_again_it_is_the_preset(name: str) -> None:
    assert preset_of(commented(PRESETS[name]), Path(f"{name}.toml")) == PRESETS[name]


def own() -> str:
    """The text of a preset with data of one's own."""
    text = commented(PRESETS["tiny"])
    plain = preset_of(text.replace('set = "digits"', 'train = "x.csv"\nignore = ["a", "b"]'), Path("/f/own.toml"))
    return commented(plain)


def test_own_data_is_written_with_all_its_fields() -> None:
    text = own()
    assert preset_of(text, Path("/f/own.toml")) == preset_of(
        commented(preset_of(text, Path("/f/own.toml"))), Path("/f/own.toml")
    )
    assert 'train = "/f/x.csv"' in text and 'ignore = ["a", "b"]' in text and '#label = "-1"' in text


def test_every_field_stands_there_once_and_shows_its_default() -> None:
    text = own()
    uncommented = tomllib.loads(re.sub(r"(?m)^#(?=\w+ = )", "", text))
    written = tomllib.loads(text)
    for table, kind in TABLES.items():
        assert set(uncommented[table]) == {field.name for field in fields(kind)}
        for field in fields(kind):
            if field.name not in written[table]:
                shown = uncommented[table][field.name]
                assert field.default is not MISSING
                assert (tuple(shown) if isinstance(shown, list) else shown) == field.default


def test_lines_are_short_enough_to_read() -> None:
    lines = own().splitlines()
    assert max(map(len, lines)) <= 120
    assert not any("``" in line for line in lines)
    assert "# Axons that feed layer 0." in lines
