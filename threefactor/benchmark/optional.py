"""Measurements that need packages which need not be there: each is None where they are not."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from golden.spec.data import Data
from golden.spec.errors import UserError
from threefactor.benchmark.measurement import Measurement


def backpropagation() -> Callable[[Path | None, int, int], list[Measurement]] | None:
    """Return the measurement of backpropagation through time, or None where snnTorch is not installed."""
    if find_spec("snntorch") is None or find_spec("torch") is None:
        return None
    from threefactor.benchmark.backpropagation import measure_backpropagation

    return measure_backpropagation


def linear() -> Callable[[Data], dict[str, float]]:
    """Return the accuracies of linear classifiers on own data; UserError where scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        raise UserError("scikit-learn is not installed; type: pip install scikit-learn")
    from threefactor.benchmark.linear import measure_linear

    return measure_linear


def classifiers() -> Callable[[], dict[str, list[float]]] | None:
    """Return the accuracies of usual classifiers on digits, or None where scikit-learn is not installed."""
    if find_spec("sklearn") is None:
        return None
    from threefactor.benchmark.classifiers import measure_classifiers

    return measure_classifiers
