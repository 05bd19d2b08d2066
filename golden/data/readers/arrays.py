"""Samples in arrays: ``.npz``, and pairs of ``.npy`` or idx files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.data.labels import label_texts
from golden.data.readers.checks import require_sound
from golden.data.readers.content import stem
from golden.data.readers.events import by_position, event_columns, role
from golden.data.readers.idx import read_idx
from golden.data.readers.npy import read_npy, read_npz
from golden.data.samples import Samples, grouped, of_array, without_trailing_gaps
from golden.spec.data import EVENTS, SERIES, STATIC, Data
from golden.spec.errors import UserError

Arrays = dict[str, NDArray[Any]]
_ROLES = {  # a word of an array's name says what it is; the first that fits
    "offsets": {"offsets", "offset"},
    "labels": {"y", "labels", "label", "targets", "target"},
    "sample": {"sample", "index"},
    "t": {"t", "time", "times", "timestamps"},
    "channel": {"channel", "channels", "unit", "units"},
    "samples": {"x", "samples", "data", "images", "events", "values", "features", "series", "signals", "spikes"},
}
_PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"} | dict.fromkeys(
    ("val", "valid", "validation"), "validation"
)
_NEEDED = "x and y (or samples and labels), or x_train, y_train, x_test and y_test"


def read_arrays(path: Path, data: Data) -> tuple[Samples, Samples | None]:
    """Read the training and the test part of an ``.npz``, or all samples and None if it is not divided.

    Words of an array's name, between underscores, say what it is: ``train`` or ``test``; ``x``, ``samples``, ``data``,
    ``images``, ``events``, ``values`` for samples; ``y``, ``labels``, ``targets`` for labels. Samples of unequal
    length, and events, are rows one after the other; ``offsets``, shape (n + 1,), says that sample i has the rows
    ``offsets[i]:offsets[i + 1]``, or ``sample``, shape (rows,), the sample of each row. Events are a structured array
    with fields t, x, y, p or t, channel; or columns t, channel or t, x, y, p; or arrays ``t`` and ``channel``. Arrays
    of other names, and those of a validation part, are not read.

    Raises
    ------
    UserError
        If arrays are missing, do not fit together, hold objects, or promise more than the file holds.
    """
    arrays, names = read_npz(path, lambda name: _meaning(name) is not None)
    parts: dict[str, Arrays] = {}
    chosen: dict[tuple[str, str], str] = {}
    for name, array in arrays.items():
        part, kind = meaning = _meaning(name) or ("", "")
        if meaning in chosen:
            raise UserError(f"{path} has arrays {chosen[meaning]} and {name}, and both may be the {kind}; rename one")
        chosen[meaning] = name
        parts.setdefault(part, {})[kind] = array
    if "train" in parts:
        test = _samples(path, parts["test"], data) if "test" in parts else None
        return _samples(path, parts["train"], data), test
    if "" not in parts:
        raise UserError(f"{path} has no arrays named {_NEEDED}, but {', '.join(names)[:200] or 'nothing'}")
    return _samples(path, parts[""], data), None


def read_pair(path: Path, labels: Path, data: Data) -> Samples:
    """Read samples and labels from two files, each ``.npy`` or idx; raises as :func:`read_arrays`."""
    return _samples(path, {"samples": _read(path), "labels": _read(labels)}, data)


def is_array(path: Path) -> bool:
    """Whether a file is named like an ``.npy`` or an idx file."""
    return stem(path).endswith((".npy", ".idx", "-ubyte", ".ubyte"))


def _read(path: Path) -> NDArray[Any]:
    return read_npy(path) if stem(path).endswith(".npy") else read_idx(path)


def _meaning(name: str) -> tuple[str, str] | None:
    """Part and role of an array of this name; None if it is to be left alone."""
    words = re.split(r"[^a-z0-9]+", name.lower())
    part = next((_PARTS[word] for word in words if word in _PARTS), "")
    kind = next((kind for kind, known in _ROLES.items() if known & set(words)), None)
    return None if kind is None or part == "validation" or "names" in words else (part, kind)


def _samples(path: Path, arrays: Arrays, data: Data) -> Samples:
    events = data.kind == EVENTS
    if "labels" not in arrays:
        raise UserError(f"{path} has no labels; its arrays must be named {_NEEDED}")
    if "samples" not in arrays and not (events and {"t", "channel"} <= set(arrays)):
        raise UserError(f"{path} has no samples; its arrays must be named {_NEEDED}")
    labels = label_texts(arrays["labels"], str(path))
    if not events and arrays["samples"].dtype.kind not in "biuf":
        raise UserError(
            f"{path} has samples of type {arrays['samples'].dtype}, not numbers; use encoder time-bins for events"
        )
    if not events and not {"offsets", "sample"} & set(arrays):
        array = arrays["samples"]
        _require_labels(path, len(array) if array.ndim else 0, labels)
        samples = without_trailing_gaps(of_array(array, labels, data.kind, path))
        _require_sound(data, samples)
        return samples
    values, columns = _event_values(path, arrays) if events else (_rows(path, arrays["samples"]), ())
    lengths, values = _lengths(path, arrays, values, len(labels))
    _require_labels(path, len(lengths), labels)
    places = np.arange(len(labels))
    unsorted = grouped(SERIES, values, lengths, labels, path, places, columns=columns)
    if not events:
        unsorted = without_trailing_gaps(unsorted)
    _require_sound(data, unsorted)
    return grouped(data.kind, unsorted.values, unsorted.lengths, labels, path, places, columns=columns)


def _rows(path: Path, array: NDArray[Any]) -> NDArray[np.float64]:
    if array.ndim not in (1, 2):
        raise UserError(f"{path} has samples of shape {array.shape}; beside offsets rows are (time, channels)")
    return (array[:, None] if array.ndim == 1 else array).astype(np.float64)


def _event_values(path: Path, arrays: Arrays) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    if "samples" not in arrays:
        return event_columns({"t": arrays["t"], "channel": arrays["channel"]}, str(path))
    array = arrays["samples"]
    if array.dtype.names:
        fields = {known: array[name] for name in array.dtype.names if (known := role(name))}
        return event_columns(fields, str(path))
    if array.ndim != 2 or array.shape[1] not in (2, 3, 4):
        raise UserError(
            f"{path} has events of shape {array.shape}; rows of t, channel or t, x, y, p, or a structured array are "
            "needed (zeros and ones at every step are for encoder spikes)"
        )
    return event_columns(dict(zip(by_position(array.shape[1]), array.T, strict=True)), str(path))


def _lengths(
    path: Path, arrays: Arrays, values: NDArray[np.float64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Rows of each sample, and the rows in the order of samples."""
    kind = "offsets" if "offsets" in arrays else "sample"
    if kind not in arrays:
        raise UserError(
            f"{path} does not say which rows belong to which sample; add an array offsets of n + 1 numbers, or "
            "sample of one number a row"
        )
    numbers = arrays[kind]
    if numbers.ndim != 1 or numbers.dtype.kind not in "iu":
        raise UserError(f"{path} has {kind} of type {numbers.dtype} and shape {numbers.shape}; integers are needed")
    if kind == "offsets":
        whole = numbers.astype(np.int64)
        if not whole.size or whole[0] != 0 or whole[-1] != len(values) or (np.diff(whole) < 0).any():
            raise UserError(f"{path} has offsets that do not rise from 0 to {len(values)}, the number of rows")
        return np.diff(whole), values
    if len(numbers) != len(values):
        raise UserError(f"{path} has {len(values)} rows, but {len(numbers)} numbers in array sample")
    wrong = np.flatnonzero((numbers < 0) | (numbers >= count))
    if wrong.size:
        raise UserError(f"{path}, row {wrong[0]}: sample {numbers[wrong[0]]} has no label; there are {count} labels")
    owners = numbers.astype(np.int64)
    return np.bincount(owners, minlength=count), values[np.argsort(owners, kind="stable")]


def _require_labels(path: Path, count: int, labels: list[str]) -> None:
    if count != len(labels):
        raise UserError(f"{path} has {count} samples, but {len(labels)} labels")


def _require_sound(data: Data, samples: Samples) -> None:
    def where(row: int) -> str:
        sample = int(np.searchsorted(samples.offsets, row, side="right")) - 1
        inside = "" if data.kind == STATIC else f", row {row - samples.offsets[sample]}"
        return samples.where(sample) + inside

    width = samples.values.shape[1]
    columns = samples.columns or [f"{'feature' if data.kind == STATIC else 'channel'} {i}" for i in range(width)]
    require_sound(data, samples.values, columns, where)
