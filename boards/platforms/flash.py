"""The flash of a board beside its bitstream, on the pins of the chip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from amaranth.hdl import Const, Instance, Module, Value
from amaranth.lib import io


@dataclass(frozen=True)
class Flash:
    """A flash that a chip is configured from, and that it reads later on.

    Attributes
    ----------
    resource
        Name of its resource, number 0.
    size
        Bytes that it has.
    offset
        Where a recording begins, behind the bitstream; a multiple of 64 KiB, the largest block that is erased.
    clock_pin
        Its clock is a pin like any other; else the chip's own (ECP5), which takes a primitive.
    """

    resource: str
    size: int
    offset: int
    clock_pin: bool = True

    @property
    def room(self) -> int:
        """Bytes that a recording may have."""
        return self.size - self.offset

    def make(self, platform: Any, m: Module, flash: Any) -> None:
        """Connect the flash, neither protected nor held, with a reader (``FlashPins`` of rtl/player.py)."""
        pins = platform.request(self.resource, 0, dir="-")
        outputs: dict[str, Value] = {"cs": flash.selected, "copi": flash.copi, "wp": Const(0), "hold": Const(0)}
        if self.clock_pin:
            outputs["clk"] = flash.clock
        else:
            m.submodules.flash_clock = Instance("USRMCLK", i_USRMCLKI=flash.clock, i_USRMCLKTS=Const(0))
        for name, value in outputs.items():
            m.submodules[f"flash_{name}"] = buffer = io.Buffer("o", getattr(pins, name))
            m.d.comb += buffer.o.eq(value)
        m.submodules.flash_cipo = cipo = io.Buffer("i", pins.cipo)
        m.d.comb += flash.cipo.eq(cipo.i)
