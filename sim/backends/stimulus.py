"""Payloads of the processor's input streams and their answers, as plain integers."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import SHIFT_LIMIT, Network
from golden.spec.errors import UserError


def index_bits(count: int) -> int:
    """Bits that address ``count`` things; one at least."""
    return max(1, (count - 1).bit_length())


def checked(
    network: Network, samples: NDArray[np.integer], labels: NDArray[np.uint8], learn: bool, shifts: tuple[int, int]
) -> None:
    """Raise UserError if samples, labels or shifts do not fit the network."""
    levels = network.encoder == "levels"
    shape = (network.inputs,) if levels else (network.steps, network.inputs)
    if samples.shape[1:] != shape:
        raise UserError(f"samples must have shape (n, {', '.join(map(str, shape))}), not {samples.shape}")
    if labels.shape != samples.shape[:1]:
        raise UserError(f"there must be one label a sample ({len(samples)}), not labels of shape {labels.shape}")
    low, high = (-15 if network.signed_input else 0, 15) if levels else (0, 1)
    if samples.size and not low <= samples.min() <= samples.max() <= high:
        kind = "levels" if levels else "events"
        raise UserError(f"{kind} must be {low}..{high}, not {samples.min()}..{samples.max()}; choose another data set")
    if learn and labels.size and labels.max() >= network.classes:
        raise UserError(f"labels must be below classes ({network.classes}), not {labels.max()}")
    if not all(1 <= shift <= SHIFT_LIMIT for shift in shifts):
        raise UserError(f"shifts must be 1..{SHIFT_LIMIT}, not {shifts}")


def sample_words(network: Network, samples: NDArray[np.integer]) -> NDArray[np.uint32]:
    """Payloads of ``i_sample`` for all samples, one after the other (rtl.types.input_layout)."""
    last = np.uint32(1 << max(5, index_bits(network.inputs)))
    if network.encoder == "levels":
        words = (samples.astype(np.int64) & int(last) - 1).astype(np.uint32)
        words[:, -1] |= last
        return words.ravel()
    # Each step is its spikes in ascending order, then a word with ``last``.
    steps = samples.reshape(-1, network.inputs) != 0
    padded = np.concatenate([steps, np.ones((len(steps), 1), dtype=np.bool_)], axis=1)
    axons = np.nonzero(padded)[1].astype(np.uint32)
    return np.where(axons == network.inputs, last, axons)


def label_words(network: Network, labels: NDArray[np.uint8], learn: bool) -> NDArray[np.uint64]:
    """Payloads of ``i_label`` (rtl.types.label_layout)."""
    bits = index_bits(network.classes)
    return labels.astype(np.uint64) & np.uint64((1 << bits) - 1) | np.uint64(learn << bits)


def predictions_of(network: Network, words: NDArray[np.uint64]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Winner and update flag from payloads of ``o_prediction`` (rtl.types.prediction_layout)."""
    bits = np.uint64(index_bits(network.classes))
    return (words & (np.uint64(1) << bits) - np.uint64(1)).astype(np.uint8), (words >> bits).astype(np.bool_)


def spike_of(network: Network, layers: int, word: int) -> tuple[int, int, bool]:
    """Layer of the core, neuron and end flag from a payload of ``o_spikes`` (rtl.types.spike_layout)."""
    layer_bits, neuron_bits = index_bits(layers), index_bits(network.neurons)
    return (
        word & (1 << layer_bits) - 1,
        word >> layer_bits & (1 << neuron_bits) - 1,
        bool(word >> layer_bits + neuron_bits),
    )
