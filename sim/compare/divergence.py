"""The first difference between the golden model and the gateware, in the order of the computation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from golden.network import SampleTrace
from golden.spec.config import Network
from golden.state import State

_EVERY_STEP = {"potentials": "potentials", "spikes": "spikes", "posts": "post", "counts": "counts"}
"""Fields that are compared at every step, and where a trace has them."""


@dataclass(frozen=True)
class Divergence:
    """One value that differs.

    Attributes
    ----------
    sample
        Number of the sample since the start of the comparison, from 0.
    step
        Timestep within the sample; None for what is computed once, after the steps.
    layer
        Layer; None for the readout, the teacher and the modulators.
    index
        Neuron, axon, (axon, neuron), (bin, neuron), class or modulator, as the field has it.
    field
        ``potentials``, ``spikes``, ``posts``, ``counts``, ``pre``, ``readout``, ``errors``, ``modulators``,
        ``thresholds``, ``weights``, ``generators``, ``prediction``, ``updated`` or ``digest``.
    expected, got
        Value in the golden model and in the gateware; None where there is none (errors of a content teacher).
    """

    sample: int
    step: int | None
    layer: int | None
    index: tuple[int, ...]
    field: str
    expected: int | None
    got: int | None

    def __str__(self) -> str:
        place = [f"sample {self.sample}"]
        place += [] if self.step is None else [f"step {self.step}"]
        place += [] if self.layer is None else [f"layer {self.layer}"]
        index = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        return f"{', '.join(place)}: {self.field}{index} is {self.got}, expected {self.expected}"


def in_trace(sample: int, network: Network, expected: SampleTrace, got: SampleTrace) -> Divergence | None:
    """First difference within a sample: step by step, layer by layer, then what follows the last step."""
    for step in range(network.steps):
        for layer in range(network.layers):
            for field, attribute in _EVERY_STEP.items():
                golden, hardware = (getattr(trace, attribute)[step][layer] for trace in (expected, got))
                for found in _differences(golden, hardware):
                    return Divergence(sample, step, layer, found[0], field, *found[1:])
    for layer in range(network.layers + 1):
        for found in _differences(expected.pre[layer], got.pre[layer]):
            return Divergence(sample, None, layer if layer < network.layers else None, found[0], "pre", *found[1:])
    for field in ("readout", "errors", "modulators"):
        for found in _differences(getattr(expected, field), getattr(got, field)):
            return Divergence(sample, None, None, found[0], field, *found[1:])
    return None


def in_state(sample: int, expected: State, got: State) -> Divergence | None:
    """First difference between two states after (or before) a sample, in the order in which learning changes them."""
    layers = range(len(expected.weights))
    for layer in layers:
        for found in _differences(expected.thresholds[layer], got.thresholds[layer]):
            return Divergence(sample, None, layer, found[0], "thresholds", *found[1:])
    for layer in layers:
        for found in _differences(expected.weights[layer], got.weights[layer]):
            return Divergence(sample, None, layer, found[0], "weights", *found[1:])
    for found in _differences(expected.readout, got.readout):
        return Divergence(sample, None, None, found[0], "weights", *found[1:])
    for found in _differences(expected.generators, got.generators):
        (generator,) = found[0]
        unit = generator if generator < len(layers) else None
        return Divergence(sample, None, unit, (), "generators", *found[1:])
    return None


def _differences(expected: Any, got: Any) -> Iterator[tuple[tuple[int, ...], int | None, int | None]]:
    """(index, expected, got) of the differing elements of two arrays, either of which may be None."""
    if expected is None and got is None:
        return
    if expected is None or got is None:
        present = got if expected is None else expected
        index = tuple(int(i) for i in np.argwhere(present)[0]) if present.any() else (0,)
        value = int(present[index])
        yield (index, None, value) if expected is None else (index, value, None)
        return
    for where in np.argwhere(np.asarray(expected) != np.asarray(got)):
        index = tuple(int(i) for i in where)
        yield index, int(expected[index]), int(got[index])
