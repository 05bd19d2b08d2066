"""The configuration: every refusal is one sentence, and the derived formats hold what they must."""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, fields, replace
from typing import Annotated, Any

import pytest

from golden.spec.config import ConfigurationError, Hardware, Network, Preset, Training
from golden.spec.fields import AtLeast, Range, check_fields
from golden.spec.presets import PRESETS, preset_named
from golden.spec.topology import topology
from golden.spec.training import require_shifts

BASE: dict[str, Any] = dict(inputs=16, classes=10, neurons=64)
EVENTS: dict[str, Any] = dict(encoder="events", bins=4)
SIGNED = "signed_input needs encoder 'levels', no centred_input and no trace"
RECALL = "recall_bins needs more bins"

RANGES = {
    "inputs": (1, 4096),
    "classes": (2, 64),
    "neurons": (2, 4096),
    "layers": (1, 8),
    "population": (1, 64),
    "steps": (2, 1024),
    "weight_bits": (3, 16),
    "readout_bits": (3, 16),
    "threshold_bits": (4, 12),
    "leak_shift": (1, 12),
    "pre_bits": (1, 8),
    "post_bits": (1, 8),
    "count_bits": (1, 10),
    "bins": (1, 64),
    "trace_bits": (1, 8),
    "trace_shift": (0, 7),
    "trace_increment": (0, 255),
    "input_grid": (0, 64),
    "ring_degree": (0, 4096),
    "seed": (0, 0xFFFF_FFFF),
    "homeostasis_gain": (0, 255),
    "homeostasis_decay": (0, 4095),
    "adaptation_increment": (0, 8191),
    "adaptation_decay": (1, 15),
    "adaptation_shift": (1, 15),
    "modulators": (1, 32),
    "margin": (0, 255),
    "rewire_percent": (0, 100),
}


def refused(sentence: str) -> Any:
    """Expect exactly ``sentence``."""
    return pytest.raises(ConfigurationError, match=f"^{re.escape(sentence)}$")


@pytest.mark.parametrize("name", RANGES)
def test_ranges(name: str) -> None:
    low, high = RANGES[name]
    for value in (low - 1, high + 1, float(low), str(low), None):
        with refused(f"{name} must be an integer in {low}..{high}, not {value!r}"):
            Network(**BASE | {name: value})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (dict(encoder="rate"), "encoder must be one of ('levels', 'events'), not 'rate'"),
        (dict(recurrence="all"), "recurrence must be one of ('none', 'ring', 'dense', 'fixed'), not 'all'"),
        (dict(feedback="none"), "feedback must be one of ('random', 'zero'), not 'none'"),
        (dict(links="ring"), "links must be one of ('small-world', 'random'), not 'ring'"),
        (dict(rounding="down"), "rounding must be one of ('stochastic', 'plain'), not 'down'"),
        (
            dict(steps=8),
            "encoder 'levels' needs steps = 16 and bins = 1, since its 4-bit levels are spread over 16 steps",
        ),
        (
            dict(bins=2),
            "encoder 'levels' needs steps = 16 and bins = 1, since its 4-bit levels are spread over 16 steps",
        ),
        (dict(encoder="events", steps=8, bins=9), "bins must be at most steps (8), not 9"),
        (dict(encoder="events", centred_input=True, bins=2), "centred_input needs bins = 1 and no trace"),
        (dict(centred_input=True, trace_shift=1), "centred_input needs bins = 1 and no trace"),
        (dict(encoder="events", signed_input=True), SIGNED),
        (dict(signed_input=True, centred_input=True), SIGNED),
        (dict(signed_input=True, trace_shift=2), SIGNED),
        (dict(readout_steps=17), "readout_steps must be 0..steps (16), not 17"),
        (dict(readout_steps=-1), "readout_steps must be 0..steps (16), not -1"),
        (dict(EVENTS, recall_bins=4, post_bits=3), f"{RECALL} (4) than that and post_bits of at least 3"),
        (dict(EVENTS, recall_bins=2, post_bits=2), f"{RECALL} (4) than that and post_bits of at least 3"),
        (dict(readout_fan_in=65), "readout_fan_in must be 1..neurons (64), not 65"),
        (dict(readout_fan_in=0), "readout_fan_in must be 1..neurons (64), not 0"),
        (dict(inputs=15, input_grid=2, input_window=2), "receptive fields need a square input, not 15 inputs"),
        (dict(input_grid=3, input_window=2), "neurons must be a multiple of input_grid^2 = 9"),
        (dict(input_grid=2, input_window=5), "input_window must be 1..4, not 5"),
        (dict(input_grid=2), "input_window must be 1..4, not 0"),
        (dict(forward_fan_in=65), "forward_fan_in must be 1..neurons (64), or 0 for all, not 65"),
        (dict(bundle=3), "bundle must divide neurons (64), not be 3"),
        (dict(bundle=0), "bundle must divide neurons (64), not be 0"),
        (dict(bundle=64), "ring_degree must be even and at most neurons - bundle (0), not 8"),
        (dict(ring_degree=7), "ring_degree must be even and at most neurons - bundle (63), not 7"),
        (dict(ring_degree=64), "ring_degree must be even and at most neurons - bundle (63), not 64"),
        (dict(ring_degree=0), "ring_degree must be even and at most neurons - bundle (63), not 0"),
        (dict(input_amplitude=128), "input_amplitude must be 0..127, not 128"),
        (dict(forward_amplitude=-1), "forward_amplitude must be 0..127, not -1"),
        (
            dict(recurrent_amplitude=8, weight_bits=4, input_amplitude=7, forward_amplitude=7),
            "recurrent_amplitude must be 0..7, not 8",
        ),
        (dict(readout_amplitude=4, readout_bits=3), "readout_amplitude must be 0..3, not 4"),
    ],
)
def test_network_sentences(changes: dict[str, Any], sentence: str) -> None:
    with refused(sentence):
        Network(**BASE | changes)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (dict(lanes=3), "lanes must be a power of two up to 4096, not 3"),
        (dict(lanes=0), "lanes must be a power of two up to 4096, not 0"),
        (dict(tick_lanes=-2), "tick_lanes must be a power of two up to 4096, not -2"),
        (dict(link_lanes=6), "link_lanes must be a power of two up to 4096, not 6"),
        (dict(axon_lanes=3), "axon_lanes must be a power of two up to 4096, not 3"),
        (dict(lanes=4, tick_lanes=8), "tick_lanes must be at most lanes (4), not 8"),
        (dict(layers_per_core=0), "layers_per_core must be at least 1, not 0"),
    ],
)
def test_hardware_sentences(changes: dict[str, Any], sentence: str) -> None:
    with refused(sentence):
        Hardware(**changes)


