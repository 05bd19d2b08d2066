"""Which encoder, and with which parameters, for samples as a file has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from golden.data.samples import Samples, Values
from golden.spec.data import EVENTS, KINDS, SERIES, Data

_LEVELS = 16
_INTENSITY = 255  # the largest of a pixel
_PIXELS = 16  # whole features up to that, so many of them, are an image, whose zeros are darkness
_STEPS = 128  # of a series: longer ones are averaged
_FEATURES = 512  # values of a series that may be features of their own
_AXONS = 256  # of a series, channels times thresholds
_THRESHOLDS = 4
_BINS = 64  # timesteps of events
_INPUTS = 1024  # of an event sensor; a larger one is pooled


def chosen(data: Data, samples: Samples, encoder: str | None = None) -> Data:
    """Return ``data`` with an encoder that suits samples, and its parameters.

    Parameters
    ----------
    data
        Names the files; its encoder is replaced.
    samples
        Of the training part, read as series, as features or as events, whichever the file has.
    encoder
        The encoder to find parameters for; by default the one that suits.

    Raises
    ------
    ConfigurationError
        If there is no such encoder.
    """
    name = encoder or encoder_for(samples)
    missing = "fill" if np.isnan(samples.values).any() and name not in ("levels", "spikes", "time-bins") else "refuse"
    common = replace(data, encoder=name, missing=missing, steps=_BINS if name == "time-bins" else 0)
    if KINDS[name] == SERIES and samples.kind == SERIES:
        return _of_series(common, samples)
    return _of_events(common, samples) if KINDS[name] == EVENTS and samples.kind == EVENTS else common


def encoder_for(samples: Samples) -> str:
    """Name of the encoder that suits samples."""
    if samples.kind == EVENTS:
        return "time-bins"
    values = samples.values[~np.isnan(samples.values)]
    whole = not np.isnan(samples.values).any() and bool((values == np.rint(values)).all())
    if samples.kind == SERIES:
        if whole and values.size and values.min() >= 0 and values.max() <= 1:
            return "spikes"
        lengths = samples.lengths
        aligned = bool((lengths == lengths[0]).all()) and lengths[0] * samples.values.shape[1] <= _FEATURES
        if not aligned:
            return "thresholds"
    elif whole and values.size and values.min() > -_LEVELS and _LEVELS / 2 <= values.max() < _LEVELS:
        return "levels"
    intensities = whole and bool(values.size) and values.min() >= 0 and _LEVELS <= values.max() <= _INTENSITY
    return "range" if (intensities and samples.values.shape[1] >= _PIXELS) or _coarse(samples.values) else "quantiles"


def _coarse(values: Values) -> bool:
    """Whether most features have so few values that quantiles would only distort their distances."""
    most = min(_LEVELS, len(values) // 2)
    few = [np.unique(column[~np.isnan(column)]).size <= most for column in values.T]
    return sum(few) * 2 > len(few)


def _of_series(data: Data, samples: Samples) -> Data:
    if data.encoder == "spikes":
        return data
    longest, channels = int(samples.lengths.max()), samples.values.shape[1]
    data = replace(data, values_per_step=max(1, -(-longest // _STEPS)))
    if data.encoder == "thresholds":
        return replace(data, thresholds=max(1, min(_THRESHOLDS, _AXONS // channels)))
    return data


def _of_events(data: Data, samples: Samples) -> Data:
    times = samples.values[:, 0]
    filled = samples.lengths > 0
    firsts, lasts = times[samples.offsets[:-1][filled]], times[samples.offsets[1:][filled] - 1]
    longest = float(lasts.max()) if lasts.size else 0.0
    late = bool(firsts.size) and (float(firsts.min()) < 0 or float(np.median(firsts)) > longest / 4)
    data = replace(data, origin="first-event" if late else "zero")
    if len(samples.columns) == 4:
        height, width = (int(samples.values[:, column].max()) + 1 for column in (2, 3))
        polarities = int(samples.values[:, 1].max()) + 1
        pool = 1
        while polarities * -(-height // pool) * -(-width // pool) > _INPUTS:
            pool += 1
        data = replace(data, pool=pool)
    span = float((lasts - firsts).max()) if late and lasts.size else longest
    if (times == np.rint(times)).all() and 1 <= span < 2 * _BINS:
        return replace(data, steps=0, bin_width=1.0)
    return data
