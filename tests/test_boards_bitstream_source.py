"""What the boards make of the RTLIL before Yosys reads it, and that nothing of it is missed in silence."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from amaranth import Module, Signal, unsigned
from amaranth.back import rtlil
from amaranth.hdl import Elaboratable
from amaranth.lib.memory import Memory

from boards.bitstream.source import adapted
from golden.spec.presets import preset_named
from rtl.memory import NO_COLLISION, SCRATCH, SINGLE_PORT
from rtl.netlist import NetlistError, cells_of, memories, unbracketed
from rtl.processor import Processor

TINY = preset_named("tiny")


class Copies(Elaboratable):
    """Two registers with the same contents, of which the first ones are to stay apart, and a memory."""

    def __init__(self, attributes: dict[str, int]) -> None:
        self.i, self.o, self._attributes = Signal(4), Signal(4), attributes

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, second = (Signal(4, name=name, attrs={"keep": 1}) for name in ("first", "second"))
        third = Signal(4, name="third")
        m.submodules.cells = cells = Memory(shape=unsigned(4), depth=16, init=[], attrs=self._attributes)
        read, write = cells.read_port(), cells.write_port()
        m.d.comb += [read.addr.eq(self.i), write.addr.eq(~third), write.data.eq(self.i), write.en.eq(read.en)]
        m.d.sync += [copy.eq(self.i) for copy in (first, second, third)]
        m.d.comb += self.o.eq(first & second | third ^ read.data)
        return m


def text_of(design: Copies) -> str:
    text: str = rtlil.convert(design, ports=[design.i, design.o], emit_src=False)
    return text


def processor(**hardware: object) -> str:
    text: str = rtlil.convert(Processor(replace(TINY, hardware=replace(TINY.hardware, **hardware))), emit_src=False)
    return text


def test_registers_are_kept_where_their_signals_are() -> None:
    cell, output = r" *cell \$dff .*\n(?:    .*\n)*?", r" *connect \\Q \\(?P<name>\S+)"
    register = re.compile(rf"(?P<keep> *attribute \\keep 1\n)?(?: *attribute .*\n)*{cell}{output}")
    found = {match["name"]: match["keep"] is not None for match in register.finditer(adapted(text_of(Copies(SCRATCH))))}
    assert found == {"first": True, "second": True, "third": False}


def test_a_word_that_is_written_is_undefined_when_read_where_that_is_promised() -> None:
    for attributes, mask in ((SCRATCH, "1'1"), ({NO_COLLISION: 1, SINGLE_PORT: 1}, "1'1")):
        (read,) = (cell for cell in cells_of(adapted(text_of(Copies(attributes)))) if cell.kind == "$memrd_v2")
        assert read.parameter("COLLISION_X_MASK") == mask


def test_a_memory_of_one_port_is_single_port_ram_without_contents() -> None:
    promised = [memory.module for memory in memories(processor(single_port=True)) if SINGLE_PORT in memory.attributes]
    assert len(promised) == TINY.network.layers // TINY.hardware.layers_per_core
    text = adapted(processor(single_port=True))
    single = [memory for memory in memories(text) if memory.attributes.get("ram_style") == '"huge"']
    assert [memory.module for memory in single] == promised
    dropped = [cell.memory for cell in cells_of(processor(single_port=True)) if cell.kind == "$meminit_v2"]
    left = [cell.memory for cell in cells_of(text) if cell.kind == "$meminit_v2"]
    assert len(dropped) - len(left) == len(single)
    assert "ram_style" not in adapted(processor(single_port=False))


def test_elements_of_arrays_have_dots() -> None:
    assert unbracketed(r"connect \x[0] \y[1][2].z [3:0]") == r"connect \x.0 \y.1.2.z [3:0]"
    assert "[" not in "".join(memory.module + memory.name for memory in memories(adapted(processor())))
    with pytest.raises(NetlistError, match=r"the name \\x\[y\] has brackets that are no index"):
        unbracketed(r"wire \x[y]")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (r"attribute \no_collision 1", r"attribute \no_colision 1", "no memory with the attribute no_collision"),
        (r"attribute \keep 1", r"attribute \kept 1", "no register that is to be kept"),
        ("cell $dff ", "cell $other ", r"signals \['.*first', '.*second'\] are to be kept, and are no registers"),
        ("cell $meminit_v2", "cell $other", r"memories \['.*cells'\] of one port have initial contents: \[\]"),
    ],
)
def test_nothing_is_missed_in_silence(old: str, new: str, sentence: str) -> None:
    text = text_of(Copies({NO_COLLISION: 1, SINGLE_PORT: 1}))
    assert old in text
    with pytest.raises(NetlistError, match=sentence):
        adapted(text.replace(old, new))
