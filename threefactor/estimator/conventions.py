"""What scikit-learn expects of every estimator, without needing scikit-learn."""

from __future__ import annotations

import inspect
import sys
from importlib import import_module
from typing import Any, Self


class _NotFittedError(ValueError, AttributeError):
    """Stands in for scikit-learn's error of this name where scikit-learn is not installed."""


def not_fitted(estimator: object) -> Exception:
    """The error of an estimator that was asked for a result before it was fitted: scikit-learn's, if it is there."""
    sentence = (
        f"This {type(estimator).__name__} instance is not fitted yet. Call 'fit' with appropriate arguments before "
        "using this estimator."
    )
    try:
        kind: type[Exception] = import_module("sklearn.exceptions").NotFittedError
    except ImportError:
        kind = _NotFittedError
    return kind(sentence)


def conversion_warning() -> type[Warning]:
    """Category of the warning on a column of labels: scikit-learn's, if it is in use."""
    exceptions = sys.modules.get("sklearn.exceptions")
    return UserWarning if exceptions is None else exceptions.DataConversionWarning


class Parameters:
    """Parameters of the constructor as attributes of the same names: read, set and shown as scikit-learn does."""

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        parameters = list(inspect.signature(cls).parameters.values())
        return {parameter.name: parameter.default for parameter in parameters}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters by name; none is an estimator, so that ``deep`` changes nothing."""
        return {name: getattr(self, name) for name in self._defaults()}

    def set_params(self, **parameters: Any) -> Self:
        """Set parameters by name.

        Raises
        ------
        ValueError
            If there is no such parameter.
        """
        known = list(self._defaults())
        for name in parameters:
            if name not in known:
                raise ValueError(f"Invalid parameter {name!r} for estimator {self!r}. Valid parameters are: {known!r}.")
        for name, value in parameters.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        defaults = self._defaults()
        changed = (
            f"{name}={value!r}"
            for name, value in self.get_params().items()
            if type(value) is not type(defaults[name]) or repr(value) != repr(defaults[name])
        )
        return f"{type(self).__name__}({', '.join(changed)})"


def classifier_tags(*, allow_nan: bool) -> Any:
    """Return what scikit-learn asks a classifier about itself; only scikit-learn calls for it.

    Parameters
    ----------
    allow_nan
        Whether values may be missing.
    """
    tags = import_module("sklearn.utils")
    return tags.Tags(
        estimator_type="classifier",
        target_tags=tags.TargetTags(required=True),
        classifier_tags=tags.ClassifierTags(),
        input_tags=tags.InputTags(three_d_array=True, allow_nan=allow_nan),
    )
