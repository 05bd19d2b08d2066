"""Encoders by name: fitted to a training part, or as they were kept."""

from __future__ import annotations

from typing import Any

from golden.data.encoders.interface import Encoder
from golden.data.encoders.levels import LevelEncoder, QuantileEncoder, RangeEncoder
from golden.data.encoders.series import CrossingEncoder, SpikeEncoder, ThresholdEncoder
from golden.data.encoders.time_bins import TimeBinEncoder
from golden.data.samples import Samples
from golden.spec.data import Data
from golden.spec.errors import UserError

ENCODERS: dict[str, type[Encoder]] = {
    encoder.name: encoder
    for encoder in (
        LevelEncoder,
        RangeEncoder,
        QuantileEncoder,
        SpikeEncoder,
        ThresholdEncoder,
        CrossingEncoder,
        TimeBinEncoder,
    )
}


def fit(data: Data, training: Samples) -> Encoder:
    """Return the encoder that ``data`` names, fitted to the training part; raises as :meth:`Encoder.fit`."""
    return ENCODERS[data.encoder].fit(data, training)


def from_document(document: Any) -> Encoder:
    """Return the encoder that :meth:`Encoder.to_document` wrote.

    Raises
    ------
    UserError
        If the document is not one of an encoder.
    """
    try:
        values = dict(document)
        return ENCODERS[values.pop("encoder")].from_fields(values)
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"this is not a fitted encoder ({error}); fit it to the data again") from error
