"""The multiplications of the gateware, and how many multipliers of a chip synthesis makes of them."""

from __future__ import annotations

from dataclasses import dataclass

from boards.memories import has_lists
from golden.spec.config import RECALL_BITS, Network, Preset
from golden.spec.fanout import core_fan_out
from golden.spec.formats import Format, index_for, unsigned_for
from golden.spec.memmap import bank_words
from golden.spec.training import SHIFT_LIMIT

SOFT_PRODUCT = 3
"""Bits of a gated signal up to which rtl/plasticity.py adds instead of multiplying."""


@dataclass(frozen=True)
class Multiplication:
    """``count`` multiplications of the same widths.

    Attributes
    ----------
    what
        Where they are.
    left, right
        Bits of the operands.
    product
        Bits of the product that are used.
    count
        How many.
    """

    what: str
    left: int
    right: int
    product: int
    count: int


@dataclass(frozen=True)
class _Multiplier:
    """What Yosys makes a multiplier of: operands of 2 bits to ``widest``, products of ``shortest`` bits at least."""

    widest: int
    shortest: int

    def needed(self, left: int, right: int, product: int) -> int:
        """Multipliers of one multiplication; operands that are too wide are cut, and each part is judged again."""
        left, right = max(left, right), min(left, right)
        if right < 2 or product < self.shortest:
            return 0
        if left <= self.widest:
            return 1
        whole = (left - 1) // self.widest
        rest = left - whole * self.widest
        return whole * self.needed(self.widest, right, min(product, right + self.widest)) + self.needed(
            rest, right, right + rest
        )


_MULTIPLIERS = {"ice40": _Multiplier(16, 11), "ecp5": _Multiplier(18, 0)}


def multipliers(preset: Preset, family: str) -> int:
    """Multipliers that a preset takes on a chip family."""
    cell = _MULTIPLIERS[family]
    return sum(one.count * cell.needed(one.left, one.right, one.product) for one in multiplications(preset))


def addressed(preset: Preset, family: str) -> bool:
    """Whether an address takes a multiplier: sizes that are no power of two, with three layers or bins and more."""
    cell, learned = _MULTIPLIERS[family], ("gated signal", "update", "recall")
    return any(
        cell.needed(one.left, one.right, one.product) for one in multiplications(preset) if one.what not in learned
    )


def scaled_factor(factor: Format) -> int:
    """Bits of the presynaptic factor of an update when it has been scaled."""
    return factor.bits + (not factor.signed) + SHIFT_LIMIT - 1


def core_factor(network: Network, core: int) -> Format:
    """Presynaptic factor of a core; only that of the inputs may be signed."""
    return network.pre if core else network.pre_factor


def multiplications(preset: Preset) -> list[Multiplication]:
    """All of them that are not by a power of two."""
    network, hardware = preset.network, preset.hardware
    cores, found = network.layers // hardware.layers_per_core, list[Multiplication]()
    if network.feedback != "zero":
        for core in range(cores):
            found += _learning(preset, core)
    for core in range(cores):
        found += _addresses(preset, core)
    axons = index_for(network.readout_axons).bits
    found += _by_constant("readout axon", index_for(network.layers), network.neurons, axons)
    return found


def _learning(preset: Preset, core: int) -> list[Multiplication]:
    network, hardware = preset.network, preset.hardware
    gated, post = network.gated.bits, network.post.bits
    found = [
        Multiplication("gated signal", network.broadcast.bits, post + 1, gated, hardware.tick_lanes),
    ]
    if gated > SOFT_PRODUCT:
        left = scaled_factor(core_factor(network, core))
        found.append(Multiplication("update", left, gated, left + gated, hardware.lanes))
    if network.recall_bins:
        found.append(Multiplication("recall", post, RECALL_BITS, post + RECALL_BITS, hardware.tick_lanes))
    return found


def _addresses(preset: Preset, core: int) -> list[Multiplication]:
    """Addresses of a core: a layer or a bin times the words of one. Equal ones are made once."""
    network, hardware = preset.network, preset.hardware
    share, neurons = hardware.layers_per_core, network.neurons
    layer, bins = index_for(share), index_for(network.bins)
    words, columns = neurons // hardware.tick_lanes, neurons // hardware.lanes
    registers = core_fan_out(preset, core).axons // hardware.axon_lanes
    listed = has_lists(network, share)
    of_layer = {words: share * words, columns: share * columns, **({neurons: share * neurons} if listed else {})}
    found: list[Multiplication] = []
    for constant, reach in of_layer.items():
        found += _by_constant("layer under way", layer, constant, index_for(reach).bits)
    if listed:
        found += _by_constant("list", layer, neurons, index_for(share * neurons).bits)
    in_bank = index_for(bank_words(network.bins * registers)).bits
    found += _by_constant("eligibility", bins, registers, in_bank)
    for what in ("postsynaptic eligibility", "broadcast"):
        found += _by_constant(what, bins, share * words, index_for(network.bins * share * words).bits)
    return found


def _by_constant(what: str, index: Format, constant: int, reach: int) -> list[Multiplication]:
    """An index times a constant, nothing where that is a shift."""
    if constant & constant - 1 == 0:
        return []
    right = unsigned_for(constant).bits
    return [Multiplication(what, index.bits, right, min(index.bits + right, reach), 1)]
