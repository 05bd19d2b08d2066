"""Networks of every kind, and hardware for each, drawn by Hypothesis: small, odd, and at the ends of every range.

What is drawn first is simplest first, so that a failing case shrinks to one layer, one lane and plain options.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from golden.spec.config import Hardware, Network, Preset, Training
from golden.spec.errors import ConfigurationError
from golden.spec.generator import WORD, Purpose
from golden.spec.network import LEVEL_STEPS
from golden.spec.network_formats import BROADCAST_LIMIT
from sim.crosscheck.corners import NARROW

NAME = "random"
_MODEST = 400  # weights with which neurons of the highest threshold pass their window slowly
_USUAL_STEPS = 80
_PROTOTYPE_BITS = 32  # of a readout potential, at most


@dataclass(frozen=True)
class Size:
    """How large networks may be drawn.

    Attributes
    ----------
    lane_bits, columns
        A layer has so many words of at most 2^lane_bits neurons.
    inputs, side
        Inputs, and side of a square of inputs.
    layers, classes, population, steps
        Of the network.
    """

    lane_bits: int
    columns: int
    inputs: int
    side: int
    layers: int
    classes: int
    population: int
    steps: int


SMALL = Size(lane_bits=3, columns=6, inputs=9, side=4, layers=4, classes=5, population=3, steps=16)
"""Compiled and simulated in seconds."""

LARGE = Size(lane_bits=4, columns=12, inputs=40, side=7, layers=8, classes=20, population=9, steps=120)
"""For the models of golden."""


@dataclass(frozen=True)
class Aim:
    """What a case is steered to, since hardly any that is drawn freely gets there.

    Attributes
    ----------
    products
        Products of an update beyond 16 bits: everything is at its widest, and neurons stay in their windows.
    queue
        A full queue of spikes: all neurons spike, and the readout is as slow as can be.
    cores
        Several cores of several layers.
    """

    products: bool = False
    queue: bool = False
    cores: bool = False


FREE = Aim()
"""Nothing in particular."""


@st.composite
def aims(draw: DrawFn, size: Size = LARGE) -> Aim:
    """Aims of cases: many of gateware, of which fewer are drawn, and where alone there are queues."""
    towards = draw(st.sampled_from([""] * 7 + ["products"] if size is LARGE else ["", "", "products", "queue"]))
    return Aim(towards == "products", towards == "queue", draw(st.sampled_from([False, False, False, True])))


def _some(low: int, high: int) -> SearchStrategy[int]:
    """Integers of a range, its ends as often as all others."""
    return st.one_of(st.integers(low, high), st.sampled_from([low, high]))


def _few(low: int, high: int) -> SearchStrategy[int]:
    """Integers of a range, small ones more often."""
    return st.one_of(st.integers(low, min(high, low + 2)), st.integers(low, high))


def zero_seed(purpose: int) -> int:
    """The seed whose generator for a purpose would start at 0, where it would stay, if it were let."""
    return (-purpose * 0x85EB_CA6B - 1) * pow(0x9E37_79B9, -1, 1 << 32) & WORD


def seeds() -> SearchStrategy[int]:
    """Seeds of networks, among them those of generators that mix to 0."""
    purposes = [*Purpose, *(Purpose.ROUNDING + 256 * (unit + 1) for unit in range(3))]
    return st.one_of(st.integers(0, WORD), st.sampled_from([0, WORD, *map(zero_seed, purposes)]))


@st.composite
def networks(draw: DrawFn, size: Size = LARGE, aim: Aim = FREE) -> Network:
    """Networks that the specification accepts."""
    values = _geometry(draw, size, aim)
    neurons, wide = values["neurons"], aim.products
    values |= _time(draw, size, wide=wide)
    for bits, low, high in (
        ("weight_bits", 3, 16),
        ("readout_bits", 3, 16),
        ("threshold_bits", 4, 12),
        ("pre_bits", 1, 8),
        ("post_bits", 1, 8),
        ("count_bits", 1, 10),
        ("leak_shift", 1, 12),
    ):
        values[bits] = draw(st.just(high) if wide else st.one_of(_few(low, high), st.sampled_from([low, high])))
    if aim.queue:
        values["threshold_bits"] = 4  # any weight makes a neuron spike
    limit, link_limit = ((1 << values[bits] - 1) - 1 for bits in ("weight_bits", "readout_bits"))
    most = draw(_some(0, _MODEST)) if wide else limit
    for name in ("input_amplitude", "forward_amplitude", "recurrent_amplitude"):
        values[name] = draw(_some(0, most))
    values["readout_amplitude"] = draw(_some(0, link_limit))
    values |= _factors(draw, values)
    values |= dict(
        homeostasis_gain=draw(_some(0, 255)),
        homeostasis_decay=draw(_some(0, 4095)),
        readout_steps=draw(st.one_of(st.just(0), _some(1, values["steps"]))),
        readout_fan_in=neurons if aim.queue else draw(_some(1, neurons)),
        forward_fan_in=draw(st.one_of(st.just(0), _some(1, neurons))),
        rewire_percent=draw(_some(0, 100)),
        links=draw(st.sampled_from(["small-world", "random"])),
        modulators=32 if wide else draw(st.one_of(st.just(values["classes"]), _some(1, 32))),
        feedback="random" if wide else draw(st.sampled_from(["random"] * 4 + ["zero"])),
        rounding=draw(st.sampled_from(["stochastic"] * 3 + ["plain"])),
        margin=draw(st.one_of(st.integers(0, 4), st.integers(0, 255))),
        seed=draw(seeds()),
    )
    values |= dict(readout_rule="error", plastic_layers=True) if wide else _rule(draw, values)
    return Network(**values)


def _geometry(draw: DrawFn, size: Size, aim: Aim) -> dict[str, Any]:
    """Layers, neurons, inputs and who is a neighbour of whom."""
    several = [layers for layers in range(1, size.layers + 1) if _shares(layers)]
    values: dict[str, Any] = dict(
        layers=draw(st.sampled_from(several) if aim.cores else _few(1, size.layers)),
        classes=draw(_few(2, size.classes)),
        population=size.population if aim.queue else draw(_few(1, size.population)),
    )
    if aim.queue:
        neurons = (1 << draw(st.integers(2, size.lane_bits))) * draw(st.integers(2, size.columns))
        values["inputs"] = draw(_few(1, size.inputs))
    elif draw(st.integers(0, 3)) == 3:
        side, grid = draw(st.integers(1, size.side)), draw(st.integers(1, 4))
        neurons = grid**2 * draw(st.integers(1, 3))
        values |= dict(inputs=side**2, input_grid=grid, input_window=draw(_some(1, side)))
    else:
        neurons = (1 << draw(st.integers(0, size.lane_bits))) * draw(st.integers(1, size.columns))
        shared = 1 << draw(st.integers(0, 3))
        values["inputs"] = max(1, draw(st.integers(1, size.inputs)) // shared) * shared
    values["neurons"] = max(neurons, 2) if neurons > 1 or "input_grid" not in values else 2
    neurons = values["neurons"]
    values["bundle"] = draw(st.sampled_from([width for width in range(1, neurons + 1) if neurons % width == 0]))
    room = neurons - values["bundle"]
    kinds = ["none", "dense", *(["ring", "fixed"] if room >= 2 else [])]
    values["recurrence"] = draw(st.sampled_from(kinds))
    values["ring_degree"] = 2 * draw(_some(1, room // 2)) if room >= 2 else 0
    return values


def _time(draw: DrawFn, size: Size, *, wide: bool) -> dict[str, Any]:
    """Encoder, steps and bins; the trace and what inputs are reduced by."""
    encoder = draw(st.sampled_from(["levels", "events"]))
    if encoder == "levels":
        steps, bins = LEVEL_STEPS, 1
    else:
        steps = draw(_some(size.steps // 3, size.steps) if wide else _few(2, min(size.steps, _USUAL_STEPS)))
        most = max(1, steps // LEVEL_STEPS) if wide else min(steps, 9)
        bins = draw(st.one_of(st.just(1), st.integers(1, most), st.just(most if wide else min(steps, 64))))
    values: dict[str, Any] = dict(encoder=encoder, steps=steps, bins=bins)
    # A spike counts one, a trace as much as its increment. In 16 steps plain counts end at 16 * 16 * 127, which 16 bits
    # hold, and signs drawn at random hardly ever add up to more than a quarter of 127.
    traced = wide and (steps // bins) ** 2 * BROADCAST_LIMIT // 4 < NARROW
    values["trace_shift"] = draw(_some(1, 7) if traced else st.one_of(st.just(0), _some(1, 7)))
    values["trace_bits"] = 8 if wide else draw(_few(1, 8))
    values["trace_increment"] = draw(_some(32, 255) if wide else st.one_of(st.integers(0, 4), _some(0, 255)))
    plain = bins == 1 and not values["trace_shift"]
    values["centred_input"] = plain and draw(st.booleans())
    values["signed_input"] = plain and encoder == "levels" and not values["centred_input"] and draw(st.booleans())
    return values


def _factors(draw: DrawFn, values: dict[str, Any]) -> dict[str, Any]:
    """Adaptation and recall."""
    can_recall = values["bins"] > 1 and values["post_bits"] >= 3
    return dict(
        adaptation_increment=draw(st.one_of(st.just(0), st.integers(1, 100), _some(1, 8191))),
        adaptation_decay=draw(_some(1, 15)),
        adaptation_shift=draw(_some(1, 15)),
        recall_bins=draw(_some(0, values["bins"] - 1) if can_recall else st.just(0)),
    )


def _rule(draw: DrawFn, values: dict[str, Any]) -> dict[str, Any]:
    """What learns, and by which rule."""
    rule = draw(st.sampled_from(["error", "error", "error", "prototype"]))
    sums = ((1 << values["readout_bits"] - 1) - 1) * values["readout_fan_in"] * values["layers"] * values["steps"]
    if values["pre_bits"] >= values["readout_bits"] or sums >= 1 << _PROTOTYPE_BITS - 1:
        rule = "error"
    frozen = rule == "prototype" or draw(st.integers(0, 7)) == 7
    return dict(readout_rule=rule, plastic_layers=not frozen)


def _shares(layers: int) -> list[int]:
    """Numbers of layers in a core with which there are several cores of several layers."""
    return [share for share in range(2, layers) if layers % share == 0]


@st.composite
def hardwares(draw: DrawFn, network: Network, aim: Aim = FREE) -> Hardware:
    """Hardware that a network can have."""

    def powers(*numbers: int) -> list[int]:
        return [1 << bits for bits in range(8) if not any(number % (1 << bits) for number in numbers)]

    lanes = max(powers(network.neurons)) if aim.queue else draw(st.sampled_from(powers(network.neurons)))
    most = max(2 * network.readouts, 2).bit_length() - 1
    every = [share for share in range(1, network.layers + 1) if network.layers % share == 0]
    queue = draw(st.integers(4, 9) if aim.queue else st.one_of(st.just(0), st.integers(4, 9)))
    return Hardware(
        lanes=lanes,
        tick_lanes=lanes if aim.queue else draw(st.sampled_from(powers(lanes))),
        # Slowest is a readout that takes a word for each of its neurons, or one whose words all wait for each other.
        link_lanes=1 << draw(st.sampled_from([0, most]) if aim.queue else st.integers(0, most)),
        axon_lanes=draw(st.sampled_from(powers(network.inputs, network.neurons))),
        layers_per_core=draw(st.sampled_from(_shares(network.layers) if aim.cores else every)),
        spike_queue=queue,
        forward_sums=draw(st.booleans()),
        single_port=draw(st.booleans()),
        adjustable=draw(st.sampled_from([False, False, True])),
        monitored=draw(st.sampled_from([False, False, True])),
    )


@st.composite
def presets(draw: DrawFn, size: Size = LARGE, aim: Aim = FREE) -> Preset:
    """Networks with hardware."""
    network = draw(networks(size, aim))
    return preset_of(network, draw(hardwares(network, aim)))


def preset_of(network: Network, hardware: Hardware) -> Preset:
    """A preset that stands for a drawn network."""
    return Preset(NAME, "a random network", NAME, network, hardware, Training())


@st.composite
def near_presets(draw: DrawFn, size: Size = SMALL) -> Preset | ConfigurationError:
    """Presets of which some fields have been changed to anything near a bound, or the refusal of such."""
    preset = draw(presets(size, draw(aims(size))))
    network, hardware = asdict(preset.network), asdict(preset.hardware)
    for _ in range(draw(st.integers(1, 3))):
        table = draw(st.sampled_from([network, network, network, hardware]))
        name = draw(st.sampled_from(sorted(table)))
        table[name] = draw(_near(table[name], name))
    try:
        return preset_of(Network(**network), Hardware(**hardware))
    except ConfigurationError as refusal:
        return refusal


_CHOICES = {
    "encoder": ("levels", "events"),
    "recurrence": ("none", "ring", "dense", "fixed"),
    "feedback": ("random", "zero"),
    "links": ("small-world", "random"),
    "rounding": ("stochastic", "plain"),
    "readout_rule": ("error", "prototype"),
}


def _near(value: Any, name: str) -> SearchStrategy[Any]:
    """Another value of a field, in its range or just beyond it."""
    if isinstance(value, bool):
        return st.booleans()
    if isinstance(value, str):
        return st.sampled_from(_CHOICES[name])
    steps = st.sampled_from([value - 1, value + 1, 2 * value, value // 2, 2 * value + 1])
    return st.one_of(steps, st.integers(-1, 20), st.sampled_from([31, 32, 33, 63, 64, 65]))
