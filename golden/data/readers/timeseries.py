"""The ``.ts`` format of the UCR and UEA archives of time series."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from golden.data.readers.checks import require_sound
from golden.data.readers.content import text
from golden.data.samples import Samples, grouped, without_trailing_gaps
from golden.spec.data import EVENTS, SERIES, Data
from golden.spec.errors import UserError

_DIGITS = 18  # of a number that can be true
_ABSENT = ("?", "nan", "")


def read_timeseries(path: Path, data: Data) -> Samples:
    """Read series: tags that begin with ``@``, then a line a sample.

    Its channels are separated by ``:``, their values by ``,``, and after the last ``:`` comes the class. ``?`` and NaN
    are missing values, and at the end of all channels mean that the series has ended. Lines that begin with ``#`` or
    ``%`` are comments.

    Raises
    ------
    UserError
        If there are no classes, times are given beside values, or a line differs from what the tags promise.
    """
    if data.kind == EVENTS:
        raise UserError(f"{path} has series, not events; use encoder thresholds or crossings")
    tags: dict[str, tuple[int, list[str]]] = {}
    values: list[NDArray[np.float64]] = []
    labels: list[str] = []
    lines: list[int] = []
    began = False
    for line, row in enumerate(text(path).splitlines(), start=1):
        row = row.strip()
        if not row or row[0] in "#%":
            continue
        if row[0] == "@" and not began:
            name, *words = row[1:].split() or [""]
            began = name.lower() == "data"
            tags[name.lower()] = line, words
            if began:
                _require_classes(path, tags)
            continue
        if not began:
            raise UserError(f"{path}, line {line}: there is no @data before the first sample; is it a .ts file?")
        channels, label = _sample(path, line, row)
        _require_promised(path, line, channels, label, tags, len(values[0].T) if values else 0)
        values.append(np.array(channels).T)
        labels.append(label)
        lines.append(line)
    if not values:
        raise UserError(f"{path} has no samples after @data")
    return _samples(path, data, values, labels, lines)


def _require_classes(path: Path, tags: dict[str, tuple[int, list[str]]]) -> None:
    unreadable = {"timestamps": "times beside values; save it without", "targetlabel": "numbers instead of classes"}
    for tag, what in unreadable.items():
        line, words = tags.get(tag, (0, []))
        if words[:1] and words[0].lower() == "true":
            raise UserError(f"{path}, line {line} says @{tag} true, and series cannot have {what}")
    line, words = tags.get("classlabel", (0, ["true"]))
    if words[:1] and words[0].lower() == "false":
        raise UserError(f"{path}, line {line} says @classLabel false: it has no classes to learn")


def _sample(path: Path, line: int, row: str) -> tuple[list[list[float]], str]:
    *channels, label = row.split(":")
    if not channels:
        raise UserError(f"{path}, line {line} has no ':' before the class; mend the line")
    values = [[_value(path, line, text) for text in channel.split(",")] for channel in channels]
    lengths = {len(channel) for channel in values}
    if len(lengths) > 1:
        raise UserError(
            f"{path}, line {line} has channels of {min(lengths)} and of {max(lengths)} values; fill up with ?"
        )
    return values, label.strip()


def _value(path: Path, line: int, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        if text.strip().lower() in _ABSENT:
            return math.nan
        raise UserError(f"{path}, line {line}: {text.strip()[:30]!r} is neither a number nor ?; mend it") from None


def _require_promised(
    path: Path,
    line: int,
    channels: list[list[float]],
    label: str,
    tags: dict[str, tuple[int, list[str]]],
    before: int,
) -> None:
    """Raise UserError if a sample differs from its header, or has other channels than those before."""

    def promised(tag: str) -> int | None:
        words = tags.get(tag, (0, []))[1]
        return int(words[0]) if words and words[0].isdecimal() and len(words[0]) <= _DIGITS else None

    wanted = before or promised("dimensions") or len(channels)
    if len(channels) != wanted:
        raise UserError(f"{path}, line {line} has {len(channels)} channels where {wanted} are expected; mend the line")
    equal = [word.lower() for word in tags.get("equallength", (0, []))[1]] == ["true"]
    length = promised("serieslength") if equal else None
    if length is not None and len(channels[0]) != length:
        raise UserError(
            f"{path}, line {line} has {len(channels[0])} values where @seriesLength says {length}; mend the line"
        )
    classes = tags.get("classlabel", (0, []))[1][1:]
    if classes and label and label not in classes:
        raise UserError(f"{path}, line {line}: class {label!r} is not among those of @classLabel, {' '.join(classes)}")


def _samples(path: Path, data: Data, values: list[NDArray[np.float64]], labels: list[str], lines: list[int]) -> Samples:
    raw = grouped(SERIES, np.concatenate(values), [len(sample) for sample in values], labels, path, lines, "line")
    series = without_trailing_gaps(raw)
    owners = series.owners
    columns = [f"a value of channel {channel}" for channel in range(series.values.shape[1])]
    require_sound(data, series.values, columns, lambda row: series.where(int(owners[row])))
    return grouped(data.kind, series.values, series.lengths, labels, path, lines, "line")
