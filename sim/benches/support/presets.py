"""What the benches of whole cores share: presets through JSON, random samples, and contents of memories."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from golden.arith import Int
from golden.placement import contents_of as memory_contents
from golden.spec.config import Hardware, Network, Preset, Training
from golden.state import State


def parameters_of_preset(preset: Preset) -> dict[str, Any]:
    """JSON values from which :func:`preset_of_parameters` makes the preset again."""
    return {"network": asdict(preset.network), "hardware": asdict(preset.hardware)}


def preset_of_parameters(parameters: dict[str, Any]) -> Preset:
    """Preset of the parameters of a bench."""
    network, hardware = Network(**parameters["network"]), Hardware(**parameters["hardware"])
    return Preset("bench", "", "digits", network, hardware, Training())


def memories_of(preset: Preset, state: State) -> dict[str, list[int]]:
    """Contents of every memory that outlives a sample, by the name of its region."""
    return {name: elements.tolist() for name, elements in memory_contents(preset, state).items()}


def contents_of(network: Network, draw: np.random.Generator) -> Int:
    """Random levels or events, some samples nearly silent."""
    busy = draw.choice((0.05, 0.3, 0.6))
    if network.encoder == "events":
        events: Int = (draw.random((network.steps, network.inputs)) < busy).astype(np.int64)
        return events
    levels: Int = draw.integers(-15 if network.signed_input else 0, 16, (network.inputs,))
    levels[draw.random(network.inputs) > 2 * busy] = 0
    return levels
