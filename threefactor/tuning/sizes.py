"""Sizes that a board has room for, found by making a network smaller until it fits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from math import lcm

from boards.catalogue import Board
from boards.estimate.requirements import requirements
from golden.spec.config import Preset
from golden.spec.errors import UserError
from threefactor.resize import with_neurons

FAST_BINS = 2  # eligibility bins whose addresses need no multiplier


def size_unit(preset: Preset) -> int:
    """What the number of neurons has to be a multiple of."""
    grid = preset.network.input_grid
    return lcm(preset.hardware.lanes, preset.hardware.axon_lanes, max(1, grid * grid))


def least_clock(start: Preset, board: Board) -> float:
    """Return the clock in MHz that presets of a search have to reach, as far as can be told.

    That of the board; where the start itself is estimated to be slower, what the start reaches: a few builds stand
    behind such an estimate, so that it may keep a search from making things worse, but not from beginning.
    """
    found = requirements(start, board)
    return min(found.clock_mhz, found.fmax_mhz)


def fits(preset: Preset, board: Board, clock_mhz: float) -> bool:
    """Whether the board has room for the preset, and the preset may reach a clock."""
    try:
        found = requirements(preset, board)
    except UserError:  # a memory that no host could address
        return False
    return found.has_room and found.fmax_mhz >= clock_mhz


def fitted(preset: Preset, board: Board, clock_mhz: float) -> Preset:
    """The preset, or the largest smaller one that fits: with fewer neurons, with smaller populations, on fewer lanes.

    Each is tried with two eligibility bins as well: where neither bins nor axons are a power of two, an address takes a
    multiplier, which is slow. When not even those fit, the smallest is returned.
    """
    chosen = preset
    for smaller in _smaller(preset):
        for bins in dict.fromkeys((smaller.network.bins, min(smaller.network.bins, FAST_BINS))):
            chosen = replace(smaller, network=replace(smaller.network, bins=bins))
            if fits(chosen, board, clock_mhz):
                return chosen
    return chosen


def _smaller(preset: Preset) -> Iterator[Preset]:
    """The preset and smaller ones, then all of them on half the lanes, which changes no bit and takes less logic."""
    hardware = preset.hardware
    while True:
        yield from _smaller_networks(replace(preset, hardware=hardware))
        if hardware.lanes == hardware.tick_lanes:
            return
        hardware = replace(hardware, lanes=hardware.lanes // 2)


def _smaller_networks(preset: Preset) -> Iterator[Preset]:
    """The preset and smaller ones, in halving distances down to one unit of neurons and populations of one."""
    unit, network = size_unit(preset), preset.network
    neurons = network.neurons
    least = -(-(4 if network.ring else 2) // unit) * unit
    while True:
        yield replace(preset, network=network if neurons == network.neurons else with_neurons(network, neurons))
        if neurons <= least:
            break
        neurons = max(least, neurons * 7 // 8 // unit * unit)
    for population in range(network.population - 1, 0, -1):
        yield replace(preset, network=replace(with_neurons(network, neurons), population=population))
