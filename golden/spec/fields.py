"""Fields of the configuration: type, range and choices are declared where they stand, and checked in one way."""

from __future__ import annotations

import math
from dataclasses import dataclass, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from golden.spec.errors import require


@dataclass(frozen=True)
class Range:
    """An integer from ``low`` to ``high``: ``steps: Annotated[int, Range(2, 1024)]``; in a tuple, every one."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True)
class AtLeast:
    """A finite number not below ``low``: ``bin_width: Annotated[float, AtLeast(0)]``; of integers an integer."""

    low: int

    def __str__(self) -> str:
        return f"{self.low} or more"


@dataclass(frozen=True)
class PowerOfTwo:
    """1, 2, 4, ... up to ``high``: ``lanes: Annotated[int, PowerOfTwo(4096)]``."""

    high: int

    def __str__(self) -> str:
        return f"a power of two up to {self.high}"


@dataclass(frozen=True)
class OneOf:
    """One of a few texts: ``encoder: Annotated[str, OneOf(("levels", "events"))]``."""

    choices: tuple[str, ...]

    def __str__(self) -> str:
        return ", ".join(self.choices)


Rule = Range | AtLeast | PowerOfTwo | OneOf


def is_integer(value: object) -> bool:
    """Whether a value is an integer; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_fields(configuration: object) -> None:
    """Check every field of a dataclass against its annotation; to be called first in ``__post_init__``.

    Raises
    ------
    ConfigurationError
        One sentence on the first field that is not of its type, range or choices. Nothing is converted: 1.0 and True
        are no integers, 1 is no truth value, a list or a text is no tuple; a text has no NUL.
    """
    for name, (kind, rule) in declared(type(configuration)).items():
        value = getattr(configuration, name)
        fits, needed = _follows(value, kind, rule)
        require(fits, f"{name} must be {needed}, not {value!r}")


def declared(configuration: type) -> dict[str, tuple[Any, Rule | None]]:
    """Type and rule of every field of a dataclass, by name."""
    return _declared(configuration)


def _follows(value: Any, kind: Any, rule: Rule | None) -> tuple[bool, str]:
    """Whether a value is of a type and follows its rule, and what is needed."""
    if isinstance(rule, OneOf):
        return isinstance(value, str) and value in rule.choices, f"one of {rule.choices}"
    fits, needed = _fits(value, kind)
    if isinstance(rule, PowerOfTwo):
        return fits and 0 < value <= rule.high and value & value - 1 == 0, str(rule)
    if isinstance(rule, AtLeast):
        return fits and value >= rule.low, f"at least {rule.low}" if fits else f"{needed} of at least {rule.low}"
    if isinstance(rule, Range):
        members = value if isinstance(value, tuple) else (value,)
        return fits and all(rule.low <= member <= rule.high for member in members), f"{needed} in {rule}"
    return fits, needed


def _fits(value: Any, kind: Any) -> tuple[bool, str]:
    """Whether a value is of a type, and what the type is called."""
    if isinstance(kind, UnionType):
        fits, names = zip(*(_fits(value, one) for one in get_args(kind)), strict=True)
        return any(fits), names[0]  # the first one is what a user writes
    if kind is int:
        return is_integer(value), "an integer"
    if kind is float:
        return (is_integer(value) or isinstance(value, float)) and math.isfinite(value), "a number"
    if kind is bool:
        return isinstance(value, bool), "True or False"
    if kind is str:
        return isinstance(value, str) and "\0" not in value, "a text"
    if get_args(kind) == (int, ...) and get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(map(is_integer, value)), "a tuple of integers"
    if get_args(kind) == (str, ...) and get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(_fits(member, str)[0] for member in value), "a tuple of texts"
    if is_dataclass(kind) and isinstance(kind, type):
        return isinstance(value, kind), f"a {kind.__name__}"
    raise TypeError(f"no check is written for fields of type {kind}")


@lru_cache
def _declared(configuration: type) -> dict[str, tuple[Any, Rule | None]]:
    found = {}
    for name, hint in get_type_hints(configuration, include_extras=True).items():
        kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        rule = next((rule for rule in rules if isinstance(rule, Rule)), None)
        found[name] = kind, rule
    return found
