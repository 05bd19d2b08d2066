"""Bit flips in the stored state, as radiation or a low voltage leaves them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.spec.generator import Generator, Purpose
from golden.spec.topology import Adjacency, topology
from golden.state import State

MILLION = 1_000_000


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


def flipped(network: Network, state: State, per_million: int, seed: int) -> State:
    """Return a state in which every stored bit is inverted with the same probability.

    In the order of the digest: per layer the weights of synapses that are there, axons ascending, targets ascending,
    and the thresholds, then the weights of the readout, the generators, and the thresholds of prototypes. For every
    bit of a value, from the lowest up, one draw: it is inverted when ``below(1000000) < per_million``. A value that
    the network cannot have (the code of an absent synapse, a threshold out of its range, a generator of 0) is drawn
    again from what it was; the gateware, which can have it, is struck by ``threefactor faults``.

    Parameters
    ----------
    per_million
        Probability of a bit to be inverted, in millionths, below a million.
    seed
        Draws are of ``Generator(seed, Purpose.FAULTS)``.
    """
    draw = Generator(seed, Purpose.FAULTS)
    drawn, after = topology(network), state.copy()
    low, high = network.threshold_range
    for weights, thresholds, targets in zip(after.weights, after.thresholds, drawn.layers, strict=True):
        limit = network.weight_limit
        _flip(weights, _synapses(targets), network.weight_bits, (-limit, limit), per_million, draw)
        _flip(thresholds, np.ndindex(thresholds.shape), network.threshold.bits, (low, high), per_million, draw)
    limit = network.readout_limit
    _flip(after.readout, _synapses(drawn.readout), network.readout_bits, (-limit, limit), per_million, draw)
    _flip(after.generators, np.ndindex(after.generators.shape), 32, (1, (1 << 32) - 1), per_million, draw)
    own, places = network.readout_potential, np.ndindex(after.readout_thresholds.shape)
    _flip(after.readout_thresholds, places, own.bits, (own.low, own.high), per_million, draw)
    return after


def _synapses(targets: Adjacency) -> Iterator[tuple[int, int]]:
    return ((axon, target) for axon, row in enumerate(targets) for target in row)


def _flip(
    values: NDArray[np.integer],
    places: Iterable[tuple[int, ...]],
    bits: int,
    bounds: tuple[int, int],
    per_million: int,
    draw: Generator,
) -> None:
    """Invert bits of the values at these places; results lie within the bounds, both included."""
    low, high = bounds
    for place in places:
        before = int(values[place]) % (1 << bits)
        while True:
            code = before ^ sum((draw.below(MILLION) < per_million) << bit for bit in range(bits))
            value = code - (1 << bits) if low < 0 and code >> bits - 1 else code
            if low <= value <= high:
                break
        values[place] = value


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
