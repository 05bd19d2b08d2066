"""Every memory of the gateware with its shape, told from the configuration; nothing is elaborated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

from golden.spec.config import Network, Preset
from golden.spec.counters import COUNTER, counters
from golden.spec.fanout import FanOut, core_fan_out, readout_fan_out, replayed
from golden.spec.formats import index_for
from golden.spec.memmap import Region, regions
from golden.spec.network import LEVEL_BITS
from golden.spec.ports import spike
from golden.spec.topology import topology

FRAME_WORDS, FRAME_BITS = 512, 8  # of the serial link, rtl/receiver.py
_REGISTERS = ("control", "generators")  # regions that are no memories


@dataclass(frozen=True)
class Memory:
    """A memory as the gateware declares it.

    Attributes
    ----------
    name
        Unit and memory, as in the address map: ``core0.weights``.
    width, depth
        Bits a word, and words. Columns of a constant memory that hold the same bit in every word are none: synthesis
        removes them.
    constant
        It is never written.
    single_port
        It is asked for as single-port RAM.
    """

    name: str
    width: int
    depth: int
    constant: bool = False
    single_port: bool = False

    @property
    def bits(self) -> int:
        """Bits that are stored."""
        return self.width * self.depth


@lru_cache(maxsize=64)
def memories(preset: Preset) -> tuple[Memory, ...]:
    """All memories of a machine with its serial link."""
    return tuple(_all(preset))


def _all(preset: Preset) -> Iterator[Memory]:
    network, hardware = preset.network, preset.hardware
    for region in regions(preset):
        unit, _, name = region.name.rpartition(".")
        if unit == "monitor":
            continue
        if name in _REGISTERS or (name == "feedback" and network.feedback == "zero"):
            continue
        if name == "feedback":
            yield _feedback(preset, int(unit.removeprefix("core")))
        else:
            yield _of_region(preset, region)
    for core in range(network.layers // hardware.layers_per_core):
        yield from _of_core(preset, core)
    yield from _tables("readout", readout_fan_out(preset))
    if network.encoder == "levels":
        width = index_for(network.inputs).bits + network.signed_input + LEVEL_BITS
        yield _memory("encoder.entries", width, network.inputs)
    yield Memory("server.frame", FRAME_BITS, FRAME_WORDS)
    if hardware.monitored:
        yield Memory("monitor.cells", COUNTER.bits, len(counters(preset)) + network.classes)


def _memory(name: str, width: int, depth: int, **promises: bool) -> Memory:
    """A memory, which has two words at the least."""
    return Memory(name, width, max(2, depth), **promises)


def _of_region(preset: Preset, region: Region) -> Memory:
    hardware = preset.hardware
    unit, _, name = region.name.partition(".")
    wide = hardware.link_lanes if unit == "readout" else hardware.lanes
    lanes = {"weights": wide, "currents": wide, "eligibility": hardware.axon_lanes}.get(name, hardware.tick_lanes)
    if region.name == "readout.thresholds":  # of prototypes, one after the other
        lanes = 1
    single_port = name == "weights" and unit != "readout" and hardware.single_port
    return _memory(region.name, region.form.bits * lanes, region.elements // lanes, single_port=single_port)


def _feedback(preset: Preset, core: int) -> Memory:
    """Signs of the broadcast: ``tick_lanes`` rows of modulators a word."""
    share, lanes = preset.hardware.layers_per_core, preset.hardware.tick_lanes
    layers = topology(preset.network).feedback[core * share : (core + 1) * share]
    rows = [sum((sign > 0) << place for place, sign in enumerate(row)) for layer in layers for row in layer]
    return _constant(f"core{core}.feedback", _words(rows, preset.network.modulators, lanes))


def _words(values: list[int], bits: int, lanes: int) -> list[int]:
    return [
        sum(value << bits * lane for lane, value in enumerate(values[first : first + lanes]))
        for first in range(0, len(values), lanes)
    ]


def _constant(name: str, words: Iterable[int]) -> Memory:
    """A memory of these words; columns that hold the same bit in all of them cost nothing."""
    contents = list(words)
    ones, zeros = contents[0], ~contents[0]
    for word in contents:
        ones, zeros = ones & word, zeros & ~word
    highest = max(contents).bit_length()
    same = (ones | zeros) & (1 << highest) - 1
    return _memory(name, highest - same.bit_count(), len(contents), constant=True)


def _tables(unit: str, table: FanOut) -> Iterator[Memory]:
    """Rows and targets of a router."""
    address = index_for(table.words).bits
    rows = [
        (start if end > start else 0) | (end - start) << address
        for start, end in zip(table.starts, table.starts[1:], strict=False)
    ]
    yield _constant(f"{unit}.rows", rows)
    yield _constant(f"{unit}.targets", table.targets)


def _of_core(preset: Preset, core: int) -> Iterator[Memory]:
    """Memories of a core that the address map does not list."""
    network, hardware = preset.network, preset.hardware
    share, unit = hardware.layers_per_core, f"core{core}"
    table = core_fan_out(preset, core)
    yield from _tables(unit, table)
    neurons = share * network.neurons
    yield _memory(f"{unit}.gated", network.gated.bits * hardware.lanes, neurons // hardware.lanes)
    if network.trace_shift:
        marked = network.trace.bits + 1
        yield _memory(f"{unit}.traces", marked * hardware.axon_lanes, table.axons // hardware.axon_lanes)
    for name, wanted in replayed(preset, core).items():
        yield _memory(f"{unit}.{name}", index_for(network.neurons).bits, neurons)
        if not all(map(all, wanted)):
            yield _constant(f"{unit}.{name}.wanted", chain.from_iterable(wanted))
    if hardware.spike_queue:
        # One place of the queue is the output register of its memory.
        yield Memory(f"readout.queue{core}", spike(share, network.neurons).bits, hardware.spike_queue - 1)


def has_lists(network: Network, share: int) -> bool:
    """Whether a core of ``share`` layers remembers spikes, rtl/lists.py."""
    return network.recurrent or share > 1
