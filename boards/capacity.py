"""What memories take of a chip: block RAM, single-port RAM, and what of them becomes logic; told before synthesis."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache

from boards.catalogue import Board
from boards.memories import Memory, memories
from golden.spec.config import Preset
from golden.spec.errors import UserError

LOGIC = "logic"
LUT_RAM = "lutram"
SINGLE_PORT_WIDTH, SINGLE_PORT_WORDS = 16, 1 << 14  # of a single-port RAM of the iCE40UP5K

# Yosys (memory_libmap) takes the cheapest of what a chip has. A cell costs as its library says; a memory in more than
# one block in depth costs a share of what chooses among them; registers and tables cost by the bit.
_SELECTION, _READ_PORT = 0.5, 2
_REGISTER_BIT, _TABLE_BIT = 1.0, 1 / 16


@dataclass(frozen=True)
class _Cell:
    """A memory cell of a chip family.

    Attributes
    ----------
    kind
        Resource that it counts as.
    cost
        In the library of Yosys.
    shapes
        Words and bits of each of its shapes.
    byte
        Bits that are written together at the least, to which a word is filled up; None for a whole word.
    tables
        Whether it holds constant memories.
    """

    kind: str
    cost: int
    shapes: tuple[tuple[int, int], ...]
    byte: int | None
    tables: bool = True

    def filled(self, memory: Memory, width: int) -> int:
        """Bits of a word with the bits that fill it up."""
        byte = 1 if memory.constant else min(self.byte or width, width)
        return -(-memory.width // byte) * byte

    def needed(self, memory: Memory) -> tuple[float, int]:
        """What a memory costs in the cheapest shape, and how many cells that are."""
        found = []
        for words, width in self.shapes:
            blocks = -(-memory.depth // words)
            cells = -(-blocks * self.filled(memory, width) // width)
            selection = (blocks - 1) * memory.width + (blocks if blocks > 1 and not memory.constant else 0)
            # Costs are compared as whole numbers.
            found.append((int(self.cost * cells + _SELECTION * selection + _READ_PORT), cells))
        return min(found, key=lambda pair: pair[0])


_CELLS = {
    "ice40": (_Cell("ebr", 64, ((2048, 2), (1024, 4), (512, 8), (256, 16)), byte=1),),
    "ecp5": (
        _Cell(LUT_RAM, 4, ((16, 4),), byte=None, tables=False),
        _Cell("ebr", 128, ((16384, 1), (8192, 2), (4096, 4), (2048, 9), (1024, 18), (512, 36)), byte=9),
    ),
}


@lru_cache(maxsize=4096)
def cells_of(memory: Memory, family: str) -> tuple[str, int]:
    """Kind of cells that Yosys makes a memory of, and how many; :data:`LOGIC` and 0 for registers and logic."""
    if memory.single_port:
        blocks = -(-memory.depth // SINGLE_PORT_WORDS)
        return "spram", -(-blocks * memory.width // SINGLE_PORT_WIDTH)
    best: float = int(memory.bits * (_TABLE_BIT if memory.constant else _REGISTER_BIT))
    kind, count = LOGIC, 0
    for cell in _CELLS[family]:
        if memory.constant and not cell.tables:
            continue
        cost, cells = cell.needed(memory)
        if cost < best:
            best, kind, count = cost, cell.kind, cells
    return kind, count


def memory_bits(preset: Preset) -> tuple[int, int]:
    """Bits of the layers' weights, and bits of all other memories, whatever they become on a chip."""
    found = memories(preset)
    weights = sum(
        memory.bits for memory in found if memory.name.startswith("core") and memory.name.endswith(".weights")
    )
    return weights, sum(memory.bits for memory in found) - weights


def memory_cells(preset: Preset, family: str) -> Counter[str]:
    """Cells of each kind that the memories of a preset take on a chip family: ebr, spram, and :data:`LUT_RAM`."""
    found: Counter[str] = Counter()
    for memory in memories(preset):
        kind, cells = cells_of(memory, family)
        if cells:
            found[kind] += cells
    return found


def require_memory(preset: Preset, board: Board) -> None:
    """Raise :class:`UserError` if the memories alone exceed the chip."""
    needed = memory_cells(preset, board.family)
    for kind, called in (("spram", "single-port RAM"), ("ebr", "block RAM")):
        if needed[kind] > board.limits[kind]:
            raise UserError(
                f"preset {preset.name} needs {needed[kind]} {kind} ({called}) and board {board.name} has "
                f"{board.limits[kind]}; choose a smaller preset or a larger board, see threefactor estimate"
            )
