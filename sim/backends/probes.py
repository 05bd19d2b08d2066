"""What simulators look into: the one file that knows the gateware's modules, memories and signals by name.

Paths are those of submodules below the processor, joined by dots, without the numbers that Amaranth adds to a module
whose name is also that of a signal (``weights$128``).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.memmap import CONTROL, Region, regions
from rtl.netlist import memories
from rtl.verilog import TOP


class Probe(NamedTuple):
    """A signal, or a memory, by the path of its module and its name there."""

    path: str
    name: str

    def __str__(self) -> str:
        return f"{self.path}.{self.name}"


class Storage(NamedTuple):
    """A memory, or a register, with elements of a region.

    ``elements`` of it count, lanes of a word from the low bits up; a memory may have more.
    """

    probe: Probe
    elements: int


class Cover(NamedTuple):
    """An event: signals that have certain values in a cycle, unsigned."""

    terms: tuple[tuple[Probe, int], ...]


class Bit(NamedTuple):
    """A bit of a memory, or of a register, which has the row 0."""

    probe: Probe
    row: int
    bit: int


SUMMING = Probe("readout", "summing")
"""All spikes of the sample have been added to the readout potentials."""

VERDICT = Probe("teacher", "o__payload")
"""What the teacher found, golden.spec.ports.verdict."""

MODULATORS = Probe("modulators", "modulators")
"""Values of the modulatory neurons, golden.spec.ports.modulators."""

WATCHED = (SUMMING,)
"""Signals of which a trace needs the moment when they rise."""

_OF_THE_PROJECTION = {"weights": "weights", "currents": "currents", "eligibility": "eligibility.registers"}
_MEMORY = "cells"
_NUMBER = re.compile(r"\$\d+(?=\.|$)")


def eligibility_bank(unit: str) -> Probe:
    """Bank of eligibility registers that the sample uses, of a core or the readout."""
    return Probe(f"{_projection(unit)}.eligibility", "bank")


def storages(region: Region) -> tuple[Storage, ...]:
    """Where the gateware keeps the elements of ``region``, in their order."""
    unit, memory = region.name.split(".")
    projection = _projection(unit)
    if memory == "generators":
        states = (Probe(f"{projection}.generators", f"state_{index}") for index in range(region.elements))
        return tuple(Storage(state, 1) for state in states)
    owner = f"{projection}.{_OF_THE_PROJECTION[memory]}" if memory in _OF_THE_PROJECTION else _other(unit, memory)
    return (Storage(Probe(owner, _MEMORY), region.elements),)


def signals(preset: Preset) -> tuple[Probe, ...]:
    """All signals besides memories and generators that are watched or read."""
    cores = range(preset.network.layers // preset.hardware.layers_per_core)
    units = ("readout", *(f"core{core}" for core in cores))
    return (*WATCHED, VERDICT, MODULATORS, *(eligibility_bank(unit) for unit in units))


def probes(preset: Preset) -> tuple[Probe, ...]:
    """Everything that simulators look into: signals, and the memories and registers of all regions."""
    memories = (region for region in regions(preset) if region.number != CONTROL)
    return (*signals(preset), *(storage.probe for region in memories for storage in storages(region)))


def memories_of(design: str) -> tuple[Probe, ...]:
    """Every memory of a design, those without a number in the host's address map as well.

    Parameters
    ----------
    design
        RTLIL of a processor.
    """
    return tuple(
        Probe(_NUMBER.sub("", memory.module[1:]).removeprefix(f"{TOP}."), memory.name[1:])
        for memory in memories(design)
    )


def is_memory(probe: Probe) -> bool:
    """Whether it has rows."""
    return probe.name == _MEMORY


def numbered(path: str) -> str:
    """Regular expression of a path with the numbers of Amaranth."""
    return r"\.".join(rf"{part}(?:\$\d+)?" for part in path.split("."))


def missing_probe(probe: Probe) -> UserError:
    """The error of a model in which a probe is not found."""
    return UserError(f"the model has no {probe}; give the RTLIL of a processor of this source tree and preset")


def _projection(unit: str) -> str:
    return f"{unit}.links" if unit == "readout" else f"{unit}.projection"


def _other(unit: str, memory: str) -> str:
    """Memories of a core, or of the readout, outside of its projection."""
    if unit == "readout":
        return f"{unit}.prototypes.{memory}"
    return f"{unit}.broadcast.feedback" if memory == "feedback" else f"{unit}.population.{memory}"
