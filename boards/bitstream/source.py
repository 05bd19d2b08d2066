"""The RTLIL of a design as the tools of a chip read it.

What differs from the design as it is, in the order of the changes:

- **Memories** whose promises are attributes (rtl/memory.py). A word that is read while it is written is undefined, so
  that Yosys adds neither comparators nor a bypass around block RAM. A memory of one port is asked for as single-port
  RAM (``ram_style`` "huge" is iCE40's SPRAM), without initial contents, which Amaranth always writes and SPRAM cannot
  have.
- **Registers** whose signal has the attribute ``keep`` have it themselves: Yosys does not merge equal ones.
- **Names**: see :func:`rtl.netlist.unbracketed`.

The simulators run the same text (``open_backend(..., source=adapted(...))``), and a change that finds nothing raises.
"""

from __future__ import annotations

from rtl.memory import NO_COLLISION, NO_INIT, SINGLE_PORT
from rtl.netlist import (
    Cell,
    Memory,
    NetlistError,
    change_cells,
    change_memories,
    change_modules,
    memories,
    unbracketed,
    wires_with,
)


def adapted(rtlil: str) -> str:
    """The RTLIL of a design as the tools of a chip read it.

    Raises
    ------
    NetlistError
        If there is no memory or no register that these changes are for, a single-port memory has no initial contents
        to drop, a signal that is to be kept is no register, or a name keeps brackets.
    """
    return unbracketed(_kept(_relaxed(rtlil)))


def _relaxed(rtlil: str) -> str:
    found = False

    def relax(module: str) -> str:
        nonlocal found
        attributes = {memory.name: memory.attributes for memory in memories(module)}
        if not attributes:
            return module
        ruled, single = (
            {name for name in attributes if promise in attributes[name]} for promise in (NO_COLLISION, SINGLE_PORT)
        )
        initial = set[str | None]()

        def relax_cell(cell: Cell) -> str:
            nonlocal found
            if cell.kind == "$meminit_v2" and cell.memory in single:
                initial.add(cell.memory)
                return ""
            if cell.kind == "$memrd_v2" and cell.memory in ruled:
                found = True
                mask = cell.parameter("COLLISION_X_MASK")
                width = mask.partition("'")[0]
                return cell.text.replace(f"COLLISION_X_MASK {mask}", f"COLLISION_X_MASK {width}'{'1' * int(width)}")
            return cell.text

        module = change_cells(module, relax_cell)
        if initial != single:
            raise NetlistError(
                f"memories {sorted(single)} of one port have initial contents: {sorted(map(str, initial))}"
            )
        return change_memories(module, _declared)

    text = change_modules(rtlil, relax)
    if not found:
        raise NetlistError(f"the design has no memory with the attribute {NO_COLLISION}")
    return text


def _declared(memory: Memory, declaration: str) -> str:
    if SINGLE_PORT in memory.attributes:
        return declaration.replace(f"attribute \\{SINGLE_PORT} 1", 'attribute \\ram_style "huge"')
    # The zeros of other memories stay, so that the promise to do without them is not passed on.
    return declaration.replace(f"  attribute \\{NO_INIT} 1\n", "")


def _kept(rtlil: str) -> str:
    found = False

    def keep(module: str) -> str:
        nonlocal found
        wanted, kept = wires_with(module, "keep"), set[str]()

        def keep_cell(cell: Cell) -> str:
            if cell.kind != "$dff" or (output := cell.connection("Q")) not in wanted:
                return cell.text
            kept.add(output)
            return f"  attribute \\keep 1\n{cell.text}"

        if not wanted:
            return module
        module, found = change_cells(module, keep_cell), True
        if kept != wanted:
            raise NetlistError(f"signals {sorted(wanted - kept)} are to be kept, and are no registers")
        return module

    text = change_modules(rtlil, keep)
    if not found:
        raise NetlistError("the design has no register that is to be kept")
    return text
