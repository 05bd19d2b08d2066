"""Preset files."""

from __future__ import annotations

from pathlib import Path

from golden.spec.presetfile import preset_of, read_preset, written


def read(content: bytes, folder: Path) -> None:
    """Read one; what was read is the same when it is written and read again."""
    place = folder / "own.toml"
    place.write_bytes(content)
    preset = read_preset(place)
    assert preset_of(written(preset), place) == preset
