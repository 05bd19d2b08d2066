"""What to change of a preset that does not fit a board: the least that the estimate says is enough."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from boards.catalogue import BOARDS, Board
from boards.estimate.requirements import Requirements, requirements
from golden.spec.config import ConfigurationError, Preset

KINDS = {"lc": "logic cells", "ebr": "block RAM", "spram": "single-port RAM", "dsp": "multipliers"}
_LEAST_BITS, _LEAST_NEURONS = 6, 16


def advice_for(preset: Preset, board: Board, needed: Requirements) -> str:
    """One sentence: what is too much, and a change of the preset, or a board, that is enough.

    Parameters
    ----------
    preset, board
        What does not fit.
    needed
        What it needs there.
    """
    over = [
        f"{used:,} {KINDS[kind]} and has {available:,}"
        for kind, (used, available) in needed.resources.items()
        if used > available
    ]
    problem = f"{board.name} would need {'; '.join(over)}" if over else f"{board.name} would be too slow"
    changes = [change for change in (_enough(preset, board), _roomier(preset, board)) if change]
    remedy = " or ".join(changes) if changes else "use fewer neurons or a smaller readout_fan_in"
    return f"{problem}: {remedy}"


def _candidates(preset: Preset) -> Iterator[tuple[str, Preset]]:
    """Changes from the least to the largest: those of the hardware change no result."""
    network, hardware = preset.network, preset.hardware

    def changed(part: str, **fields: Any) -> Preset | None:
        try:
            return replace(preset, **{part: replace(getattr(preset, part), **fields)})
        except ConfigurationError:
            return None

    options: list[tuple[str, Preset | None]] = []
    if not hardware.single_port:
        options.append(("set single_port = true", changed("hardware", single_port=True)))
    rounded = 1 << (network.neurons - 1).bit_length()
    if rounded != network.neurons:
        options.append((f"set neurons = {rounded}, a power of two", changed("network", neurons=rounded)))
    lanes = hardware.lanes
    while lanes > 1:
        lanes //= 2
        fewer = {name: min(getattr(hardware, name), lanes) for name in ("tick_lanes", "link_lanes", "axon_lanes")}
        options.append((f"set lanes = {lanes}", changed("hardware", lanes=lanes, **fewer)))
        if not hardware.single_port:
            both = changed("hardware", lanes=lanes, single_port=True, **fewer)
            options.append((f"set lanes = {lanes} and single_port = true", both))
    if hardware.spike_queue:
        options.append(("set spike_queue = 0", changed("hardware", spike_queue=0)))
    if network.weight_bits > _LEAST_BITS:
        options.append(
            (f"set weight_bits = {_LEAST_BITS} and readout_bits = {_LEAST_BITS}", _narrow(preset, _LEAST_BITS))
        )
    neurons = network.neurons
    while neurons % 2 == 0 and neurons // 2 >= _LEAST_NEURONS:
        neurons //= 2
        fan_in = min(network.readout_fan_in, neurons)
        smaller = changed("network", neurons=neurons, readout_fan_in=fan_in)
        options.append((f"set neurons = {neurons}", smaller))
    return ((words, candidate) for words, candidate in options if candidate is not None)


def _narrow(preset: Preset, bits: int) -> Preset | None:
    """The preset with narrower weights, and initial weights that they hold."""
    limit = (1 << bits - 1) - 1
    network = preset.network
    names = ("input_amplitude", "forward_amplitude", "recurrent_amplitude", "readout_amplitude")
    amplitudes = {name: min(getattr(network, name), limit) for name in names}
    try:
        return replace(
            preset,
            network=replace(network, weight_bits=bits, readout_bits=min(network.readout_bits, bits), **amplitudes),
        )
    except ConfigurationError:
        return None


def _enough(preset: Preset, board: Board) -> str:
    """The first change that is enough."""
    for words, candidate in _candidates(preset):
        if _met(candidate, board):
            return words
    return ""


def _roomier(preset: Preset, board: Board) -> str:
    """The first other board that has room."""
    for other in BOARDS.values():
        if other.name != board.name and _met(preset, other):
            return f"take the {other.name}"
    return ""


def _met(preset: Preset, board: Board) -> bool:
    try:
        return requirements(preset, board).met
    except ConfigurationError:
        return False
