"""Labels of the caller: their classes in order, and the classes 0, 1, ... of a network."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from threefactor.estimator.conventions import conversion_warning

Labels = NDArray[Any]


def labels_of(y: Any, count: int) -> Labels:
    """Return labels as an array of one a sample.

    Parameters
    ----------
    y
        Integers, texts, truth values, or whole numbers as floats.
    count
        Number of samples.

    Raises
    ------
    ValueError
        If there are none or of another number, one is missing, or they are no classes.
    """
    if y is None:
        raise ValueError("This SpikingClassifier estimator requires y to be passed, but the target y is None.")
    labels = np.asarray(y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        warnings.warn(
            "A column-vector y was passed when a 1d array was expected. Please change the shape of y to (n_samples,), "
            "for example using ravel().",
            conversion_warning(),
            stacklevel=4,
        )
        labels = labels.ravel()
    if labels.ndim != 1:
        raise ValueError(f"y should be a 1d array, got an array of shape {labels.shape} instead.")
    if len(labels) != count:
        raise ValueError(f"Found input variables with inconsistent numbers of samples: {[count, len(labels)]}")
    if np.iscomplexobj(labels):
        raise ValueError(f"Complex data not supported\n{labels}\n")
    if labels.dtype.kind == "f":
        if np.isnan(labels).any():
            raise ValueError("Input y contains NaN.")
        if np.isinf(labels).any():
            raise ValueError("Input y contains infinity or a value too large for dtype('float64').")
        if (labels != np.rint(labels)).any():
            raise ValueError(
                "Unknown label type: continuous. Maybe you are trying to fit a classifier, which expects discrete "
                "classes on a regression target with continuous values."
            )
    return labels


def classes_of(labels: Labels) -> Labels:
    """Return the classes, ascending.

    Raises
    ------
    ValueError
        If there is one only.
    """
    classes: Labels = np.unique(labels)
    if len(classes) < 2:
        raise ValueError(f"y has one class only, {classes[:1].tolist()}; there is nothing to tell apart")
    return classes


def indices_of(labels: Labels, classes: Labels) -> NDArray[np.uint8]:
    """Return the place of each label in the classes, shape (n,).

    Raises
    ------
    ValueError
        If a label is none of them.
    """
    indices = np.searchsorted(classes, labels).clip(0, len(classes) - 1)
    strange = classes[indices] != labels
    if strange.any():
        raise ValueError(f"y has labels that are not in classes: {np.unique(labels[strange]).tolist()[:8]}")
    return indices.astype(np.uint8)


def names_of(classes: Labels) -> tuple[str, ...]:
    """Return the classes as a file of labels would have them."""
    return tuple(str(label) for label in classes.tolist())
