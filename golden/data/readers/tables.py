"""Tables in text: a row a sample, or rows of a sample that are steps of a series or events."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from golden.data.labels import ABSENT, number
from golden.data.readers.checks import require_sound
from golden.data.readers.columns import Columns, columns_of
from golden.data.readers.content import text
from golden.data.readers.events import by_position, event_columns, role
from golden.data.samples import Samples, Values, grouped, without_trailing_gaps
from golden.spec.data import EVENTS, SERIES, STATIC, Data
from golden.spec.errors import UserError

SEPARATORS = "\t;|, "
_DECIMAL_COMMA = "\t;"  # separators beside which a comma is one


@dataclass
class _Rows:
    """What has been read: values row by row, and label, sample and line of each row."""

    path: Path
    values: array[float] = field(default_factory=lambda: array("d"))
    labels: list[str] = field(default_factory=list)
    samples: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def where(self, row: int) -> str:
        """File and line of a row."""
        return f"{self.path}, line {self.lines[row]}"


def read_table(path: Path, data: Data) -> Samples:
    """Read a table: columns of numbers, one of labels, and perhaps one that says which sample a row belongs to.

    Without such a column a row is a sample: features, or, for an encoder of series, the values of one channel in order
    of time. Events need columns t and channel, or t, x, y and p, by name or, without a header, in this order. Where
    columns are separated by tab or ``;`` a number may have a decimal comma. Blank lines are skipped.

    Raises
    ------
    UserError
        If a row has another length than the first or a value is not a number, naming file, line and column.
    """
    content = text(path)
    opening = next((line.strip() for line in content.splitlines() if line.strip()), "")
    separator = data.separator or next((mark for mark in SEPARATORS if mark in opening), ",")
    fields = _fields(path, content, separator)
    first = next(fields, None)
    if first is None:
        raise UserError(f"{path} is empty; name a table with a row a sample")
    columns = columns_of(path, data, first[1])
    rows = _Rows(path)
    if columns.header is None:
        _append(rows, *first, columns, separator)
    for line, row in fields:
        if len(row) != columns.count:
            raise UserError(
                f"{path}, line {line} has {len(row)} columns where line {first[0]} has {columns.count}; mend the line"
            )
        _append(rows, line, row, columns, separator)
    if not rows.lines:
        raise UserError(f"{path} has no samples")
    if data.header == "auto" and columns.header is None:
        _require_certain(rows)
    return _row_samples(data, rows, columns) if columns.sample is None else _grouped_samples(data, rows, columns)


def _fields(path: Path, content: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Line number and stripped fields of each row that is not blank."""
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    try:
        for row in reader:
            fields = [value.strip() for value in row]
            if separator == " " and fields and not fields[-1]:
                fields.pop()  # blanks at the end of a line
            if any(fields):
                yield reader.line_num, fields
    except csv.Error as error:
        raise UserError(f"{path}, line {reader.line_num} cannot be divided into columns ({error}); mend it") from error


def _append(rows: _Rows, line: int, fields: list[str], columns: Columns, separator: str) -> None:
    rows.lines.append(line)
    rows.labels.append(fields[columns.label])
    if columns.sample is not None:
        rows.samples.append(fields[columns.sample])
    try:
        values = [float(fields[column]) for column in columns.features]
    except ValueError:
        values = [_value(rows, fields[column], columns.name(column), separator) for column in columns.features]
    rows.values.extend(values)


def _value(rows: _Rows, field: str, column: str, separator: str) -> float:
    if field.lower() in ABSENT:
        return math.nan
    try:
        return float(field.replace(",", ".") if separator in _DECIMAL_COMMA else field)
    except ValueError:
        raise UserError(
            f"{rows.where(-1)}: {column} is {field[:30]!r}, not a number; put a number there, or leave the column out "
            "with ignore"
        ) from None


def _require_certain(rows: _Rows) -> None:
    """Refuse to guess about a first row of numbers, where its label alone is a name: a header, or a sample."""
    first, *others = rows.labels
    if number(first) is None and first.lower() not in ABSENT and others and None not in map(number, others):
        raise UserError(f"{rows.where(0)} may be a header or a sample of class {first!r}; set header = 'yes' or 'no'")


def _row_samples(data: Data, rows: _Rows, columns: Columns) -> Samples:
    """A row a sample: features, or a series of one channel."""
    values = np.frombuffer(rows.values, dtype=np.float64).reshape(len(rows.lines), -1)
    count, width = values.shape
    if data.kind == STATIC:
        require_sound(data, values, [columns.name(column) for column in columns.features], rows.where)
        return grouped(STATIC, values, [1] * count, rows.labels, rows.path, rows.lines, "line")
    padded = grouped(SERIES, values.reshape(-1, 1), [width] * count, rows.labels, rows.path, rows.lines, "line")
    samples = without_trailing_gaps(padded)
    owners = samples.owners
    require_sound(data, samples.values, ["a value"], lambda row: rows.where(owners[row]))
    return samples


def _grouped_samples(data: Data, rows: _Rows, columns: Columns) -> Samples:
    """Samples of rows that name them, in the order in which they appear first."""
    values: Values = np.frombuffer(rows.values, dtype=np.float64).reshape(len(rows.lines), -1)
    names: Sequence[str] = [columns.name(column) for column in columns.features]
    roles: tuple[str, ...] = ()
    if data.kind == EVENTS:
        values, roles = _event_values(rows.path, columns, values)
        names = roles
    require_sound(data, values, names, rows.where)
    numbers: dict[str, int] = {}
    owners = np.array([numbers.setdefault(name, len(numbers)) for name in rows.samples])
    firsts = np.unique(owners, return_index=True)[1].tolist()
    for row, (owner, label) in enumerate(zip(owners.tolist(), rows.labels, strict=True)):
        began = firsts[owner]
        if label != rows.labels[began]:
            raise UserError(
                f"{rows.where(row)}: sample {rows.samples[row]!r} is of class {label!r}, but of class "
                f"{rows.labels[began]!r} in line {rows.lines[began]}; a sample has one class"
            )
    return grouped(
        data.kind,
        values[np.argsort(owners, kind="stable")],
        np.bincount(owners),
        [rows.labels[row] for row in firsts],
        rows.path,
        [rows.lines[row] for row in firsts],
        "line",
        roles,
    )


def _event_values(path: Path, columns: Columns, values: Values) -> tuple[Values, tuple[str, ...]]:
    if columns.header is None:
        if len(columns.features) not in (2, 3, 4):
            raise UserError(
                f"{path} has {len(columns.features)} columns beside sample and label where events have t and channel, "
                "or t, x, y and p; name them in a first row"
            )
        roles: list[str | None] = list(by_position(len(columns.features)))
    else:
        roles = [role(columns.header[column]) for column in columns.features]
    return event_columns({name: values[:, i] for i, name in enumerate(roles) if name}, str(path))
