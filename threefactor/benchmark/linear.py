"""What linear classifiers of scikit-learn reach on somebody's own data, on the very split; needs scikit-learn."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression, RidgeClassifierCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from golden.data.files import divided
from golden.data.samples import Samples, Values
from golden.spec.data import EVENTS, STATIC, Data
from golden.spec.errors import UserError

PARTS = 8  # of a series, whose means are features
_ENOUGH = 10_000  # iterations of logistic regression
_STRENGTHS = tuple(np.logspace(-3, 3, 13).tolist())  # of ridge regression, chosen on the training part


def features(samples: Samples) -> Values:
    """Features of samples, shape (n, columns): as they are; of a series the means of eight equal parts, per channel.

    Raises
    ------
    UserError
        If samples are events.
    """
    if samples.kind == STATIC:
        return samples.values
    if samples.kind == EVENTS:
        raise UserError(
            f"{samples.path} holds events, for which there is no linear classifier here; name another preset"
        )
    means = []
    for first, last in pairwise(samples.offsets.tolist()):
        edges = first + np.linspace(0, last - first, PARTS + 1).astype(np.int64)
        rows = [samples.values[start : max(stop, start + 1)].mean(axis=0) for start, stop in pairwise(edges.tolist())]
        means.append(np.concatenate(rows))
    return np.array(means)


def measure_linear(data: Data) -> dict[str, float]:
    """Test accuracies of ridge and logistic regression on standardised features; what is missing is a feature's median.

    Raises
    ------
    UserError
        As :func:`golden.data.files.divided` and :func:`features`.
    """
    parts = divided(data, Path())
    training, test = features(parts.training), features(parts.test)
    medians = np.nan_to_num(np.nanmedian(training, axis=0))
    training, test = (np.where(np.isnan(values), medians, values) for values in (training, test))
    models = {
        "ridge regression": RidgeClassifierCV(_STRENGTHS),
        "logistic regression": LogisticRegression(max_iter=_ENOUGH),
    }
    return {
        name: float(
            make_pipeline(StandardScaler(), model).fit(training, parts.train_labels).score(test, parts.test_labels)
        )
        for name, model in models.items()
    }
