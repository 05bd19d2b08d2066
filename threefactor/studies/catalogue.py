"""The studies: each varies one thing of a preset and keeps the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from golden.spec.config import RECURRENCES, SHIFT_LIMIT, Preset
from golden.spec.fanout import readout_fan_out
from golden.spec.topology import readout_starts, topology
from threefactor.resize import with_neurons

DENSITIES = 5, 10, 20, 50, 100
MODULATORS = 1, 2, 4, 8, 10, 16
LAYERS = 1, 2, 3
REWIRED = 0, 5, 10, 25, 50, 100
SIZES = 8, 4, 2, 1  # parts of the neurons of a layer
WIDTHS = range(4, 13)


@dataclass(frozen=True)
class Point:
    """One setting of a study.

    Attributes
    ----------
    name, summary
        On the axis, and what it means.
    preset
        To train.
    series
        Line of the plot that the setting belongs to.
    measures
        What else is told of it, by name.
    """

    name: str
    summary: str
    preset: Preset
    series: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Published:
    """A result of others, to be drawn beside those of a study.

    Attributes
    ----------
    dataset
        Data set that it was reached on.
    accuracy
        Test accuracy, 0 to 1.
    step
        Setting that it belongs to, or empty where that was not told.
    label
        What it is, and of whom.
    """

    dataset: str
    accuracy: float
    step: str
    label: str


@dataclass(frozen=True)
class Study:
    """A question about a preset.

    Attributes
    ----------
    name, summary
        Name on the command line, and the question in a sentence.
    axis
        What is varied.
    points
        The settings for a preset, in the order of the axis.
    ordered
        Whether the settings are steps of one quantity.
    presets
        What to train by default: the first whose data set is there.
    published
        Results of others.
    """

    name: str
    summary: str
    axis: str
    points: Callable[[Preset], list[Point]]
    ordered: bool = True
    presets: tuple[str, ...] = ("digits",)
    published: tuple[Published, ...] = ()


def _changed(preset: Preset, **fields: Any) -> Preset:
    """Preset with other fields of the network."""
    return replace(preset, network=replace(preset.network, **fields))


def _densities(preset: Preset) -> list[Point]:
    neurons = preset.network.neurons
    points = []
    for percent in DENSITIES:
        links = max(1, round(neurons * percent / 100))
        points.append(
            Point(
                f"{percent} %",
                f"each readout neuron listens to {links} of {neurons} neurons a layer",
                _changed(preset, readout_fan_in=links),
            )
        )
    return points


def _densities_by_layers(preset: Preset) -> list[Point]:
    """The densities for one to three layers."""
    return [
        replace(point, series=f"K = {deeper.name}", summary=f"{point.summary}, {deeper.summary}")
        for deeper in _layers(preset)
        for point in _densities(deeper.preset)
    ]


def _rewirings(preset: Preset) -> list[Point]:
    """Shares of the links that are moved, with what that does to their length and to the router."""
    points = []
    for percent in REWIRED:
        changed = _changed(preset, rewire_percent=percent)
        length, words = link_length(changed), readout_fan_out(changed).words / changed.network.readout_axons
        points.append(
            Point(
                f"{percent} %",
                f"readout links reach over {length:.0f} places, a spike takes {words:.1f} words of links",
                changed,
                measures={"mean length of a readout link": length, "words of links a spike": words},
            )
        )
    return points


def link_length(preset: Preset) -> float:
    """Mean distance around the ring, in neurons, of the sources of readout neurons from the middle of their window."""
    network = preset.network
    neurons, starts = network.neurons, readout_starts(network)
    distances = []
    for axon, row in enumerate(topology(network).readout):
        for readout in row:
            around = (axon - starts[readout] - network.readout_fan_in // 2) % neurons
            distances.append(min(around, neurons - around))
    return sum(distances) / len(distances)


def _modulators(preset: Preset) -> list[Point]:
    classes = preset.network.classes
    frozen = Point("0", "hidden layers do not learn, the readout does", _changed(preset, plastic_layers=False))
    points = [frozen] if preset.network.plastic_layers else []
    for count in sorted({*MODULATORS, classes}):
        summary = "a modulator a class" if count == classes else "random weights from the class errors"
        points.append(Point(str(count), summary, _changed(preset, modulators=count)))
    return points


def _sizes(preset: Preset) -> list[Point]:
    """An eighth of the neurons to all of them, each with layers that learn and with frozen ones.

    Links grow with the layer; sizes that the receptive fields cannot be spread over are left out.
    """
    network, hardware = preset.network, preset.hardware
    points = []
    for part in SIZES:
        count, rest = divmod(network.neurons, part)
        if rest or count < 2 or (network.input_grid and count % network.input_grid**2):
            continue
        lanes = min(hardware.lanes, count & -count)  # the largest power of two that divides the neurons
        sized = replace(
            preset,
            network=with_neurons(network if count > 2 else replace(network, recurrence="none"), count),
            hardware=replace(
                hardware,
                lanes=lanes,
                tick_lanes=min(hardware.tick_lanes, lanes),
                axon_lanes=min(hardware.axon_lanes, count & -count),
            ),
        )
        points.append(Point(f"{count}", f"{count} neurons a layer", sized))
        if not network.plastic_layers:
            continue
        frozen = _changed(sized, plastic_layers=False)
        points.append(Point(f"{count} frozen", "the same, but hidden layers do not learn", frozen))
    return points


def _layers(preset: Preset) -> list[Point]:
    """One to three layers; a preset of one layer draws its forward weights in +- a twentieth of the threshold."""
    network = preset.network
    amplitude = network.forward_amplitude if network.layers > 1 else max(1, network.nominal_threshold // 20)
    one_core_each = replace(preset, hardware=replace(preset.hardware, layers_per_core=1))
    return [
        Point(
            str(count),
            f"{count} recurrent layer{'s' * (count > 1)}, the readout listens to all",
            _changed(one_core_each, layers=count, forward_amplitude=amplitude),
        )
        for count in LAYERS
    ]


def _recurrences(preset: Preset) -> list[Point]:
    summaries = {
        "none": "layers without recurrent links",
        "ring": "small-world links within a layer",
        "dense": "links from every neuron of a layer to every other",
        "fixed": "small-world links whose weights do not learn",
    }
    return [Point(kind, summaries[kind], _changed(preset, recurrence=kind)) for kind in RECURRENCES]


def with_weight_width(preset: Preset, bits: int) -> Preset:
    """Preset with weights and thresholds of another width, that otherwise behaves alike.

    A bit more doubles every potential: threshold and initial weights double, and one step less of the update is shifted
    away. Rates that would leave their range stay at its end.
    """
    network, training = preset.network, preset.training
    wider, wider_readout = bits - network.threshold_bits, bits - network.readout_bits
    slowest = SHIFT_LIMIT - (training.shifts(training.epochs - 1)[0] - training.layer_shift)
    limit = (1 << bits - 1) - 1

    def scaled(amplitude: int, wider: int) -> int:
        return min(limit, max(min(1, amplitude), round(amplitude * 2.0**wider)))

    return replace(
        preset,
        network=replace(
            network,
            weight_bits=bits,
            readout_bits=bits,
            threshold_bits=bits,
            input_amplitude=scaled(network.input_amplitude, wider),
            forward_amplitude=scaled(network.forward_amplitude, wider),
            recurrent_amplitude=scaled(network.recurrent_amplitude, wider),
            readout_amplitude=scaled(network.readout_amplitude, wider_readout),
        ),
        training=replace(
            training,
            layer_shift=min(max(1, training.layer_shift - wider), slowest),
            readout_shift=min(max(1, training.readout_shift - wider_readout), slowest),
        ),
    )


def _widths(preset: Preset) -> list[Point]:
    return [
        Point(str(bits), f"weights of {bits} bits, nominal threshold 2^{bits}", with_weight_width(preset, bits))
        for bits in WIDTHS
    ]


def _links(preset: Preset) -> list[Point]:
    summaries = {
        "small-world": "readout links from a window of the layer, some rewired",
        "random": "readout links from anywhere in the layer",
    }
    return [Point(kind, summary, _changed(preset, links=kind)) for kind, summary in summaries.items()]


def _roundings(preset: Preset) -> list[Point]:
    summaries = {
        "stochastic": "updates are rounded by a dither",
        "plain": "updates are rounded to the nearest",
    }
    return [Point(kind, summary, _changed(preset, rounding=kind)) for kind, summary in summaries.items()]


def _parts(preset: Preset) -> list[Point]:
    """The preset, then without each of its parts; variants that equal the preset are left out."""
    variants = (
        ("frozen", "hidden layers do not learn, the readout does", dict(plastic_layers=False)),
        ("no feedback", "no broadcast reaches the layers", dict(feedback="zero")),
        ("no recurrence", "layers without recurrent links", dict(recurrence="none")),
        ("one to one", "a modulator a class", dict(modulators=preset.network.classes)),
        ("random 4", "4 modulators, random weights", dict(modulators=4)),
        ("random 1", "1 modulator, random weights", dict(modulators=1)),
    )
    points = [Point(name, summary, _changed(preset, **fields)) for name, summary, fields in variants]
    return [Point("full", "as the preset says", preset), *(p for p in points if p.preset != preset)]


STUDIES = {
    study.name: study
    for study in (
        Study("ablation", "What does each part contribute?", "variant", _parts, ordered=False),
        Study(
            "density",
            "How many links does the readout need?",
            "readout links, % of the neurons",
            _densities,
            presets=("mnist-large", "digits"),
        ),
        Study(
            "density-layers",
            "How many links does the readout need, behind how many layers?",
            "readout links, % of the neurons",
            _densities_by_layers,
            presets=("mnist-deep", "digits"),
            published=(
                Published("mnist", 0.9712, "", "arXiv 2605.00402: 97.12 %"),
                Published("mnist", 0.9, "5 %", "arXiv 2605.00402: over 90 %"),
            ),
        ),
        Study(
            "rewiring",
            "What does a small world buy?",
            "links that are rewired",
            _rewirings,
            presets=("mnist-deep", "digits"),
        ),
        Study("modulators", "How many modulators does learning need?", "modulators D (0: frozen)", _modulators),
        Study(
            "neurons",
            "What does learning in hidden layers add, at which size?",
            "neurons a layer",
            _sizes,
            ordered=False,
        ),
        Study("layers", "What do more layers add?", "layers K", _layers),
        Study("recurrence", "What do recurrent links add?", "recurrence", _recurrences, ordered=False),
        Study("weight-width", "How many bits does a weight need?", "bits of a weight", _widths),
        Study("links", "Does a small world matter to the readout?", "readout links", _links, ordered=False),
        Study("rounding", "What does the dither contribute?", "rounding", _roundings, ordered=False),
    )
}
