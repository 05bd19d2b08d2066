"""How much logic a machine takes: bits of its parts, each with a weight that measured designs have given.

The parts are counted from the widths and lanes of the gateware: registers, additions and choices come to one logic cell
a bit or less, so that a weight is near one. :mod:`boards.bitstream.calibration` finds the weights.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from boards.capacity import LOGIC, LUT_RAM, cells_of
from boards.estimate.multipliers import SOFT_PRODUCT, core_factor, scaled_factor
from boards.memories import has_lists, memories
from golden.spec.config import RECALL_BITS, SHIFT_LIMIT, Preset
from golden.spec.fanout import FanOut, core_fan_out, readout_fan_out
from golden.spec.formats import Format, index_for
from golden.spec.memmap import DATA_BITS, bank_words, packed_neuron
from golden.spec.settings import setting_formats

PARTS = (
    "machine",
    "paths",
    "control",
    "update lanes",
    "dither",
    "weight lanes",
    "current lanes",
    "neurons",
    "broadcast",
    "products",
    "eligibility",
    "windows",
    "class sums",
    "table bits",
    "register bits",
    "lut memory",
)
"""Names of the parts, in the order of the weights."""


def parts(preset: Preset, family: str) -> dict[str, float]:
    """Bits of every part of a machine."""
    network, hardware = preset.network, preset.hardware
    cores = network.layers // hardware.layers_per_core
    found = dict.fromkeys(PARTS, 0.0)
    found["machine"] = 1.0
    for core in range(cores):
        share = hardware.layers_per_core
        layers = range(core * share, (core + 1) * share)
        columns = network.neurons // hardware.lanes
        table = core_fan_out(preset, core)
        factor = core_factor(network, core)
        accumulators = share * columns if share > 1 else 2 * bank_words(columns)
        _projection(
            found,
            table,
            factor,
            network.weight,
            network.current,
            network.gated,
            accumulators,
            share,
            sum(network.axons(layer) for layer in layers),
            hardware.axon_lanes,
            network.rounding == "stochastic",
            hardware.forward_sums,
        )
        _eligibility(found, preset, table.axons, core)
        _population(found, preset, core)
        found["windows"] += network.threshold.bits + hardware.tick_lanes * network.threshold.bits
    links = readout_fan_out(preset)
    _projection(
        found,
        links,
        network.pre,
        network.readout_weight,
        network.readout_potential,
        network.readout_gated,
        links.columns,
        1,
        network.readout_axons,
        hardware.axon_lanes,
        network.rounding == "stochastic",
        hardware.forward_sums,
    )
    _eligibility(found, preset, network.readout_axons, None)
    _sums(found, preset, links)
    _memories(found, preset, family)
    if network.encoder == "levels":
        found["control"] += 5 * index_for(network.inputs).bits
    return found


def _projection(
    found: dict[str, float],
    table: FanOut,
    factor: Format,
    weight: Format,
    current: Format,
    gated: Format,
    accumulators: int,
    groups: int,
    axons: int,
    axon_lanes: int,
    stochastic: bool,
    forward_sums: bool,
) -> None:
    """The path of a word, and its lanes."""
    lanes = table.lanes
    address, axon = index_for(table.words).bits, index_for(axons).bits
    target, accumulator = index_for(table.columns).bits, index_for(accumulators).bits
    length = table.longest_row.bit_length()
    # Router, pipeline of the word, registers of the addresses of its memories.
    found["paths"] += 2 * axon + 13 * address + 3 * length + 8 * factor.bits + 5 * target + 6 * accumulator
    found["control"] += 32 * (1 + 2 * groups)  # generators, which the host reaches
    scaled = scaled_factor(factor)
    product = scaled + gated.bits
    soft = (gated.bits - 1) * product + product if gated.bits <= SOFT_PRODUCT else 0
    found["update lanes"] += lanes * (2 * weight.bits + 2 * (weight.bits + 1))
    found["products"] += lanes * soft
    if stochastic:
        found["dither"] += SHIFT_LIMIT * (lanes + _masks(lanes)) + scaled * -(-lanes // 16)
    found["weight lanes"] += lanes * 3 * weight.bits
    found["windows"] += DATA_BITS + weight.bits * max(1, lanes // 2)
    found["current lanes"] += lanes * (2 * current.bits + weight.bits + gated.bits)
    if forward_sums:  # a register, and two choices
        found["current lanes"] += lanes * 3 * current.bits


def _masks(lanes: int) -> int:
    """Registers of the masks of the dither, rtl/plasticity.py."""
    bits = lanes.bit_length() - 1
    return sum((1 << high - low) - 1 for low, high in pairwise([bits * part // 3 for part in range(4)]))


def _eligibility(found: dict[str, float], preset: Preset, axons: int, core: int | None) -> None:
    """Registers of the axons; ``core`` is None for the readout."""
    network, lanes = preset.network, preset.hardware.axon_lanes
    first = core == 0
    bins = 1 if core is None else network.bins
    signed = first and network.signed_input
    register = network.pre.bits + signed
    word = index_for(-(-axons // lanes)).bits
    found["paths"] += 6 * word + index_for(bins).bits * (bins > 1) * 4
    each = 4 * register + 4
    if first and network.centred_input:
        each += register
        found["control"] += 2 * index_for(network.inputs).bits + 2 * register
    if core is not None and network.trace_shift:
        each += 5 * network.trace.bits
        found["paths"] += 2 * word
    found["eligibility"] += lanes * each


def _population(found: dict[str, float], preset: Preset, core: int) -> None:
    """Neurons of a core, and the broadcast to them."""
    network, hardware = preset.network, preset.hardware
    share, lanes, tick_lanes = hardware.layers_per_core, hardware.lanes, hardware.tick_lanes
    neurons = share * network.neurons
    word = index_for(neurons // tick_lanes).bits
    found["current lanes"] += lanes * network.current.bits * (1.7 if lanes > tick_lanes else 1)
    neuron: float = 5 * network.potential.bits + network.current.bits + 4 * network.threshold.bits
    neuron += 4 * network.count.bits + 4 * network.post.bits
    if network.adaptation_increment:
        neuron += 5 * network.adaptation.bits
    if network.recall_bins:
        neuron += 4 * RECALL_BITS
    state = packed_neuron(network).bits + network.threshold.bits
    found["neurons"] += tick_lanes * (neuron + state / 2)
    found["paths"] += 12 * word + (4 * word if network.bins > 1 else 0)
    found["control"] += 120 + 6 * index_for(network.steps).bits + 12 * index_for(network.neurons).bits
    if share > 1:
        found["control"] += 12 * index_for(share).bits
    if has_lists(network, share):
        found["control"] += (3 * share + 4) * index_for(network.neurons).bits
    found["broadcast"] += lanes * network.gated.bits + 8 * word
    if network.feedback != "zero":
        terms = network.modulators * (network.modulator.bits + 2)
        found["broadcast"] += tick_lanes * (2 * terms + 4 * network.broadcast.bits + 3 * network.post.bits)


def _sums(found: dict[str, float], preset: Preset, links: FanOut) -> None:
    """Readout, teacher, modulators and the merge in front of them."""
    network, hardware = preset.network, preset.hardware
    cores = network.layers // hardware.layers_per_core
    potential, total, label = (
        network.readout_potential.bits,
        network.class_potential.bits,
        index_for(network.classes).bits,
    )
    found["class sums"] += 8 * total + potential * links.lanes + 10 * label
    found["class sums"] += links.lanes * 2 * label + 4 * index_for(network.readouts).bits
    found["control"] += 20 * cores + 6 * cores * index_for(network.neurons * hardware.layers_per_core).bits
    if hardware.spike_queue:
        found["control"] += cores * 6 * index_for(hardware.spike_queue).bits
    found["control"] += network.modulators * 4


def _memories(found: dict[str, float], preset: Preset, family: str) -> None:
    """What memories become where they take no cells of their own."""
    for memory in memories(preset):
        kind, cells = cells_of(memory, family)
        if kind == LUT_RAM:
            found["lut memory"] += cells
        elif kind == LOGIC:
            found["table bits" if memory.constant else "register bits"] += memory.bits / (8 if memory.constant else 1)


def settings_cells(preset: Preset) -> float:
    """Logic cells that settings take, of any family: they come on top, as no calibrated design has them.

    A register with its limits and its way to the host, and in every lane of a tick a shifter of four choices and a
    product of the count with 8 bits. Yosys counts 179 LUT more for digits on iCE40, 218 on ECP5, and 471 for tiny.
    """
    network, hardware = preset.network, preset.hardware
    if not hardware.adjustable:
        return 0.0
    registers = sum(form.bits for form in setting_formats(network).values())
    lanes = hardware.tick_lanes * (network.layers // hardware.layers_per_core)
    return 2.5 * registers + lanes * (4 * network.potential.bits + 15 * network.count.bits)


def columns_of(found: dict[str, float]) -> Iterator[float]:
    """The bits in the order of :data:`PARTS`."""
    return (found[name] for name in PARTS)
