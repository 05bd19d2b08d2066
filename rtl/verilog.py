"""Verilog of a processor, for any tools."""

from __future__ import annotations

from dataclasses import dataclass

from amaranth._toolchain.yosys import find_yosys
from amaranth.back import rtlil

from golden.spec.config import Preset
from golden.spec.memmap import regions
from golden.spec.ports import describe
from rtl.memory import NO_COLLISION, NO_INIT, SINGLE_PORT
from rtl.netlist import Cell, Memory, change_cells, change_memories, change_modules, memories, unbracketed, undollared
from rtl.processor import Processor

TOP = "threefactor"
# As Amaranth writes Verilog.
_SCRIPT = "proc -nomux -norom\nmemory_collect\nwrite_verilog -norename"


@dataclass(frozen=True)
class Contents:
    """What a memory of the Verilog needs.

    Attributes
    ----------
    memory
        Path of its module below the top, and its name.
    words, bits
        Its size.
    initial
        Whether it must start with the contents of its ``initial`` block. Otherwise it has no such block and may start
        with anything: every word is written before it is used, by the processor or, in weights of a single port, by
        the host.
    """

    memory: str
    words: int
    bits: int
    initial: bool


def processor_rtlil(preset: Preset) -> str:
    """Return the RTLIL of the preset's processor, module ``threefactor``, ports named like its streams.

    Names have no brackets and no dollar in front, which some tools do not read.

    Raises
    ------
    ConfigurationError
        If the host cannot address it.
    """
    regions(preset)  # a refusal in the midst of elaborating would leave modules that Amaranth warns of
    text: str = rtlil.convert(Processor(preset), name=TOP, emit_src=False)
    return undollared(unbracketed(text))


def processor_verilog(preset: Preset) -> tuple[str, list[Contents]]:
    """Return the Verilog of the preset's processor, and what its memories need.

    It has no attributes for certain tools or chips. A comment in front tells of the ports and the memories.
    """
    design = processor_rtlil(preset)
    needed = contents_needed(design)
    given = f"read_rtlil <<end_of_design\n{without_needless_contents(design)}\nend_of_design\n{_SCRIPT}"
    # Yosys warns of processes in general, and those that Amaranth writes can be translated.
    text: str = find_yosys(lambda version: version >= (0, 40)).run(["-q", "-"], given, ignore_warnings=True)
    return f"{_header(preset, needed)}\n{text}", needed


def contents_needed(design: str) -> list[Contents]:
    """What the memories of a processor need, from its RTLIL."""
    return [
        Contents(
            memory=f"{memory.module}.{memory.name[1:]}".removeprefix(f"\\{TOP}."),
            words=memory.depth,
            bits=memory.width,
            initial=NO_INIT not in memory.attributes,
        )
        for memory in memories(design)
    ]


def without_needless_contents(design: str) -> str:
    """RTLIL with initial contents only where they matter, and without the attributes that promise it."""

    def change(module: str) -> str:
        needless = {memory.name for memory in memories(module) if NO_INIT in memory.attributes}

        def drop(cell: Cell) -> str:
            return "" if cell.kind == "$meminit_v2" and cell.memory in needless else cell.text

        return change_memories(change_cells(module, drop) if needless else module, _without_promises)

    return change_modules(design, change)


def _without_promises(_: Memory, declaration: str) -> str:
    for promise in (NO_COLLISION, NO_INIT, SINGLE_PORT):
        declaration = declaration.replace(f"  attribute \\{promise} 1\n", "")
    return declaration


def _header(preset: Preset, needed: list[Contents]) -> str:
    lines = [
        f"Threefactor: the processor of preset {preset.name}, for any tools.",
        "",
        "Streams: <name>__valid, <name>__ready, <name>__payload, with fields from the lowest bit up:",
        *(f"  {line}" for line in describe(preset).splitlines()),
        "",
        "Memories that must start with the contents of their initial block:",
        *(_line(memory) for memory in needed if memory.initial),
        "Memories that may start with anything, and are never read at the word that is being written:",
        *(_line(memory) for memory in needed if not memory.initial),
    ]
    return "".join(f"// {line}".rstrip() + "\n" for line in lines)


def _line(memory: Contents) -> str:
    return f"  {memory.memory}: {memory.words} x {memory.bits} bits"
