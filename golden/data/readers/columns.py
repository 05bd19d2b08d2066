"""Which column of a table is what."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from golden.data.labels import ABSENT, number
from golden.spec.data import EVENTS, STATIC, Data
from golden.spec.errors import UserError

_DIGITS = 18  # of a number that can be a column's


@dataclass(frozen=True)
class Columns:
    """Roles of the columns of a table.

    Attributes
    ----------
    count
        Columns in all.
    label, sample
        Number of the column of labels, and of the one that says which sample a row belongs to, if any.
    features
        Numbers of the columns that are values.
    header
        Names in the first row; None if it is data.
    """

    count: int
    label: int
    sample: int | None
    features: tuple[int, ...]
    header: tuple[str, ...] | None

    def name(self, column: int) -> str:
        """How a sentence calls a column."""
        return f"column {column}" if self.header is None else f"column {self.header[column]!r}"


def columns_of(path: Path, data: Data, first: list[str]) -> Columns:
    """Return the roles of columns, given the first row.

    Raises
    ------
    UserError
        If a column is not there, not unique or taken twice, or none is left for values.
    """
    count = len(first)
    header = tuple(first) if _is_header(data, first) else None
    label = _find(path, data.label, "label", first, header)
    sample = _find(path, data.sample, "sample", first, header) if data.sample else None
    if data.kind == EVENTS and sample is None:
        sample = first.index("sample") if header and "sample" in header else 0
    if data.kind == STATIC and sample is not None:
        raise UserError(
            f"encoder {data.encoder!r} takes a row of {path} as a sample; leave out sample, or use encoder thresholds "
            "or crossings"
        )
    if label == sample:
        raise UserError(f"{path}: label and sample are the same column; name another")
    left_out = {_find(path, name, "ignore", first, header) for name in data.ignore} | {label, sample}
    features = tuple(column for column in range(count) if column not in left_out)
    if not features:
        raise UserError(f"{path} has no columns beside the label; is the separator right?")
    return Columns(count, label, sample, features, header)


def _is_header(data: Data, first: list[str]) -> bool:
    if data.header != "auto":
        return data.header == "yes"
    named = [name for name in (data.label, data.sample) if name]
    numbers = [_index(name, len(first)) for name in named]
    return None in numbers or any(not _is_value(text) for column, text in enumerate(first) if column not in numbers)


def _is_value(text: str) -> bool:
    """Whether a field is a number, or stands for one that is missing or infinite."""
    return number(text.replace(",", ".")) is not None or text.lower().lstrip("+-") in (*ABSENT, "inf", "infinity")


def _index(name: str, count: int) -> int | None:
    """Column of this number, from 0 or from the end; None if it is a name."""
    if not name.removeprefix("-").isdecimal() or len(name) > _DIGITS:
        return None
    index = int(name)
    return index + count if index < 0 else index


def _find(path: Path, name: str, what: str, first: list[str], header: tuple[str, ...] | None) -> int:
    """Column of a name or a number."""
    if header and name in header:
        if first.count(name) > 1:
            raise UserError(f"{path} has {first.count(name)} columns {name!r}; give {what} by number, from 0")
        return first.index(name)
    index = _index(name, len(first))
    if index is None or not 0 <= index < len(first):
        have = f"0..{len(first) - 1}"
        if header:
            have = ", ".join(header[:12]) + (", ..." if len(header) > 12 else "")
        raise UserError(f"{path} has no column {name!r} for {what}; its columns are {have}")
    return index
