"""Presets by name or by file; those that are shipped are files as well, in golden/presets."""

from __future__ import annotations

from pathlib import Path

from golden.spec.config import ConfigurationError, Preset
from golden.spec.errors import nearest
from golden.spec.presetfile import SUFFIX, read_preset

SHIPPED = Path(__file__).parents[1] / "presets"
_NAMES = (
    "digits",
    "tiny",
    "mnist-small",
    "mnist-deep",
    "mnist-large",
    "fashion",
    "fsdd",
    "mnist-rows",
    "cue",
    "yin-yang",
    "mnist-classes",
    "fashion-classes",
)  # as they are listed

PRESETS = {name: read_preset(SHIPPED / f"{name}{SUFFIX}") for name in _NAMES}


def preset_named(name: str) -> Preset:
    """Return the preset called ``name``, or that in the file ``name`` when it ends in ``.toml``.

    Raises
    ------
    ConfigurationError
        There is no such preset, or something is wrong with the file, see :func:`golden.spec.presetfile.read_preset`.
    """
    if name.endswith(SUFFIX):
        return read_preset(Path(name))
    try:
        return PRESETS[name]
    except KeyError:
        advice = nearest(name, PRESETS)
        if Path(name).suffix or Path(name).name != name:
            advice = f", or a file whose name ends in {SUFFIX}"
        raise ConfigurationError(f"there is no preset {name!r}; choose one of {', '.join(PRESETS)}{advice}") from None
