"""Payloads of the processor's input streams and their answers, as plain integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec import ports
from golden.spec.config import Network
from golden.spec.errors import UserError
from golden.spec.training import require_shifts
from golden.stimulus import levels_of, require_form, require_labels


def checked(
    network: Network, samples: NDArray[np.integer], labels: NDArray[np.integer], learn: bool, shifts: tuple[int, int]
) -> None:
    """Raise UserError if samples, labels or shifts do not fit the network, as :func:`golden.stimulus.checked` does."""
    require_form(network, samples, labels)
    what, low, high = levels_of(network)
    if samples.size and not low <= samples.min() <= samples.max() <= high:
        raise UserError(f"{what} must be {low}..{high}, not {samples.min()}..{samples.max()}; choose another data set")
    if learn:
        require_labels(network, labels)
        require_shifts(shifts)


def sample_words(network: Network, samples: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Payloads of ``i_sample`` for all samples, one after the other."""
    if network.encoder == "levels":
        values = samples.astype(np.int64)
        last = np.arange(network.inputs) == network.inputs - 1
        return _sample_words(network, values, np.broadcast_to(last, values.shape)).ravel()
    # Each step is its spikes in ascending order, then a word with ``last``.
    steps = samples.reshape(-1, network.inputs) != 0
    padded = np.concatenate([steps, np.ones((len(steps), 1), dtype=np.bool_)], axis=1)
    axons = np.nonzero(padded)[1].astype(np.int64)
    ends = axons == network.inputs
    return _sample_words(network, np.where(ends, 0, axons), ends)


def _sample_words(network: Network, values: NDArray[np.int64], last: NDArray[np.bool_]) -> NDArray[np.uint32]:
    words: NDArray[np.int64] = ports.sample(network.inputs).pack({"value": values, "last": last.astype(np.int64)})
    return words.astype(np.uint32)


def label_words(network: Network, labels: NDArray[np.integer], learn: bool) -> NDArray[np.uint64]:
    """Payloads of ``i_label``."""
    words: NDArray[np.int64] = ports.label(network.classes).pack(
        {"label": labels.astype(np.int64), "learn": int(learn)}
    )
    return words.astype(np.uint64)


def predictions_of(network: Network, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Winner and update flag from payloads of ``o_prediction``."""
    fields = ports.prediction(network.classes).unpack(words.astype(np.int64))
    return fields["winner"].astype(np.uint8), fields["updated"].astype(np.bool_)