NETWORK_INTEGERS = (
    "readout_steps",
    "readout_fan_in",
    "input_window",
    "input_amplitude",
    "forward_amplitude",
    "recurrent_amplitude",
    "readout_amplitude",
)


@pytest.mark.parametrize("name", NETWORK_INTEGERS)
@pytest.mark.parametrize("value", [1.0, 1.5, True, "1", None, float("nan"), (1,), 10**30])
def test_integers_of_a_network(name: str, value: object) -> None:
    """Floats passed where the range depends on other fields."""
    with pytest.raises(ConfigurationError) as found:
        Network(**BASE | dict(input_grid=2, input_window=2) | {name: value})
    if value == 10**30:
        assert str(found.value).startswith(f"{name} must be ") and str(found.value).endswith(f", not {value}")
    else:
        assert str(found.value) == f"{name} must be an integer, not {value!r}"


@pytest.mark.parametrize("name", RANGES)
def test_a_truth_value_is_no_integer(name: str) -> None:
    low, high = RANGES[name]
    with refused(f"{name} must be an integer in {low}..{high}, not True"):
        Network(**BASE | {name: True})


@pytest.mark.parametrize("name", ["centred_input", "signed_input", "plastic_layers"])
@pytest.mark.parametrize("value", [1, 0, "no", None, 1.0])
def test_a_number_is_no_truth_value(name: str, value: object) -> None:
    with refused(f"{name} must be True or False, not {value!r}"):
        Network(**BASE | {name: value})


@pytest.mark.parametrize("name", ["encoder", "recurrence", "links", "feedback", "rounding"])
@pytest.mark.parametrize("value", [None, 1, ["events"], ("ring",)])
def test_a_choice_is_a_text(name: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=rf"^{name} must be one of \(.*\), not {re.escape(repr(value))}$"):
        Network(**BASE | {name: value})


POWER = "a power of two up to 4096"
HARDWARE_INTEGERS = dict.fromkeys(("lanes", "tick_lanes", "link_lanes", "axon_lanes"), POWER) | {
    "layers_per_core": "an integer of at least 1",
    "spike_queue": "an integer in 0..65536",
}


@pytest.mark.parametrize("name", HARDWARE_INTEGERS)
@pytest.mark.parametrize("value", [4.0, True, "4", None, [4]])
def test_integers_of_hardware(name: str, value: object) -> None:
    """Each of these ended in a TypeError or passed."""
    with refused(f"{name} must be {HARDWARE_INTEGERS[name]}, not {value!r}"):
        Hardware(**{name: value})  # type: ignore[arg-type]


