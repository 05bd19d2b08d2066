"""The contents of samples as bytes of golden.spec.protocol."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.spec.protocol import FLAG_BIT, RUN_LIMIT, SIGNED_RUN_BASE, SIGNED_RUN_LIMIT, event_bytes


def packed(network: Network, sample: NDArray[np.integer]) -> bytes:
    """Bytes of a sample, which must be one of the network's (golden.stimulus).

    Parameters
    ----------
    network
        Configuration.
    sample
        Levels, shape (inputs,), or events 0 and 1, shape (T, inputs).
    """
    if network.encoder == "events":
        return _events(network, sample)
    numbers: list[int] = []
    signed = network.signed_input
    position, levels = 0, sample.tolist()
    for place in [*np.flatnonzero(sample).tolist(), len(levels)]:
        zeros, position = place - position, place + 1
        while zeros > 0:
            run = min(zeros, SIGNED_RUN_LIMIT if signed else RUN_LIMIT)
            numbers += [run + SIGNED_RUN_BASE] if signed else [0, run - 1]
            zeros -= run
        if place < len(levels):
            numbers.append(levels[place] & 0xFF if signed else levels[place])
    if signed:
        return bytes(numbers)
    numbers += [0] * (len(numbers) % 2)
    return bytes(low | high << 4 for low, high in zip(numbers[::2], numbers[1::2], strict=True))


def _events(network: Network, sample: NDArray[np.integer]) -> bytes:
    size = event_bytes(network)
    end = 1 << FLAG_BIT + 8 * (size - 1)
    numbers = [number for step in sample for number in (*np.flatnonzero(step).tolist(), end)]
    return b"".join(number.to_bytes(size, "little") for number in numbers)
