"""Where the values of the state lie in the memories of the processor, whatever lanes and cores.

One account of it for whoever moves a state in or out: simulators, boards and benches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from golden.digest import coefficients
from golden.spec.config import Preset
from golden.spec.fanout import FanOut, core_adjacency, core_fan_out, readout_fan_out
from golden.spec.memmap import Region, regions
from golden.spec.topology import Adjacency, topology
from golden.state import State


@dataclass(frozen=True)
class Placement:
    """A region of the host's address map that holds part of the state.

    Attributes
    ----------
    region
        The region.
    values
        For each element, the index of its value in the state's arrays, joined and flattened in the order of
        ``State.arrays``; -1 where the memory has an element, but the state no value (an absent synapse).
    """

    region: Region
    values: NDArray[np.int64]

    def elements_of(self, state: State) -> NDArray[np.int64]:
        """What the memory holds in ``state``, with the lowest code where nothing is."""
        return np.where(self.values >= 0, _flattened(state)[self.values], self.region.form.low)

    def coefficients(self) -> NDArray[np.uint64]:
        """Coefficient of each element in ``State.digest``; 0 where the state has no value."""
        every = coefficients(0, int(self.values.max(initial=0)) + 1)
        return np.where(self.values >= 0, every[self.values], np.uint64(0))


@lru_cache(maxsize=16)
def placements(preset: Preset) -> tuple[Placement, ...]:
    """All regions that hold state, in the order of the address map."""
    network, share = preset.network, preset.hardware.layers_per_core
    neurons, drawn = network.neurons, topology(network)
    template = State.initial(network)
    starts = np.cumsum([0, *(array.size for array in template.arrays())])
    readout, generators, prototypes = (int(start) for start in starts[-4:-1])

    placed: dict[str, NDArray[np.int64]] = {
        "readout.weights": _placed(
            readout_fan_out(preset),
            drawn.readout,
            [readout + axon * network.readouts for axon in range(network.readout_axons)],
            [0] * network.readout_axons,
        ),
        "readout.generators": np.array([generators + network.layers]),
        "readout.thresholds": prototypes + np.arange(template.readout_thresholds.size),
    }
    for core in range(network.layers // share):
        layers = range(core * share, (core + 1) * share)
        rows = [int(starts[2 * k]) + axon * neurons for k in layers for axon in range(network.axons(k))]
        offsets = [local * neurons for local, k in enumerate(layers) for _ in range(network.axons(k))]
        fan_out, adjacency = core_fan_out(preset, core), core_adjacency(preset, core)
        placed[f"core{core}.weights"] = _placed(fan_out, adjacency, rows, offsets)
        placed[f"core{core}.thresholds"] = np.concatenate([starts[2 * k + 1] + np.arange(neurons) for k in layers])
        placed[f"core{core}.generators"] = generators + np.array(layers)
    return tuple(Placement(region, placed[region.name]) for region in regions(preset) if region.name in placed)


def contents_of(preset: Preset, state: State) -> dict[str, NDArray[np.int64]]:
    """Elements of all regions that hold state, by the region's name; a UserError if the network has no such state."""
    state.require_legal(preset.network)
    return {placement.region.name: placement.elements_of(state) for placement in placements(preset)}


def state_of(preset: Preset, contents: Mapping[str, NDArray[np.int64]]) -> State:
    """State from the elements of the regions that :func:`contents_of` names."""
    state = State.initial(preset.network)
    flat = np.zeros_like(_flattened(state))
    for placement in placements(preset):
        present = placement.values >= 0
        flat[placement.values[present]] = contents[placement.region.name][present]
    first = 0
    for array in state.arrays():
        array[...] = flat[first : first + array.size].reshape(array.shape)
        first += array.size
    return state


def _flattened(state: State) -> NDArray[np.int64]:
    """Join all values of a state in the order of its digest."""
    return np.concatenate([array.ravel().astype(np.int64) for array in state.arrays()])


def _placed(fan_out: FanOut, adjacency: Adjacency, rows: list[int], offsets: list[int]) -> NDArray[np.int64]:
    """Index of the value behind every element; ``rows``: index of each axon's column ``offsets[axon]``."""
    values = np.full(fan_out.words * fan_out.lanes, -1, dtype=np.int64)
    for axon, position, element in fan_out.elements(adjacency):
        values[element] = rows[axon] + adjacency[axon][position] - offsets[axon]
    return values