def test_limits_of_hardware() -> None:
    with refused("single_port must be True or False, not 1"):
        Hardware(single_port=1)  # type: ignore[arg-type]
    for name in ("lanes", "link_lanes", "axon_lanes"):
        with refused(f"{name} must be a power of two up to 4096, not {1 << 40}"):
            Hardware(**{name: 1 << 40})
    with refused(f"spike_queue must be an integer in 0..65536, not {1 << 40}"):
        Hardware(spike_queue=1 << 40)
    assert Hardware(spike_queue=4, lanes=4096, link_lanes=4096).spike_queue == 4


@pytest.mark.parametrize(
    ("name", "needed"), [("layer_shift", "in 1..12"), ("readout_shift", "in 1..12"), ("epochs", "of at least 1")]
)
@pytest.mark.parametrize("value", [4.0, 1.5, True, "4", None])
def test_integers_of_a_training(name: str, needed: str, value: object) -> None:
    with refused(f"{name} must be an integer {needed}, not {value!r}"):
        Training(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize("value", ["36", [3, 6], (3, 6.0), (True,), 3, None, ("3",)])
def test_epochs_are_a_tuple_of_integers(value: Any) -> None:
    """A list made the preset unhashable, a text was compared with numbers."""
    with refused(f"slower must be a tuple of integers, not {value!r}"):
        Training(slower=value)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (dict(name=7), "name must be a text, not 7"),
        (dict(dataset=None), "dataset must be a text, not None"),
        (dict(network=7), "network must be a Network, not 7"),
        (dict(hardware=None), "hardware must be a Hardware, not None"),
        (dict(training={}), "training must be a Training, not {}"),
    ],
)
def test_parts_of_a_preset(changes: dict[str, Any], sentence: str) -> None:
    with refused(sentence):
        replace(preset_named("tiny"), **changes)


@pytest.mark.parametrize(
    "shifts", [(0, 1), (1, 13), (16, 0), (-1, 3), (3.0, 2), (True, 2), ("3", 2), (3,), (1, 2, 3), 3]
)
def test_shifts_of_the_processor(shifts: Any) -> None:
    with refused(f"shifts must be 1..12, not {shifts}"):
        require_shifts(shifts)
    for legal in ((1, 12), (12, 1)):
        require_shifts(legal)


def test_a_field_without_a_check_is_found() -> None:
    @dataclass(frozen=True)
    class Odd:
        speed: complex

    with pytest.raises(TypeError, match="no check is written for fields of type <class 'complex'>"):
        check_fields(Odd(1.5))


@dataclass(frozen=True)
class Various:
    """Fields of every kind that only data has."""

    time: Annotated[float, AtLeast(0)] = 0.0
    count: Annotated[int, AtLeast(1)] = 1
    sides: Annotated[tuple[int, ...], Range(1, 9)] = ()
    names: tuple[str, ...] = ()
    text: str = ""

    def __post_init__(self) -> None:
        check_fields(self)


@pytest.mark.parametrize(
    ("name", "needed", "wrong", "right"),
    [
        ("time", "a number of at least 0", (math.nan, math.inf, True, "1", None), (0, 2, 0.25, 1e300)),
        ("count", "an integer of at least 1", (1.5, True), (1, 10**9)),
        ("time", "at least 0", (-0.5, -1), (0,)),
        ("count", "at least 1", (0, -7), (1,)),
        ("sides", "a tuple of integers in 1..9", ((0,), (3, 10), (1.0,), [3], 3), ((), (1, 9))),
        ("names", "a tuple of texts", ("ab", ("a", 1), ("a\0",), ["a"]), ((), ("a", ""))),
        ("text", "a text", ("a\0b", 1, None), ("", "a b")),
    ],
)
def test_fields_of_every_kind(name: str, needed: str, wrong: tuple[Any, ...], right: tuple[Any, ...]) -> None:
    for value in wrong:
        with refused(f"{name} must be {needed}, not {value!r}"):
            Various(**{name: value})
    for value in right:
        assert getattr(Various(**{name: value}), name) == value


def test_training_sentences() -> None:
    with refused("epochs must be at least 1, not 0"):
        Training(epochs=0)
    with refused("shifts must stay in 1..12 over all epochs, not (13, 7)"):
        Training(layer_shift=12, readout_shift=6, epochs=4, slower=(2,))
    with refused("layer_shift must be an integer in 1..12, not -1"):
        Training(layer_shift=-1)
    with refused("augmentation must be one of ('none', 'shift', 'flip', 'time-shift'), not 'noise'"):
        Training(augmentation="noise")


