"""What the docstrings of the configuration say of each field: the one place where a field is explained."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import NamedTuple, get_origin

from golden.spec.fields import declared


class Entry(NamedTuple):
    """Fields that a docstring explains together, in the order in which it names them, and what it says."""

    names: tuple[str, ...]
    text: str


def entries(configuration: type) -> tuple[Entry, ...]:
    """Return what the section "Parameters" of a dataclass's numpydoc docstring says, entry by entry.

    Raises
    ------
    ValueError
        If it explains other fields than the dataclass has.
    """
    lines = inspect.cleandoc(configuration.__doc__ or "").splitlines()
    found: list[tuple[tuple[str, ...], list[str]]] = []
    for line in lines[lines.index("Parameters") + 2 :] if "Parameters" in lines else ():
        if line.startswith(" ") and found:
            found[-1][1].append(line.strip())
        elif line.strip():
            found.append((tuple(name.strip() for name in line.split(",")), []))
    named = [name for names, _ in found for name in names]
    stated = [field.name for field in fields(configuration)]
    if sorted(named) != sorted(stated):
        raise ValueError(f"the docstring of {configuration.__name__} explains {named}, but its fields are {stated}")
    return tuple(Entry(names, " ".join(text)) for names, text in found)


def values_of(configuration: type, name: str) -> str:
    """Which values a field may have, for a comment beside it: ``1..64`` or ``none, ring, dense``; empty if any."""
    kind, rule = declared(configuration)[name]
    if kind is bool:
        return "true or false"
    if rule is None:
        return ""
    return f"each {rule}" if get_origin(kind) is tuple else str(rule)
