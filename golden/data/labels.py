"""Labels as files write them, and the classes 0, 1, ... of a network."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.data.images import Bytes
from golden.data.samples import Samples
from golden.spec.data import CLASS_LIMIT
from golden.spec.errors import UserError

_SURROGATES = 0xD800 >> 11  # halves of a letter in UTF-16
ABSENT = ("", "?", "nan", "na", "n/a", "null", "none")


def label_texts(array: NDArray[Any], source: str) -> list[str]:
    """Texts of an array of labels, shape (n,) or (n, 1): numbers or strings.

    Raises
    ------
    UserError
        If the array has another shape or type.
    """
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1 or array.dtype.kind not in "biufUS":
        raise UserError(
            f"{source} has labels of type {array.dtype} and shape {array.shape}; one number or string a sample is "
            "needed"
        )
    if array.dtype.kind == "U":
        codes = np.ascontiguousarray(array).view(np.dtype(np.uint32).newbyteorder(array.dtype.byteorder))
        if (codes > sys.maxunicode).any() or (codes >> 11 == _SURROGATES).any():
            raise UserError(f"{source} has labels of letters that are none; save it again")
    if array.dtype.kind == "S":
        return [label.decode("latin-1") for label in array.tolist()]
    return [str(label) for label in array.tolist()]


def number(text: str) -> int | float | None:
    """The number that a label is; None if it is a name. A whole one is an integer, so that 1 and 1.0 are one class."""
    try:
        value = math.nan if "_" in text else float(text)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    try:
        return int(text)
    except ValueError:
        return int(value) if value.is_integer() else value


def class_names(samples: Samples) -> tuple[str, ...]:
    """Return the classes of a training part: in order of value if all labels are numbers, else of their names.

    Raises
    ------
    UserError
        If a label is missing, or there are fewer than 2 or more than 64 classes.
    """
    texts = _texts(samples)
    numbers = {text: number(text) for text in texts}
    values = [value for value in numbers.values() if value is not None]
    names = tuple(str(value) for value in sorted(set(values))) if len(values) == len(numbers) else tuple(sorted(texts))
    if len(names) < 2:
        raise UserError(f"{samples.path} has one class only, {names[0]!r}; there is nothing to tell apart")
    if len(names) > CLASS_LIMIT:
        raise UserError(
            f"{samples.path} has {len(names)} different labels ({', '.join(names[:3])}, ...) where a network has up to "
            f"{CLASS_LIMIT} classes; is label the right column?"
        )
    return names


def class_indices(samples: Samples, names: tuple[str, ...]) -> Bytes:
    """Return the index in ``names`` of each sample's class, shape (n,).

    Raises
    ------
    UserError
        If a label is missing, or is none of the names.
    """
    numeric = all(number(name) is not None for name in names)
    indices = {name: index for index, name in enumerate(names)}
    found = {text: indices.get(str(number(text)) if numeric else text) for text in _texts(samples)}
    for sample, label in enumerate(samples.labels):
        if found[label.strip()] is None:
            raise UserError(
                f"{samples.where(sample)}: class {label.strip()!r} is not in the training part, which has "
                f"{', '.join(names[:8])}{', ...' if len(names) > 8 else ''}"
            )
    return np.array([found[label.strip()] for label in samples.labels], dtype=np.uint8)


def _texts(samples: Samples) -> set[str]:
    if not len(samples):
        raise UserError(f"{samples.path} has no samples")
    for sample, label in enumerate(samples.labels):
        if label.strip().lower() in ABSENT:
            raise UserError(f"{samples.where(sample)}: the label is missing; put it there or leave the sample out")
    return {label.strip() for label in samples.labels}
