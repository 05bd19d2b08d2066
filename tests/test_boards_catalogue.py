"""What the boards make of the RTLIL before Yosys reads it."""

from __future__ import annotations

import re

from amaranth import Module, Signal
from amaranth.back import rtlil
from amaranth.hdl import Elaboratable

from boards.catalogue import kept


class Copies(Elaboratable):
    """Two registers with the same contents; the first ones are to stay apart."""

    def __init__(self) -> None:
        self.i, self.o = Signal(4), Signal(4)

    def elaborate(self, platform: object) -> Module:
        m = Module()
        first, second = (Signal(4, name=name, attrs={"keep": 1}) for name in ("first", "second"))
        third = Signal(4, name="third")
        m.d.sync += [copy.eq(self.i) for copy in (first, second, third)]
        m.d.comb += self.o.eq(first & second | third)
        return m


def test_registers_are_kept_where_their_signals_are() -> None:
    design = Copies()
    text = rtlil.convert(design, ports=[design.i, design.o])
    cell, output = r" *cell \$dff .*\n(?:    .*\n)*?", r" *connect \\Q \\(?P<name>\S+)"
    register = re.compile(rf"(?P<keep> *attribute \\keep 1\n)?(?: *attribute .*\n)*{cell}{output}")
    found = {match["name"]: match["keep"] is not None for match in register.finditer(kept(text))}
    assert found == {"first": True, "second": True, "third": False}
