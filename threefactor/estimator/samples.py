"""Arrays of the caller as samples: features, series or events, with the complaints that scikit-learn's users know."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.data.encoders.fixed_point import FixedPoint
from golden.data.encoders.interface import Encoder
from golden.data.encoders.levels import LevelEncoder
from golden.data.encoders.series import SpikeEncoder
from golden.data.readers.checks import require_sound
from golden.data.readers.events import event_columns, role
from golden.data.samples import Samples, grouped, of_array, without_trailing_gaps
from golden.spec.data import EVENTS, SERIES, STATIC, Data
from golden.spec.errors import UserError

SOURCE = Path("X")  # begins the sentences on single samples


def kind_of(X: Any) -> str:  # noqa: N803 - scikit-learn's name
    """Return what samples are by their form: ``static``, ``series`` or ``events``."""
    if _is_list(X):
        return EVENTS if np.asarray(X[0]).dtype.names else SERIES
    return SERIES if np.asarray(X).ndim == 3 else STATIC


def samples_of(X: Any, kind: str, labels: Sequence[str] | None = None) -> Samples:  # noqa: N803
    """Return samples as an encoder takes them.

    Parameters
    ----------
    X
        Features, shape (n, features); series, shape (n, steps, channels); a list of series, each of shape (steps,
        channels); or a list of events, each a structured array with fields t and channel, or t, x, y and p.
    kind
        What the encoder takes. Series become features, step by step, as ``static``.
    labels
        Names of the classes; empty without.

    Raises
    ------
    ValueError, TypeError
        If ``X`` is something else, or empty.
    """
    if _is_list(X):
        return _of_list(X, kind, labels)
    array = _numbers(X)
    count = len(array)
    samples = of_array(array, [""] * count if labels is None else labels, kind, SOURCE)
    return without_trailing_gaps(samples)


def require_complete(data: Data, samples: Samples) -> None:
    """Raise ValueError if values are infinite, or missing where ``data`` does not fill them."""
    if data.kind == EVENTS:
        require_sound(data, samples.values, samples.columns, lambda row: samples.where(int(samples.owners[row])))
        return
    if np.isinf(samples.values).any():
        raise ValueError("Input X contains infinity or a value too large for dtype('float64').")
    if data.missing == "refuse" and np.isnan(samples.values).any():
        raise ValueError(
            "Input X contains NaN.\nSpikingClassifier fills missing values only with "
            "encoder_options={'missing': 'fill'}."
        )


def feature_names(X: Any) -> NDArray[np.object_] | None:  # noqa: N803
    """Names of the columns of a data frame, if all are texts; None of anything else."""
    columns = getattr(X, "columns", None)
    names = [] if columns is None else list(columns)
    return np.array(names, dtype=object) if names and all(isinstance(name, str) for name in names) else None


def require_names(X: Any, fitted: NDArray[np.object_] | None) -> None:  # noqa: N803
    """Raise ValueError unless a data frame has the columns that were fitted; warn where only one side names them."""
    names = feature_names(X)
    if names is not None and fitted is not None:
        if list(names) != list(fitted):
            raise ValueError(
                "The feature names should match those that were passed during fit.\nFitted: "
                f"{', '.join(fitted)}\nGiven: {', '.join(names)}"
            )
    elif names is not None:
        warnings.warn("X has feature names, but SpikingClassifier was fitted without feature names", stacklevel=4)
    elif fitted is not None:
        warnings.warn(
            "X does not have valid feature names, but SpikingClassifier was fitted with feature names", stacklevel=4
        )


def features_of(encoder: Encoder) -> int | None:
    """Features or channels that an encoder takes; None of events."""
    if isinstance(encoder, (LevelEncoder, SpikeEncoder)):
        return encoder.inputs
    fixed_point: FixedPoint | None = getattr(encoder, "fixed_point", None)
    return None if fixed_point is None else fixed_point.columns


def require_features(samples: Samples, features: int | None) -> None:
    """Raise ValueError unless samples have as many features or channels as those that were fitted."""
    found = samples.values.shape[1]
    if features not in (None, found):
        raise ValueError(f"X has {found} features, but SpikingClassifier is expecting {features} features as input.")


def _is_list(X: Any) -> bool:  # noqa: N803
    """Whether samples come one by one: a list of tables, of series or of events."""
    if not isinstance(X, (list, tuple)) or not len(X):
        return False
    first = X[0]
    return hasattr(first, "shape") and (len(first.shape) == 2 or bool(getattr(first, "dtype", np.dtype(int)).names))


def _numbers(X: Any) -> NDArray[np.float64]:  # noqa: N803
    """Values of an array, at least of one sample and one feature."""
    if hasattr(X, "toarray"):
        raise TypeError("Sparse data was passed, but dense data is required. Use X.toarray() to convert it.")
    array = np.asarray(X)
    if np.iscomplexobj(array):
        raise ValueError(f"Complex data not supported\n{array}\n")
    array = array.astype(np.float64)
    if array.ndim < 2:
        name = "scalar" if array.ndim == 0 else "1D"
        raise ValueError(
            f"Expected 2D array, got {name} array instead:\narray={array}.\nReshape your data either using "
            "array.reshape(-1, 1) if your data has a single feature or array.reshape(1, -1) if it contains a single "
            "sample."
        )
    if not len(array):
        raise ValueError(f"Found array with 0 sample(s) (shape={array.shape}) while a minimum of 1 is required.")
    if not array.size:
        raise ValueError(f"Found array with 0 feature(s) (shape={array.shape}) while a minimum of 1 is required.")
    return array


def _of_list(X: Sequence[Any], kind: str, labels: Sequence[str] | None) -> Samples:  # noqa: N803
    """Samples of any length."""
    texts = [""] * len(X) if labels is None else labels
    places = np.arange(len(X))
    if np.asarray(X[0]).dtype.names:
        if kind != EVENTS:
            raise UserError("X is a list of events, which only encoder 'time-bins' takes")
        parts = [_events_of(sample) for sample in X]
        rows, columns = [part for part, _ in parts], parts[0][1]
        return grouped(EVENTS, np.concatenate(rows), list(map(len, rows)), texts, SOURCE, places, columns=columns)
    series = [np.asarray(sample) for sample in X]
    odd = next((index for index, one in enumerate(series) if one.ndim != 2 or one.shape[1] != series[0].shape[1]), None)
    if odd is not None:
        raise ValueError(
            f"X[{odd}] has shape {series[odd].shape} where the first sample has {series[0].shape[1]} channels; every "
            "series must be (steps, channels)"
        )
    values = _numbers(np.concatenate(series))
    unpadded = without_trailing_gaps(grouped(SERIES, values, list(map(len, series)), texts, SOURCE, places))
    return grouped(kind, unpadded.values, unpadded.lengths, texts, SOURCE, places)


def _events_of(sample: Any) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    array = np.asarray(sample)
    return event_columns({known: array[name] for name in array.dtype.names or () if (known := role(name))}, "X")
