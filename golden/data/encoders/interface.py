"""What every encoder is: integers fitted to a training part, and a way from samples to what the network takes."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from golden.data.encoders.fixed_point import FixedPoint
from golden.data.images import Levels
from golden.data.samples import Samples
from golden.spec.data import INPUT_LIMIT, STEP_LIMIT, Data, Shape
from golden.spec.errors import ConfigurationError, UserError, require

_BYTES = 1 << 32  # of encoded samples


@dataclass(frozen=True)
class Encoder(ABC):
    """A fitted encoder: frozen, hashable, of integers only. SPEC.md, "Encoders of own data", has the equations."""

    name: ClassVar[str]  # in golden.spec.data.Data.encoder

    @classmethod
    @abstractmethod
    def fit(cls, data: Data, training: Samples) -> Self:
        """Learn from the training part what the encoder needs to know.

        Raises
        ------
        UserError
            If the training part cannot be encoded so.
        """

    @property
    @abstractmethod
    def shape(self) -> Shape:
        """What a network needs to take encoded samples."""

    @abstractmethod
    def encode(self, samples: Samples) -> Levels:
        """Return levels, shape (n, inputs), or events of 0 and 1, shape (n, steps, inputs).

        Raises
        ------
        UserError
            If a sample does not fit, naming it.
        """

    def to_document(self) -> dict[str, Any]:
        """Plain JSON values, from which :func:`golden.data.encoders.choice.from_document` makes the encoder again."""
        values: dict[str, Any] = _plain(self)
        return {"encoder": self.name} | values

    @classmethod
    def from_fields(cls, values: dict[str, Any]) -> Self:
        """Undo :meth:`to_document`; raises KeyError, TypeError or ConfigurationError at anything else."""
        encoder: Self = _built(cls, values)
        return encoder

    @property
    def digest(self) -> str:
        """16 hex digits that name the encoder and all it has learned."""
        text = json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def require_columns(self, samples: Samples, columns: int) -> None:
        """Raise UserError unless samples have as many features or channels as the training part."""
        width = samples.values.shape[1]
        if width != columns:
            raise UserError(f"{samples.path} has {width} features or channels where the training part has {columns}")

    def require_room(self, samples: Samples) -> None:
        """Raise UserError if the encoded samples would take more than 4 GiB."""
        encoder, inputs, steps, _ = self.shape
        if len(samples) * inputs * (steps if encoder == "events" else 1) > _BYTES:
            raise UserError(
                f"{samples.path}: {len(samples)} samples of {steps} steps and {inputs} inputs take more than 4 GiB; "
                "use fewer steps, fewer inputs or fewer samples"
            )


def require_shape(inputs: int, steps: int) -> None:
    """Raise ConfigurationError unless a network may have so many inputs and steps."""
    require(
        1 <= inputs <= INPUT_LIMIT,
        f"the encoder makes {inputs} inputs where a network has 1..{INPUT_LIMIT}; use fewer channels, fewer "
        "thresholds or a larger pool",
    )
    require(
        2 <= steps <= STEP_LIMIT,
        f"the encoder makes {steps} steps where a network has 2..{STEP_LIMIT}; set steps, or more values_per_step or "
        "a larger bin_width",
    )


def _plain(value: Any) -> Any:
    if isinstance(value, (Encoder, FixedPoint)):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _built(cls: Any, values: Any) -> Any:
    names = {field.name for field in fields(cls)}
    if not isinstance(values, dict) or set(values) != names:
        raise ConfigurationError(f"a fitted encoder has the fields {', '.join(sorted(names))}")
    return cls(
        **{
            name: _built(FixedPoint, value) if name == "fixed_point" else _frozen(value)
            for name, value in values.items()
        }
    )


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    if type(value) not in (int, bool):
        raise ConfigurationError(f"a fitted encoder consists of integers, not {value!r}")
    return value


def flagged(array: np.ndarray[Any, Any]) -> Levels:
    """Events as bytes of 0 and 1."""
    events: Levels = array.astype(np.uint8)
    return events
