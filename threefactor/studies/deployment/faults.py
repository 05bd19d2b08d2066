"""Bit flips in stored weights, as radiation or a low voltage leaves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.spec.generator import Generator, Purpose
from golden.spec.topology import Adjacency, topology
from golden.state import State


def struck(network: Network, state: State, percent: int, seed: int) -> State:
    """Return a state in which some weights have one bit flipped.

    Synapses are visited in the order of their initial weights (SPEC.md): layer by layer, axons ascending, targets
    ascending, then the readout. Each is struck when ``below(100) < percent``; then bit ``below(bits)`` of its code,
    two's complement of ``weight_bits`` or ``readout_bits``, is inverted. The lowest code, which marks an absent
    synapse, cannot come about: the bit is drawn again until the code is another, which all but one bit give. Absent
    synapses are not visited, so none appears; thresholds and generators stay as they are.

    Parameters
    ----------
    percent
        Probability of a synapse to be struck, per cent.
    seed
        Draws are of ``Generator(seed, Purpose.FAULTS)``.
    """
    draw = Generator(seed, Purpose.FAULTS)
    drawn, after = topology(network), state.copy()
    for weights, targets in zip(after.weights, drawn.layers, strict=True):
        _strike(weights, targets, network.weight_bits, percent, draw)
    _strike(after.readout, drawn.readout, network.readout_bits, percent, draw)
    return after


def _strike(weights: NDArray[np.int16], targets: Adjacency, bits: int, percent: int, draw: Generator) -> None:
    absent, codes = 1 << bits - 1, 1 << bits
    for axon, row in enumerate(targets):
        for target in row:
            if draw.below(100) >= percent:
                continue
            before = int(weights[axon, target]) % codes
            code = absent
            while code == absent:
                code = before ^ 1 << draw.below(bits)
            weights[axon, target] = code - codes if code > absent else code
