"""A processor in which a breach of what its memories promise changes results (rtl/memory.py).

In every memory that promises so, bits that are read while they are written come out inverted, and contents that do not
matter are random at the start. The change is one of the RTLIL, so that it is the same in every simulator, those of two
states included, and a comparison finds a breach like any other fault, with the place.
"""

from __future__ import annotations

import random

from rtl.memory import NO_COLLISION, NO_INIT
from rtl.netlist import Cell, NetlistError, cells_of, change_cells, change_modules, memories


def poisoned(rtlil: str, seed: int = 1) -> str:
    """RTLIL with poison in place of what no one may rely on.

    Parameters
    ----------
    rtlil
        A processor.
    seed
        Of the random contents.

    Raises
    ------
    NetlistError
        If no memory promises anything, or one has not one port of each kind.
    """
    draw, found = random.Random(seed), 0

    def poison(module: str) -> str:
        nonlocal found
        promises = {memory.name: memory.attributes for memory in memories(module)}
        ruled = {name for name in promises if NO_COLLISION in promises[name]}
        free = {name for name in promises if NO_INIT in promises[name]}
        if not ruled and not free:
            return module
        writes = {cell.memory: cell for cell in cells_of(module) if cell.kind == "$memwr_v2"}

        def change(cell: Cell) -> str:
            nonlocal found
            if cell.kind == "$meminit_v2" and cell.memory in free:
                return _random_contents(cell, draw)
            if cell.kind == "$memrd_v2" and cell.memory in ruled:
                if cell.memory not in writes:
                    raise NetlistError(f"memory {cell.memory} promises a rule of writing and is never written")
                found += 1
                return _inverting(cell, writes[cell.memory], found)
            return cell.text

        return change_cells(module, change)

    text = change_modules(rtlil, poison)
    if not found:
        raise NetlistError(f"the design has no memory with the attribute {NO_COLLISION}")
    return text


def _random_contents(cell: Cell, draw: random.Random) -> str:
    given = cell.connection("DATA")
    width = int(given.partition("'")[0])
    return cell.text.replace(given, f"{width}'{draw.getrandbits(width):0{width}b}")


def _inverting(read: Cell, write: Cell, number: int) -> str:
    """A read port and behind it: data ^ mask, mask <= enables of the write to the same word, when reading."""
    width, raw, same, hit, mask = int(read.parameter("WIDTH")), *(f"$poison_{n}${number}" for n in _NAMES)
    wires = (
        f"  wire width {width} {raw}\n  wire {same}\n  wire width {width} {hit}\n"
        f"  attribute \\init {width}'{'0' * width}\n  wire width {width} {mask}\n"
    )
    data = read.connection("DATA")
    port = read.text.replace(f"connect \\DATA {data}\n", f"connect \\DATA {raw}\n")
    compare = _cell(
        "$eq",
        f"{same}$cell",
        {"A_WIDTH": read.parameter("ABITS"), "B_WIDTH": write.parameter("ABITS"), "Y_WIDTH": 1},
        {"A": read.connection("ADDR"), "B": write.connection("ADDR"), "Y": same},
    )
    select = _cell(
        "$mux",
        f"{hit}$cell",
        {"WIDTH": width},
        {"A": f"{width}'{'0' * width}", "B": write.connection("EN"), "S": same, "Y": hit},
    )
    register = _cell(
        "$dffe",
        f"{mask}$cell",
        {"WIDTH": width, "CLK_POLARITY": 1, "EN_POLARITY": 1},
        {"CLK": read.connection("CLK"), "EN": read.connection("EN"), "D": hit, "Q": mask},
    )
    invert = _cell(
        "$xor",
        f"{raw}$cell",
        {"A_WIDTH": width, "B_WIDTH": width, "Y_WIDTH": width},
        {"A": raw, "B": mask, "Y": data},
    )
    return wires + port + compare + select + register + invert


_NAMES = ("raw", "same", "hit", "mask")


def _cell(kind: str, name: str, parameters: dict[str, object], connections: dict[str, str]) -> str:
    if kind in ("$eq", "$xor"):
        parameters = {"A_SIGNED": 0, "B_SIGNED": 0} | parameters
    lines = [f"    parameter \\{key} {value}\n" for key, value in parameters.items()]
    lines += [f"    connect \\{port} {value}\n" for port, value in connections.items()]
    return f"  cell {kind} {name}\n{''.join(lines)}  end\n"
