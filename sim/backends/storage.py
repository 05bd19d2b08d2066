"""Where the gateware keeps the elements of a region."""

from __future__ import annotations

from dataclasses import dataclass

from golden.spec.memmap import Region

_MODULES = {
    "weights": "weights",
    "currents": "currents",
    "eligibility": "eligibility.registers",
    "generators": "generators",
}


@dataclass(frozen=True)
class Storage:
    """A memory or register in the gateware.

    Attributes
    ----------
    path, name
        Path of its module below the processor, and its name there.
    elements
        Elements it holds; lanes of a word from the low bits up.
    """

    path: str
    name: str
    elements: int


def storages(region: Region) -> tuple[Storage, ...]:
    """Where the gateware keeps the elements of ``region``, in their order."""
    unit, memory = region.name.split(".")
    projection = f"{unit}.links" if unit == "readout" else f"{unit}.projection"
    if memory == "generators":
        return tuple(Storage(f"{projection}.generators", f"state_{index}", 1) for index in range(region.elements))
    owner = f"{projection}.{_MODULES[memory]}" if memory in _MODULES else f"{unit}.population.{memory}"
    return (Storage(owner, "cells", region.elements),)
