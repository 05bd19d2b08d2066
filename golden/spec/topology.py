"""Fixed structure drawn from the configuration: who listens to whom, feedback signs, initial weights.

Everything here is a pure function of :class:`~golden.spec.config.Network`, drawn once, in the order of SPEC.md,
and shared by the golden model, the gateware and the host as data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from golden.spec.config import Network
from golden.spec.generator import Generator, Purpose

Adjacency = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class Topology:
    """Structure and initial values of a network.

    Attributes
    ----------
    layers
        ``layers[k][axon]``: neurons of layer k that the axon reaches, ascending; feedforward axons, then recurrent.
    readout
        ``readout[k * N + i]``: readout neurons that neuron i of layer k reaches, ascending.
    modulation
        ``modulation[d][c]``: weight of class error c on modulator d: 0 or +-1.
    feedback
        ``feedback[k][j][d]``: weight of modulator d on neuron j of layer k: 0 or +-1.
    layer_weights, readout_weights
        Initial weights in the order of the adjacency.
    """

    layers: tuple[Adjacency, ...]
    readout: Adjacency
    modulation: tuple[tuple[int, ...], ...]
    feedback: tuple[tuple[tuple[int, ...], ...], ...]
    layer_weights: tuple[Adjacency, ...]
    readout_weights: Adjacency


def _input_targets(network: Network) -> list[list[int]]:
    """Of all inputs all neurons, or receptive fields: neuron (gy G + gx) F + f sees the window at (x0, y0)."""
    if not network.input_grid:
        return [list(range(network.neurons)) for _ in range(network.inputs)]
    side, grid, window = network.input_side, network.input_grid, network.input_window
    features = network.neurons // grid**2
    corner = [g * (side - window) // max(1, grid - 1) for g in range(grid)]
    targets: list[list[int]] = [[] for _ in range(network.inputs)]
    for neuron in range(network.neurons):
        gy, gx = divmod(neuron // features, grid)
        for y in range(corner[gy], corner[gy] + window):
            for x in range(corner[gx], corner[gx] + window):
                targets[y * side + x].append(neuron)
    return targets


def _small_world(
    sources: int,
    bundles: Sequence[Sequence[int]],
    starts: Sequence[int],
    offsets: Sequence[int],
    percent: int,
    draw: Generator,
    loops: bool,
) -> list[list[int]]:
    """Ring neighbourhoods with rewired links, drawn for bundles of targets.

    All targets of bundle ``q`` listen to ``(starts[q] + offset) mod sources`` for every offset; a link is moved to a
    random free source with probability ``percent`` / 100, or when its place is taken. Without ``loops`` no target
    listens to one of its own bundle.
    """
    targets: list[list[int]] = [[] for _ in range(sources)]
    for bundle, start in zip(bundles, starts, strict=True):
        taken = set() if loops else set(bundle)
        for offset in offsets:
            source = (start + offset) % sources
            rewired = draw.below(100) < percent
            while rewired or source in taken:
                source, rewired = draw.below(sources), False
            taken.add(source)
            targets[source] += bundle
    return targets


def _bundles(network: Network) -> list[range]:
    """Neighbouring neurons of a layer that share the sources of their links."""
    return [range(first, first + network.bundle) for first in range(0, network.neurons, network.bundle)]


def _forward_targets(network: Network, draw: Generator) -> list[list[int]]:
    """Links of a layer above the first: to all neurons below, or small-world links around the place of the bundle."""
    neurons, links = network.neurons, network.forward_fan_in
    if not links:
        return [list(range(neurons)) for _ in range(neurons)]
    bundles = _bundles(network)
    starts = [bundle.start + network.bundle // 2 - links // 2 for bundle in bundles]
    return _small_world(neurons, bundles, starts, range(links), network.rewire_percent, draw, loops=True)


def _recurrent_targets(network: Network, draw: Generator) -> list[list[int]]:
    neurons = network.neurons
    if network.recurrence == "dense":
        return [[j for j in range(neurons) if j != i] for i in range(neurons)]
    bundles = _bundles(network)
    half, width = network.ring_degree // 2, network.bundle
    offsets = [*range(-half, 0), *range(width, width + half)]
    starts = [bundle.start for bundle in bundles]
    return _small_world(neurons, bundles, starts, offsets, network.rewire_percent, draw, loops=False)


def readout_starts(network: Network) -> list[int]:
    """First source of the window of each readout neuron: the places of a class are spread around the ring.

    Without bundles the windows of the classes at a place are shifted against each other.
    """
    neurons, population, classes = network.neurons, network.population, network.classes
    shift = neurons // population if network.bundle == 1 else 0
    return [place * neurons // population + c * shift // classes for place in range(population) for c in range(classes)]


def _readout_targets(network: Network, draw: Generator) -> list[list[int]]:
    """Each readout neuron listens to a window of sources, or to any.

    With bundles, the neurons of all classes at one place of the ring are one.
    """
    width = 1 if network.bundle == 1 else network.classes
    bundles = [range(first, first + width) for first in range(0, network.readouts, width)]
    starts = readout_starts(network)[::width]
    percent = 100 if network.links == "random" else network.rewire_percent
    return _small_world(network.neurons, bundles, starts, range(network.readout_fan_in), percent, draw, loops=True)


def _initial(targets: Adjacency, amplitudes: Sequence[int], draw: Generator) -> Adjacency:
    return tuple(
        tuple(draw.below(2 * amplitude + 1) - amplitude for _ in row)
        for row, amplitude in zip(targets, amplitudes, strict=True)
    )


def _sign(draw: Generator) -> int:
    return 1 if draw.next() >> 31 else -1


@lru_cache(maxsize=8)
def topology(network: Network) -> Topology:
    """Draw the structure of ``network``; the order of draws is stated in SPEC.md."""
    draw = Generator(network.seed, Purpose.TOPOLOGY)
    layers, readout = [], []
    for layer in range(network.layers):
        forward = _forward_targets(network, draw) if layer else _input_targets(network)
        recurrent = _recurrent_targets(network, draw) if network.recurrent else []
        layers.append(tuple(tuple(row) for row in forward + recurrent))
        readout += [tuple(row) for row in _readout_targets(network, draw)]

    signs = Generator(network.seed, Purpose.FEEDBACK)
    one_to_one = network.modulators == network.classes
    modulation = tuple(
        tuple(int(d == c) if one_to_one else _sign(signs) for c in range(network.classes))
        for d in range(network.modulators)
    )
    feedback = tuple(
        tuple(
            tuple(_sign(signs) if network.feedback == "random" else 0 for _ in range(network.modulators))
            for _ in range(network.neurons)
        )
        for _ in range(network.layers)
    )

    values = Generator(network.seed, Purpose.WEIGHTS)
    layer_weights = []
    for layer, targets in enumerate(layers):
        forward_amplitude = network.forward_amplitude if layer else network.input_amplitude
        amplitudes = [forward_amplitude] * network.forward_axons(layer)
        amplitudes += [network.recurrent_amplitude] * (len(targets) - len(amplitudes))
        layer_weights.append(_initial(targets, amplitudes, values))
    readout_targets = tuple(readout)
    readout_weights = _initial(readout_targets, [network.readout_amplitude] * len(readout), values)
    return Topology(tuple(layers), readout_targets, modulation, feedback, tuple(layer_weights), readout_weights)
