"""A case: a network with hardware, where it starts, and what it is taught; two small files from which it runs again."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from golden.engine.network import FastNetwork
from golden.spec.config import Network, Preset
from golden.spec.generator import WORD
from golden.spec.presetfile import SUFFIX, read_preset, written
from golden.spec.topology import topology
from golden.state import State, existing
from golden.stimulus import levels_of
from golden.system.documents import read_document
from golden.system.writing import write_json, write_text

Seed = Annotated[int, Meta(ge=0, le=WORD)]
Shift = Annotated[int, Meta(ge=1, le=12)]
Few = Annotated[int, Meta(ge=0, le=1000)]

Values = Literal["initial", "low", "high", "ends", "any"]
"""What a memory starts with: as initialised, all at one end of their range, at either, or anything in it."""

Draws = Literal["initial", "one", "ones", "least", "most", "any"]
"""Where rounding generators start: ``one`` and ``ones`` beside the state 0, which they never have; ``least`` and
``most`` where the next draw is 0 or all ones."""

Stimulus = Literal["silent", "sparse", "dense", "full", "any"]

_SPARSE, _DENSE = 0.15, 0.7  # of axons spike


@dataclass(frozen=True)
class Start:
    """The state from which a case starts.

    Attributes
    ----------
    weights, thresholds, links, generators, prototypes
        What the memories of layers and readout hold.
    trained
        Samples that are learned from there before the case begins.
    seed
        Of what is drawn.
    """

    weights: Values = "initial"
    thresholds: Values = "initial"
    links: Values = "initial"
    generators: Draws = "initial"
    prototypes: Values = "initial"
    trained: Few = 0
    seed: Seed = 1


@dataclass(frozen=True)
class Lessons:
    """Consecutive samples with one learning rate.

    Attributes
    ----------
    stimulus
        How much spikes.
    samples
        How many.
    learn
        Whether they are learned.
    layer_shift, readout_shift
        Learning rates.
    seed
        Of what is drawn.
    """

    stimulus: Stimulus = "sparse"
    samples: Few = 2
    learn: bool = True
    layer_shift: Shift = 3
    readout_shift: Shift = 3
    seed: Seed = 1

    @property
    def shifts(self) -> tuple[int, int]:
        """Learning rates of layers and readout."""
        return self.layer_shift, self.readout_shift

    def drawn(self, network: Network) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
        """Samples and labels for a network."""
        draw = np.random.default_rng(self.seed)
        _, low, high = levels_of(network)
        shape = (network.inputs,) if network.encoder == "levels" else (network.steps, network.inputs)
        size = (self.samples, *shape)
        if self.stimulus in ("silent", "full"):
            samples = np.where(draw.random(size) < 0.5, low or high, high) * (self.stimulus == "full")
        else:
            shares = {"sparse": _SPARSE, "dense": _DENSE, "any": draw.random()}
            spikes = draw.random(size) < shares[self.stimulus]
            samples = draw.integers(low, high, size, endpoint=True) if high > 1 else np.ones(size, np.int64)
            samples = samples * spikes
        return samples.astype(np.int8), draw.integers(0, network.classes, self.samples).astype(np.uint8)


@dataclass(frozen=True)
class Plan:
    """What happens to a network.

    Attributes
    ----------
    start
        The state from which it starts.
    lessons
        What it is taught, one after the other.
    stalls
        Seed of random pauses on every stream of the gateware; 0 for none.
    """

    start: Start
    lessons: tuple[Lessons, ...]
    stalls: Seed = 0


@dataclass(frozen=True)
class Case:
    """A preset and what happens to it."""

    preset: Preset
    plan: Plan

    def initial(self) -> State:
        """The state from which it starts."""
        network, start = self.preset.network, self.plan.start
        state = drawn_state(network, start)
        if not start.trained:
            return state
        engine = FastNetwork(network, state)
        warm = Lessons("any", start.trained, seed=start.seed)
        engine.run_many(*warm.drawn(network), learn=True, shifts=warm.shifts)
        return engine.state.copy()

    def write(self, path: Path) -> None:
        """Write the preset to ``path``, and what happens to it beside it."""
        write_text(path, written(self.preset))
        write_json(plan_file(path), asdict(self.plan))


def plan_file(path: Path) -> Path:
    """The file beside a preset's that says what happens to it."""
    return path.with_suffix(".json")


def read_case(path: Path) -> Case:
    """Return the case that :meth:`Case.write` wrote to ``path``.

    Raises
    ------
    UserError
        If one of its two files is missing or damaged.
    """
    return Case(read_preset(path), read_document(plan_file(path), Plan, f"name the {SUFFIX} file of a case"))


def drawn_state(network: Network, start: Start) -> State:
    """State of a network before anything is trained; absent synapses stay absent."""
    state, drawn, draw = State.initial(network), topology(network), np.random.default_rng(start.seed)
    limit, link_limit = network.weight_limit, network.readout_limit
    for targets, weights in zip(drawn.layers, state.weights, strict=True):
        _fill(draw, start.weights, weights, -limit, limit, existing(targets, network.neurons))
    for thresholds in state.thresholds:
        _fill(draw, start.thresholds, thresholds, *network.threshold_range)
    _fill(draw, start.links, state.readout, -link_limit, link_limit, existing(drawn.readout, network.readouts))
    form = network.readout_potential
    _fill(draw, start.prototypes, state.readout_thresholds, form.low, form.high)
    if start.generators == "any":
        state.generators[...] = draw.integers(1, WORD, state.generators.shape, endpoint=True)
    elif start.generators != "initial":
        state.generators[...] = _GENERATORS[start.generators]
    return state


def before(state: int) -> int:
    """The state of a generator from which it steps to ``state``."""
    for shift in (-5, 17, -13):
        undone = state
        for _ in range(WORD.bit_length() // abs(shift)):
            undone = state ^ (undone >> shift if shift > 0 else undone << -shift & WORD)
        state = undone
    return state


_GENERATORS = {"one": 1, "ones": WORD, "least": before(1), "most": before(WORD)}


def _fill(
    draw: np.random.Generator,
    values: Values,
    array: NDArray[np.integer],
    low: int,
    high: int,
    exists: NDArray[np.bool_] | None = None,
) -> None:
    """Give an array other values in a range, where there are any."""
    if values == "initial":
        return
    if values == "ends":
        chosen = np.where(draw.random(array.shape) < 0.5, low, high)
    elif values == "any":
        chosen = draw.integers(low, high, array.shape, endpoint=True)
    else:
        chosen = np.full(array.shape, low if values == "low" else high)
    array[...] = chosen if exists is None else np.where(exists, chosen, 0)
