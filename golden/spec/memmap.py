"""Address map of the host: every memory of the processor, element by element."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from golden.spec.config import ConfigurationError, Network, Preset
from golden.spec.counters import COUNTER, counters
from golden.spec.fanout import core_fan_out, readout_fan_out
from golden.spec.formats import Format, index_for, unsigned
from golden.spec.hardware import Hardware
from golden.spec.layouts import Layout
from golden.spec.settings import SETTINGS

ELEMENT_BITS = 20
REGION_BITS = 8
DATA_BITS = 32  # of the widest element
CONTROL = 0


class Control:
    """Elements of region 0."""

    IDENTITY = 0
    LAYER_SHIFT = 1
    READOUT_SHIFT = 2
    SETTINGS = 3
    """First of golden.spec.settings.SETTINGS, one after the other, with ``adjustable``."""


def control_elements(hardware: Hardware) -> int:
    """How many elements region 0 has."""
    return Control.SETTINGS + len(SETTINGS) * hardware.adjustable


@dataclass(frozen=True)
class Region:
    """A memory of the host's address map.

    Attributes
    ----------
    name
        ``core0.weights``, ``readout.currents``, ...
    number
        Region number; element e has the address ``number << 20 | e``.
    elements
        How many.
    form
        Format of an element; reads come back as raw bits.
    hosted
        Whether the host can read and write it. It cannot where nothing outlives a sample; such memories have a number
        too, under which simulators find them.
    """

    name: str
    number: int
    elements: int
    form: Format
    hosted: bool

    def value(self, raw: int) -> int:
        """Element from its raw bits."""
        return raw - (1 << self.form.bits) if self.form.signed and raw >> self.form.bits - 1 else raw


HOSTED = ("control", "weights", "thresholds", "generators", "counters", "potentials")
"""Last part of the names of the regions that the host can use."""
HOSTED_IF_MONITORED = ("neurons",)
"""The same of those that the host of a monitored chip can use as well. They hold what the last sample has left."""


def packed_neuron(network: Network) -> Layout:
    """Fields of a neuron that restart with every sample and share an element of memory.

    Postsynaptic eligibilities of several bins have a memory of their own.
    """
    post = {"post": network.post} if network.bins == 1 else {}
    return Layout.of(potential=network.potential, count=network.count, **post)


def bank_words(words: int) -> int:
    """Distance of the two banks of a memory that has two, each of ``words`` words.

    The words that an index of them tells apart, since an address is such an index with the bank above it: the next
    power of two, and 2 for a single word, whose index still has a bit.
    """
    return 1 << index_for(words).bits


@lru_cache(maxsize=16)
def regions(preset: Preset) -> tuple[Region, ...]:
    """All regions of a preset in the order of their numbers; region 0 is the control block."""
    network, hardware = preset.network, preset.hardware
    found: list[tuple[str, int, Format]] = [("control", control_elements(hardware), unsigned(DATA_BITS))]
    for core in range(network.layers // hardware.layers_per_core):
        layers = range(core * hardware.layers_per_core, (core + 1) * hardware.layers_per_core)
        neurons = network.neurons * len(layers)
        fan_out, columns = core_fan_out(preset, core), neurons // hardware.lanes
        # A core of one layer delivers to one bank of accumulators while the neurons take the other.
        accumulators = columns if len(layers) > 1 else 2 * bank_words(columns)
        found += [
            (f"core{core}.weights", fan_out.words * fan_out.lanes, network.weight),
            (f"core{core}.currents", accumulators * hardware.lanes, network.current),
            (
                f"core{core}.eligibility",
                _eligibility_elements(network.bins * fan_out.axons, hardware.axon_lanes),
                network.pre_factor if network.signed_input and core == 0 else network.pre,
            ),
            (f"core{core}.generators", len(layers), unsigned(32)),
            (f"core{core}.neurons", neurons, unsigned(packed_neuron(network).bits)),
            (f"core{core}.thresholds", neurons, network.threshold),
            *([(f"core{core}.posts", network.bins * neurons, network.post)] if network.bins > 1 else []),
            *([(f"core{core}.adaptations", neurons, network.adaptation)] if network.adaptation_increment else []),
            *([(f"core{core}.recalls", neurons, network.recall)] if network.recall_bins else []),
            (f"core{core}.feedback", neurons, unsigned(network.modulators)),
        ]
    links = readout_fan_out(preset)
    found += [
        ("readout.weights", links.words * links.lanes, network.readout_weight),
        ("readout.currents", -(-network.readouts // links.lanes) * links.lanes, network.readout_potential),
        ("readout.eligibility", _eligibility_elements(network.readout_axons, hardware.axon_lanes), network.pre),
        ("readout.generators", 1, unsigned(32)),
        *([("readout.thresholds", network.readouts, network.readout_potential)] if network.prototypes else []),
    ]
    hosted: tuple[str, ...] = HOSTED
    if hardware.monitored:
        hosted += HOSTED_IF_MONITORED
        found += [
            ("monitor.counters", len(counters(preset)), COUNTER),
            ("monitor.potentials", network.classes, network.class_potential),
        ]
    for name, elements, _ in found:
        if elements > 1 << ELEMENT_BITS:
            raise ConfigurationError(
                f"{name} has {elements} elements, more than the {1 << ELEMENT_BITS} that the host can address; "
                "use fewer neurons, receptive fields or sparser recurrence"
            )
    result = tuple(
        Region(name, number, elements, form, name.split(".")[-1] in hosted)
        for number, (name, elements, form) in enumerate(found)
    )
    for region in result:
        if hardware.monitored and region.hosted and region.form.bits > DATA_BITS:
            raise ConfigurationError(
                f"an element of {region.name} has {region.form.bits} bits, and the host can see {DATA_BITS} of a "
                "monitored chip; leave monitored away, or use fewer steps, links, bits or neurons"
            )
    return result


def _eligibility_elements(registers: int, lanes: int) -> int:
    """Elements of two banks of registers: one is cleared while a sample uses the other."""
    return 2 * bank_words(registers // lanes) * lanes
