"""Tables of the gateware: memories that are part of the configuration."""

from __future__ import annotations

from golden.placement import placements
from golden.spec.config import Preset
from rtl.memory import NO_INIT
from rtl.netlist import memories
from sim.backends.probes import Probe, memories_of, storages

_QUEUE = "\\storage"  # the memory of a queue, as Amaranth calls it


def tables_of(preset: Preset, design: str) -> set[Probe]:
    """Memories that the configuration fills and that hold no state, so that nobody writes them: fan-out, feedback."""
    filled = [NO_INIT not in memory.attributes and memory.name != _QUEUE for memory in memories(design)]
    state = {storage.probe for placement in placements(preset) for storage in storages(placement.region)}
    return {probe for probe, needed in zip(memories_of(design), filled, strict=True) if needed} - state
