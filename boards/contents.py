"""What the memories of a processor hold in a given state, element by element, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Preset
from golden.spec.fanout import FanOut, core_adjacency, core_fan_out, readout_fan_out
from golden.spec.topology import Adjacency, topology
from golden.state import State

Contents = dict[str, NDArray[np.int64]]
"""Elements of regions by name (golden.spec.memmap)."""


def contents_of(preset: Preset, state: State) -> Contents:
    """Elements of all regions that hold state."""
    network, share = preset.network, preset.hardware.layers_per_core
    found: Contents = {}
    for core, layers in _cores(preset):
        rows = np.concatenate([_widened(state.weights[k], k % share, share) for k in layers])
        found[f"core{core}.weights"] = _packed(
            core_fan_out(preset, core), core_adjacency(preset, core), rows, network.absent
        )
        found[f"core{core}.thresholds"] = np.concatenate([state.thresholds[k] for k in layers]).astype(np.int64)
        found[f"core{core}.generators"] = state.generators[list(layers)].astype(np.int64)
    links = topology(network).readout
    found["readout.weights"] = _packed(readout_fan_out(preset), links, state.readout, network.absent_link)
    found["readout.generators"] = state.generators[-1:].astype(np.int64)
    return found


def state_of(preset: Preset, contents: Mapping[str, NDArray[np.int64]]) -> State:
    """State from the elements of the regions that :func:`contents_of` names."""
    network = preset.network
    state = State.initial(network)
    for core, layers in _cores(preset):
        rows = _unpacked(
            core_fan_out(preset, core),
            core_adjacency(preset, core),
            contents[f"core{core}.weights"],
            len(layers) * network.neurons,
        )
        first = 0
        for local, k in enumerate(layers):
            axons = network.axons(k)
            columns = slice(local * network.neurons, (local + 1) * network.neurons)
            state.weights[k][:] = rows[first : first + axons, columns]
            state.thresholds[k][:] = contents[f"core{core}.thresholds"][columns]
            state.generators[k] = contents[f"core{core}.generators"][local]
            first += axons
    links = topology(network).readout
    state.readout[:] = _unpacked(readout_fan_out(preset), links, contents["readout.weights"], network.readouts)
    state.generators[-1] = contents["readout.generators"][0]
    return state


def _cores(preset: Preset) -> Iterator[tuple[int, range]]:
    share = preset.hardware.layers_per_core
    for core in range(preset.network.layers // share):
        yield core, range(core * share, (core + 1) * share)


def _widened(weights: NDArray[np.int16], local: int, share: int) -> NDArray[np.int16]:
    """Columns of all layers of a core, of which only those of one layer are not zero."""
    return np.pad(weights, ((0, 0), (local * weights.shape[1], (share - 1 - local) * weights.shape[1])))


def _packed(fan_out: FanOut, adjacency: Adjacency, rows: NDArray[np.int16], absent: int) -> NDArray[np.int64]:
    elements = np.full(fan_out.words * fan_out.lanes, absent, dtype=np.int64)
    for axon, position, element in fan_out.elements(adjacency):
        elements[element] = rows[axon, adjacency[axon][position]]
    return elements


def _unpacked(fan_out: FanOut, adjacency: Adjacency, elements: NDArray[np.int64], columns: int) -> NDArray[np.int64]:
    rows = np.zeros((fan_out.axons, columns), dtype=np.int64)
    for axon, position, element in fan_out.elements(adjacency):
        rows[axon, adjacency[axon][position]] = elements[element]
    return rows
