"""Reads files without being told whether they hold features, series or events."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from golden.data.files import read
from golden.data.readers.arrays import is_array
from golden.data.readers.content import require_file, stem, text
from golden.data.readers.events import role
from golden.data.readers.tables import SEPARATORS
from golden.data.samples import Samples
from golden.spec.data import EVENTS, SERIES, STATIC, Data
from golden.spec.errors import UserError

_IMAGE_SIDE = 8  # two axes of at least so many whole numbers are an image, not a series
_READERS = {STATIC: "quantiles", SERIES: "thresholds", EVENTS: "time-bins"}
"""Encoders that take whatever a file of a kind may hold."""


def read_as(data: Data, folder: Path, encoder: str | None = None) -> tuple[Data, Samples, Samples | None]:
    """Read training and test part as what an encoder takes, or as what they look like.

    A table is events when its rows belong to samples and its first row names a time and an address; else a series when
    rows belong to samples, else features. ``.ts`` files hold series. Arrays are features when they have an axis beside
    that of samples, or two that are an image; series when they have two others, or offsets; events when they are
    structured, or when time rises along every sample and the other columns are addresses.

    Returns
    -------
    data, training, test
        ``data`` as given, with ``sample`` where a table has a column of that name and none is named.

    Raises
    ------
    UserError
        As :func:`golden.data.files.read`.
    """
    path = folder / data.train
    require_file(path)
    packed = is_array(path) or stem(path).endswith(".npz")
    if not packed and not stem(path).endswith(".ts"):
        data, kind = _of_table(data, path)
        return data, *read(_reading(data, encoder or kind), folder)
    if encoder:
        return data, *read(_reading(data, encoder), folder)
    try:
        training, test = read(_reading(data, SERIES), folder)
    except UserError:
        if not packed:
            raise
        return data, *_as_other_arrays(data, folder)
    kind = _of_arrays(training) if packed else SERIES
    return (data, training, test) if kind == SERIES else (data, *read(_reading(data, kind), folder))


def _as_other_arrays(data: Data, folder: Path) -> tuple[Samples, Samples | None]:
    """Arrays that are no series: structured, or of more axes."""
    try:
        return read(_reading(data, EVENTS), folder)
    except UserError:
        return read(_reading(data, STATIC), folder)


def _reading(data: Data, wanted: str) -> Data:
    """``data`` with the encoder of this name, or with one that takes this kind of samples."""
    encoder = _READERS.get(wanted, wanted)
    fills = encoder not in ("levels", "spikes", "time-bins")
    return replace(
        data,
        encoder=encoder,
        missing="fill" if fills else "refuse",
        steps=2 if encoder == "time-bins" else 0,  # any that is legal: nothing is encoded yet
    )


def _of_table(data: Data, path: Path) -> tuple[Data, str]:
    opening = next((line for line in text(path).splitlines() if line.strip()), "")
    separator = data.separator or next((mark for mark in SEPARATORS if mark in opening), ",")
    names = [word.strip("\"' ") for word in opening.split(separator)]
    if not data.sample and "sample" in names:
        data = replace(data, sample="sample")
    roles = {role(name) for name in names}
    if data.sample and "t" in roles and roles & {"channel", "x"}:
        return data, EVENTS
    return data, SERIES if data.sample else STATIC


def _of_arrays(samples: Samples) -> str:
    """What arrays hold that can be read as series."""
    values, lengths = samples.values, samples.lengths
    width, known = values.shape[1], values[~np.isnan(values)]
    counted = bool(known.size == values.size > 0 and (values == np.rint(values)).all() and values.min() >= 0)
    if counted and 2 <= width <= 4:
        within = np.diff(samples.owners) == 0
        rises = np.diff(values[:, 0])[within]
        if (rises >= 0).all() and (rises > 0).any() and values.max() > 1:
            return EVENTS
    if not len(lengths) or (lengths != lengths[0]).any():
        return SERIES
    image = counted and min(width, int(lengths[0])) >= _IMAGE_SIDE and values.max() > 1
    return STATIC if width == 1 or image else SERIES
