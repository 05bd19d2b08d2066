"""Options that several commands share, already turned into what the commands need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import click

from golden.spec.config import Preset
from golden.spec.errors import nearest
from golden.spec.presets import PRESETS, preset_named

Decorated = TypeVar("Decorated", bound=Callable[..., Any])
Option = Callable[[Decorated], Decorated]


class PresetName(click.ParamType[Preset]):
    """Name of a preset, converted to the preset."""

    name = "name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Preset:
        """Look the preset up; an unknown name raises a UserError that lists those there are."""
        return value if isinstance(value, Preset) else preset_named(value)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """List the presets."""
        return f"Choose from: {', '.join(PRESETS)}, or a preset's file."


class Name(click.ParamType[str]):
    """Name that the command looks up; where it is missing, those that are known are listed."""

    name = "name"

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(known)

    def get_missing_message(self, param: click.Parameter, ctx: click.Context | None) -> str:
        """List the names."""
        return f"Choose from: {', '.join(self._known)}."


class Choice(click.Choice[str]):
    """One of some names; for another one, the nearest is suggested."""

    def get_invalid_choice_message(self, value: Any, ctx: click.Context | None) -> str:
        """List the names and suggest one."""
        return super().get_invalid_choice_message(value, ctx).rstrip(".") + (nearest(str(value), self.choices) or ".")


def with_seed(preset: Preset, seed: int | None) -> Preset:
    """Preset whose network has another seed; None keeps its own."""
    return preset if seed is None else replace(preset, network=replace(preset.network, seed=seed))


preset: Option[Any] = click.option("--preset", type=PresetName(), required=True, help="Named configuration.")
data: Option[Any] = click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="THREEFACTOR_DATA",
    show_envvar=True,
    help="Folder with the files of a data set that is not shipped.",
)
seed: Option[Any] = click.option(
    "--seed", type=click.IntRange(0, 2**32 - 1), help="Seed of topology, weights and order; the preset's by default."
)
epochs: Option[Any] = click.option(
    "--epochs", type=click.IntRange(min=1), help="Passes over the training samples; the preset's by default."
)
limit: Option[Any] = click.option(
    "--limit", type=click.IntRange(min=1), help="Use only the first N samples of either part."
)
samples: Option[Any] = click.option("--samples", type=click.IntRange(min=1), help="Number of samples.")
as_json: Option[Any] = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")


def checkpoint(*, required: bool) -> Option[Any]:
    """Build the option that names a checkpoint, or the folder of a training run that holds one."""
    return click.option(
        "--checkpoint",
        type=click.Path(path_type=Path),
        required=required,
        help="Start from this checkpoint, or from that of a training run in this folder.",
    )


def out(explanation: str, default: Path | None = None) -> Option[Any]:
    """Build the option that names the folder to write to."""
    return click.option("--out", type=click.Path(path_type=Path), default=default, help=explanation)
