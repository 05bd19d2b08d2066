"""Options of the settings of a chip, and how they are shown."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import click

from golden.spec.config import Preset
from golden.spec.fields import Range
from golden.spec.network import HOMEOSTASIS_DECAYS, HOMEOSTASIS_GAINS, LEAK_SHIFTS, MARGINS
from golden.spec.settings import Settings, frozen_of, frozen_parts

NOTHING = "none"


class Parts(click.ParamType[tuple[int | str, ...]]):
    """What is frozen: numbers of layers and ``readout`` with commas between, or ``none``."""

    name = "parts"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int | str, ...]:
        """Take the list apart; whether a layer is there the network decides."""
        if isinstance(value, tuple):
            return value
        names = [name.strip() for name in value.split(",")]
        return () if names == [NOTHING] else tuple(int(name) if name.isdecimal() else name for name in names)


@dataclass(frozen=True)
class Changes:
    """Settings that were named; None stays.

    Attributes
    ----------
    numbers
        By the name of the setting.
    frozen
        Layers, and the readout.
    """

    numbers: dict[str, int]
    frozen: tuple[int | str, ...] | None

    @property
    def any(self) -> bool:
        """Whether anything was named."""
        return bool(self.numbers) or self.frozen is not None

    def of(self, settings: Settings, preset: Preset) -> Settings:
        """Settings with what was named."""
        changed = dict(self.numbers)
        if self.frozen is not None:
            changed["frozen"] = frozen_of(self.frozen, preset.network)
        return replace(settings, **changed)


def changes(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of the settings; it gets them as one argument, ``changes``."""

    @click.option("--margin", type=_within(MARGINS), help="The teacher is content with this lead, in spikes a neuron.")
    @click.option("--leak-shift", type=_within(LEAK_SHIFTS), help="Leak of the membrane potential a step, 2^-N.")
    @click.option("--homeostasis-gain", type=_within(HOMEOSTASIS_GAINS), help="Threshold change per spike.")
    @click.option("--homeostasis-decay", type=_within(HOMEOSTASIS_DECAYS), help="Threshold change per sample.")
    @click.option("--frozen", type=Parts(), metavar="PARTS", help="What does not learn, such as 0,1,readout; or none.")
    @functools.wraps(command)
    def with_changes(*arguments: Any, frozen: tuple[int | str, ...] | None, **others: Any) -> Any:
        names = ("margin", "leak_shift", "homeostasis_gain", "homeostasis_decay")
        named = {name: others.pop(name) for name in names}
        numbers = {name: value for name, value in named.items() if value is not None}
        return command(*arguments, changes=Changes(numbers, frozen), **others)

    return with_changes


def settings_shown(settings: Settings, preset: Preset) -> dict[str, int | str]:
    """Settings as a command tells them."""
    parts = ",".join(map(str, frozen_parts(settings.frozen, preset.network)))
    return {**settings.values(), "frozen": parts or NOTHING}


def _within(values: Range) -> click.IntRange:
    return click.IntRange(values.low, values.high)
