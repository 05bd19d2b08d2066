"""Threefactor in Python: a spiking network that learns, with scikit-learn's conventions.

>>> from threefactor import SpikingClassifier
>>> classifier = SpikingClassifier().fit(X_train, y_train)
>>> classifier.score(X_test, y_test)

Importing this package imports nothing else; what it offers is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threefactor.estimator.classifier import SpikingClassifier
    from threefactor.estimator.loading import load

__all__ = ("SpikingClassifier", "load")

_HOMES = {"SpikingClassifier": "threefactor.estimator.classifier", "load": "threefactor.estimator.loading"}


def __getattr__(name: str) -> Any:
    """Load what is asked for by name."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(_HOMES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """Names with those that are not loaded yet."""
    return sorted({*globals(), *__all__})
