"""A preset file to be edited: every field with its explanation, its values and, commented out, its default."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.documentation import entries, values_of
from golden.spec.presetfile import TABLES, literal

_WIDTH = 110


def commented(preset: Preset) -> str:
    """Return the text of a preset file that explains itself; :func:`golden.spec.presetfile.read_preset` inverts it.

    Fields that have their default stand there with ``#`` before them, to be changed by taking it away. Explanations
    and values are those of the docstrings and annotations in golden/spec.
    """
    lines = [f"summary = {literal(preset.summary)}", "", "[data]"]
    dataset = preset.dataset
    if isinstance(dataset, Data):
        lines += _table(dataset)
    else:
        lines += ["# Name of a data set; files of your own have train = ... here instead.", f"set = {literal(dataset)}"]
    for name in TABLES:
        lines += ["", f"[{name}]", *_table(getattr(preset, name))]
    return "\n".join(lines) + "\n"


def _table(configuration: Any) -> Iterator[str]:
    """Lines of a table, without its name."""
    kind: type = type(configuration)
    defaults = {field.name: field.default for field in fields(kind)}
    for entry in entries(kind):
        yield ""
        text = entry.text.replace("``", "")
        yield from textwrap.wrap(
            text, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False, break_long_words=False
        )
        assignments = []
        for name in entry.names:
            value = getattr(configuration, name)
            mark = "#" if defaults[name] is not MISSING and value == defaults[name] else ""
            assignments.append((f"{mark}{name} = {literal(value)}", values_of(kind, name)))
        width = max(len(assignment) for assignment, _ in assignments)
        yield from (f"{line:{width}}  # {values}" if values else line for line, values in assignments)
