"""Fields of the configuration: type, range and choices are declared where they stand, and checked in one way."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from golden.spec.errors import require


@dataclass(frozen=True)
class Range:
    """An integer from ``low`` to ``high``: ``steps: Annotated[int, Range(2, 1024)]``."""

    low: int
    high: int

    def __str__(self) -> str:
        return f"{self.low}..{self.high}"


@dataclass(frozen=True)
class OneOf:
    """One of a few texts: ``encoder: Annotated[str, OneOf(("levels", "events"))]``."""

    choices: tuple[str, ...]


def is_integer(value: object) -> bool:
    """Whether a value is an integer; True and False are none."""
    return isinstance(value, int) and not isinstance(value, bool)


def check_fields(configuration: object) -> None:
    """Check every field of a dataclass against its annotation; to be called first in ``__post_init__``.

    Raises
    ------
    ConfigurationError
        One sentence on the first field that is not of its type, range or choices. Nothing is converted: 1.0 and True
        are no integers, 1 is no truth value, and a list or a text is no tuple.
    """
    for name, (kind, rule) in _declared(type(configuration)).items():  # type: ignore[arg-type] # classes are hashable
        value = getattr(configuration, name)
        if isinstance(rule, OneOf):
            fits, needed = isinstance(value, str) and value in rule.choices, f"one of {rule.choices}"
        elif isinstance(rule, Range):
            fits, needed = is_integer(value) and rule.low <= value <= rule.high, f"an integer in {rule}"
        else:
            fits, needed = _fits(value, kind)
        require(fits, f"{name} must be {needed}, not {value!r}")


def _fits(value: Any, kind: Any) -> tuple[bool, str]:
    """Whether a value is of a type, and what the type is called."""
    if isinstance(kind, UnionType):
        fits, names = zip(*(_fits(value, one) for one in get_args(kind)), strict=True)
        return any(fits), names[0]  # the first one is what a user writes
    if kind is int:
        return is_integer(value), "an integer"
    if kind is bool:
        return isinstance(value, bool), "True or False"
    if kind is str:
        return isinstance(value, str), "a text"
    if get_args(kind) == (int, ...) and get_origin(kind) is tuple:
        return isinstance(value, tuple) and all(map(is_integer, value)), "a tuple of integers"
    if is_dataclass(kind) and isinstance(kind, type):
        return isinstance(value, kind), f"a {kind.__name__}"
    raise TypeError(f"no check is written for fields of type {kind}")


@lru_cache
def _declared(configuration: type) -> dict[str, tuple[Any, Range | OneOf | None]]:
    """Type and rule of every field."""
    declared = {}
    for name, hint in get_type_hints(configuration, include_extras=True).items():
        kind, *rules = get_args(hint) if get_origin(hint) is Annotated else (hint,)
        rule = next((rule for rule in rules if isinstance(rule, Range | OneOf)), None)
        declared[name] = kind, rule
    return declared
