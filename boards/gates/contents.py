"""What the memories of a chip hold when the power comes, and whether that matters."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from boards.gates.netlist import Netlist
from golden.spec.config import Preset
from golden.spec.errors import UserError
from rtl.verilog import contents_needed, processor_rtlil

_GIVEN = {"SB_RAM40_4K": True, "DP16KD": True, "TRELLIS_DPR16X4": True, "SB_SPRAM256KA": False}
"""Whether configuration fills a memory's cell."""
_PROCESSOR = "machine.processor"  # in a board's top


@dataclass(frozen=True)
class InitialContents:
    """A memory of the processor, as it starts.

    Attributes
    ----------
    memory
        Its module below the processor, and its name.
    words, bits
        Its size.
    needed
        It is never written, or read before it is written: it must start with what the design says.
    cells
        What it was made of, by kind; nothing where it became logic.
    given
        Configuration fills it. Where it does not, it starts with anything, and a host has to fill it.
    """

    memory: str
    words: int
    bits: int
    needed: bool
    cells: dict[str, int]
    given: bool


def initial_contents(preset: Preset, netlist: Netlist) -> list[InitialContents]:
    """What all memories of the processor in a netlist start with.

    Parameters
    ----------
    preset
        What was synthesized, adapted to the board.
    netlist
        Of it.

    Raises
    ------
    UserError
        If a memory needs contents that its cells cannot start with.
    """
    found = list[InitialContents]()
    for memory in contents_needed(processor_rtlil(preset)):
        path = _named(memory.memory)
        cells = Counter(
            cell.kind
            for cell in netlist.cells
            if cell.kind in _GIVEN and _named(cell.name).startswith(f"{_PROCESSOR}.{path}.")
        )
        given = all(_GIVEN[kind] for kind in cells)
        if memory.initial and not given:
            raise UserError(f"memory {path} needs its initial contents, and its cells start with anything")
        found.append(InitialContents(path, memory.words, memory.bits, memory.initial, dict(cells), given))
    return found


def _named(path: str) -> str:
    """Without the numbers that Amaranth adds to names, which depend on what is around."""
    return re.sub(r"\$\d+", "", path)