@pytest.mark.parametrize(
    ("hardware", "sentence"),
    [
        (Hardware(lanes=128), "neurons (64) must be a multiple of lanes (128)"),
        (Hardware(axon_lanes=128), "inputs (16) and neurons (64) must be multiples of axon_lanes (128)"),
        (Hardware(layers_per_core=3), "layers (2) must be a multiple of layers_per_core (3)"),
    ],
)
def test_preset_sentences(hardware: Hardware, sentence: str) -> None:
    with refused(sentence):
        Preset("p", "", "digits", Network(**BASE | dict(layers=2)), hardware, Training())


def test_unknown_preset() -> None:
    with refused(f"there is no preset 'huge'; choose one of {', '.join(PRESETS)}"):
        preset_named("huge")


def test_shifts_grow_at_the_given_epochs() -> None:
    training = Training(layer_shift=4, readout_shift=2, epochs=6, slower=(2, 5))
    assert [training.shifts(epoch) for epoch in range(6)] == [(4, 2), (4, 2), (5, 3), (5, 3), (5, 3), (6, 4)]


@pytest.mark.parametrize("name", [field.name for field in fields(Network)])
def test_every_field_changes_the_digest(name: str) -> None:
    start: dict[str, Any] = {
        "signed_input": {},
        "recall_bins": dict(EVENTS, post_bits=3),
        "readout_rule": dict(plastic_layers=False),
    }
    windows = dict(encoder="events", input_grid=2, input_window=3)
    others: dict[str, Any] = dict(
        encoder="levels",
        recurrence="dense",
        links="random",
        feedback="zero",
        rounding="plain",
        plastic_layers=False,
        readout_rule="prototype",
        centred_input=True,
        signed_input=True,
        inputs=25,
        neurons=128,
        ring_degree=4,
        input_grid=4,
    )
    network = Network(**BASE | start.get(name, windows))
    value = others[name] if name in others else getattr(network, name) + 1
    assert replace(network, **{name: value}).digest != network.digest
    assert re.fullmatch("[0-9a-f]{16}", network.digest)


def test_geometry() -> None:
    network = Network(**BASE | dict(layers=3, population=4))
    assert [network.forward_axons(k) for k in range(3)] == [16, 64, 64]
    assert [network.axons(k) for k in range(3)] == [80, 128, 128]
    assert (network.readouts, network.readout_axons, network.input_side) == (40, 192, 4)
    bare = replace(network, recurrence="none")
    assert [bare.axons(k) for k in range(3)] == [16, 64, 64]


def test_readout_and_recall_are_at_the_end() -> None:
    network = Network(**BASE | EVENTS | dict(post_bits=3, readout_steps=3, recall_bins=1))
    assert [step for step in range(16) if network.listens(step)] == [13, 14, 15]
    assert [b for b in range(4) if network.recalls(b)] == [3]
    always = Network(**BASE | EVENTS)
    assert all(map(always.listens, range(16))) and all(map(always.recalls, range(4)))


def test_bins_share_the_steps() -> None:
    network = Network(**BASE | dict(encoder="events", steps=10, bins=4))
    assert [network.bin_of(step) for step in range(10)] == [0, 0, 0, 1, 1, 2, 2, 2, 3, 3]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_formats_hold_their_worst_case(preset: Preset) -> None:
    network = preset.network
    for layer, rows in enumerate(topology(network).layers):
        synapses = Counter(target for row in rows for target in row)
        assert set(synapses.values()) == {network.fan_in(layer)}
        assert network.current.high >= network.weight_limit * network.fan_in(layer)
        assert network.current.low <= -network.weight_limit * network.fan_in(layer)
    spikes = network.readout_fan_in * network.layers * network.steps
    assert network.readout_potential.high >= network.readout_limit * spikes
    of_class = 2 if network.prototypes else network.population  # a prototype's potential and its threshold
    assert network.class_potential.high >= network.readout_limit * spikes * of_class
    assert network.margin_potential <= network.class_potential.high, "or the teacher could never be content"
    low, high = network.threshold_range
    assert (low, high) == (network.nominal_threshold << network.threshold_fraction - 2, 3 << 14)
    assert network.threshold.high >= high
    adapted = network.adaptation.high >> network.adaptation_shift if network.adaptation_increment else 0
    assert network.potential.high >= 3 * network.nominal_threshold + adapted
    assert network.potential.low <= -network.nominal_threshold
    assert network.absent == -network.weight_limit - 1 and network.absent_link == -network.readout_limit - 1
