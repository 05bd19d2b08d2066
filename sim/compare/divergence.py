"""The first difference between two of engine, reference and gateware, in the order of the computation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np

from golden.network import SampleTrace
from golden.spec.config import Network
from golden.spec.topology import topology
from golden.state import State

ENGINE, REFERENCE, GATEWARE = SIDES = "engine", "reference", "gateware"

_EVERY_STEP = {"potentials": "potentials", "spikes": "spikes", "posts": "post", "counts": "counts"}
"""Fields that are compared at every step, and where a trace has them."""

_AXES = {
    "potentials": ("neuron",),
    "spikes": ("neuron",),
    "posts": ("bin", "neuron"),
    "counts": ("neuron",),
    "pre": ("bin", "axon"),
    "readout": ("neuron",),
    "errors": ("class",),
    "modulators": ("modulator",),
    "thresholds": ("neuron",),
    "weights": ("axon", "neuron"),
    "generators": (),
    "prediction": (),
    "updated": (),
    "digest": (),
}
"""What the places of an index count, by field."""


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
        Value of the one side and of the other; None where there is none (errors of a content teacher).
    sides
        Which two these are: of ``engine``, ``reference`` and ``gateware``.
    odd
        Which of the three differs from the other two, which agree; None where no two do.
    repeats
        Whether the sample, run once more from the state before it, differs again.
    """

    sample: int
    step: int | None
    layer: int | None
    index: tuple[int, ...]
    field: str
    expected: int | None
    got: int | None
    _: KW_ONLY
    sides: tuple[str, str] = (REFERENCE, GATEWARE)
    odd: str | None = GATEWARE
    repeats: bool = True

    def __str__(self) -> str:
        place = [f"sample {self.sample}"]
        place += [] if self.step is None else [f"step {self.step}"]
        place += [] if self.unit in (None, self.field) else [str(self.unit)]
        index = f"[{', '.join(map(str, self.index))}]" if self.index else ""
        got, expected = self._written(self.got), self._written(self.expected)
        return f"{', '.join(place)}: {self.field}{index} is {got}, expected {expected}"

    @property
    def unit(self) -> str | None:
        """``layer k`` or ``readout``; None for what belongs to the whole processor."""
        if self.layer is not None:
            return f"layer {self.layer}"
        of_readout = ("pre", "readout", "weights", "thresholds", "generators", "prediction")
        return "readout" if self.field in of_readout else None

    @property
    def verdict(self) -> str:
        """Sentence that says which sides agree."""
        if self.odd is None:
            found = (
                f"no two of {', '.join(SIDES)} agree; expected is the {self.sides[0]}, the value the {self.sides[1]}"
            )
        else:
            found = f"{' and '.join(side for side in SIDES if side != self.odd)} agree, the {self.odd} differs"
            found += ": it is stuck, and gives no prediction" if self.field == "prediction" and self.got is None else ""
        if self.repeats:
            return found
        return f"{found}, but not when it repeats the sample from the same state: what no state holds was left over"

    def as_values(self) -> dict[str, Any]:
        """Everything by name, as a JSON object has it; digests in hexadecimal."""
        axes = dict(zip(_AXES[self.field], self.index, strict=True))
        return {
            "sample": self.sample,
            "step": self.step,
            "unit": self.unit,
            "layer": self.layer,
            "field": self.field,
            "index": self.index,
            **{name: axes.get(name) for name in ("axon", "neuron", "bin", "class", "modulator")},
            "expected": self._written(self.expected) if self.field == "digest" else self.expected,
            "got": self._written(self.got) if self.field == "digest" else self.got,
            "sides": {"expected": self.sides[0], "got": self.sides[1]},
            "differs": self.odd,
            "agree": [] if self.odd is None else [side for side in SIDES if side != self.odd],
            "repeats": self.repeats,
        }

    def _written(self, value: int | None) -> str:
        return f"{value:016x}" if self.field == "digest" and value is not None else str(value)


def in_trace(sample: int, network: Network, expected: SampleTrace, got: SampleTrace) -> Divergence | None:
    """First difference within a sample: step by step, layer by layer, then what follows the last step."""
    for step in range(network.steps):
        for layer in range(network.layers):
            for field, attribute in _EVERY_STEP.items():
                golden, hardware = (getattr(trace, attribute)[step][layer] for trace in (expected, got))
                for found in _differences(golden, hardware):
                    return Divergence(sample, step, layer, found[0], field, *found[1:])
    drawn = topology(network)
    for layer, rows in enumerate((*drawn.layers, drawn.readout)):
        for found in _differences(expected.pre[layer], got.pre[layer]):
            # Of axons without synapses the gateware keeps no eligibility where it need not deliver their spikes.
            if rows[found[0][-1]]:
                return Divergence(sample, None, layer if layer < network.layers else None, found[0], "pre", *found[1:])
    for field in ("readout", "errors", "modulators"):
        for found in _differences(getattr(expected, field), getattr(got, field)):
            return Divergence(sample, None, None, found[0], field, *found[1:])
    return None


def in_state(sample: int, expected: State, got: State) -> Divergence | None:
    """First difference between two states after (or before) a sample, in the order in which learning changes them."""
    return in_thresholds(sample, expected, got) or in_weights(sample, expected, got)


def in_thresholds(sample: int, expected: State, got: State) -> Divergence | None:
    """First difference between thresholds: they adapt before the teacher judges."""
    for layer, pair in enumerate(zip(expected.thresholds, got.thresholds, strict=True)):
        for found in _differences(*pair):
            return Divergence(sample, None, layer, found[0], "thresholds", *found[1:])
    return None


def in_weights(sample: int, expected: State, got: State) -> Divergence | None:
    """First difference between weights, layer by layer and then the readout's, its thresholds, or else generators."""
    layers = range(len(expected.weights))
    for layer in layers:
        for found in _differences(expected.weights[layer], got.weights[layer]):
            return Divergence(sample, None, layer, found[0], "weights", *found[1:])
    for found in _differences(expected.readout, got.readout):
        return Divergence(sample, None, None, found[0], "weights", *found[1:])
    for found in _differences(expected.readout_thresholds, got.readout_thresholds):
        return Divergence(sample, None, None, found[0], "thresholds", *found[1:])
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
