"""The pins and the clock of a board in simulation."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from types import SimpleNamespace
from typing import Any, Self

from amaranth.build import Pins
from amaranth.hdl import Const, Module, Signal
from amaranth.lib import io

from boards.catalogue import Board
from boards.platforms.flash import Flash

OSCILLATOR, FLASH = "oscillator", "flash_0"
_DIRECTIONS = {"i": io.Direction.Input, "o": io.Direction.Output}


@dataclass(frozen=True)
class SimulatedClock:
    """Instead of a PLL: the oscillator, which runs at the clock of the processor.

    Attributes
    ----------
    clock_hz
        Of both.
    """

    clock_hz: float

    def make(self, platform: Any, m: Module, clock: Signal) -> Any:
        """Connect the oscillator to ``clock``, and return its lock, which is there from the start."""
        m.submodules.oscillator = oscillator = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        m.d.comb += clock.eq(oscillator.i)
        return Const(1)


class SimulatedFlash(Flash):
    """Instead of a flash with a clock of its own sort: four pins, whatever the board."""

    @classmethod
    def of(cls, flash: Flash) -> Self:
        """The same flash."""
        return cls(**asdict(flash))

    def make(self, platform: Any, m: Module, flash: Any) -> None:
        for name, value in (("cs", flash.selected), ("clk", flash.clock), ("copi", flash.copi)):
            m.submodules[f"flash_{name}"] = buffer = io.Buffer("o", platform.port(f"{FLASH}_{name}", "o"))
            m.d.comb += buffer.o.eq(value)
        m.submodules.flash_cipo = cipo = io.Buffer("i", platform.port(f"{FLASH}_cipo", "i"))
        m.d.comb += flash.cipo.eq(cipo.i)


class SimulatedPlatform:
    """A platform with the resources of a board, where every pin that is requested becomes a port of the design.

    Ports are called ``resource_number`` or ``resource_number_part``, followed by ``__i`` or ``__o``; that of the
    clock is ``oscillator__i``. Levels are logical: what a board inverts is inverted neither inside nor outside.

    Parameters
    ----------
    board
        Whose resources it has.

    Attributes
    ----------
    resources
        What the board has, by name and number.
    default_clk
        Name of the oscillator.
    ports
        Signals of the pins that were requested.
    """

    def __init__(self, board: Board) -> None:
        platform = board.make_platform()
        self.resources = platform.resources
        self.default_clk: str = platform.default_clk
        self.ports: list[Signal] = []

    def request(self, name: str, number: int = 0, *, dir: str) -> Any:  # noqa: A002 - Amaranth's word
        """Return the port of a resource, or its parts by name, as Amaranth does for ``dir="-"``."""
        if dir != "-":
            raise ValueError(f"dir must be '-', not {dir!r}: buffers are made by whoever requests pins")
        ios = self.resources[name, number].ios
        port = OSCILLATOR if name == self.default_clk else f"{name}_{number}"
        if isinstance(ios[0], Pins):
            return self.port(port, ios[0].dir, len(ios[0].names))
        # Parts of other directions are no part of any line.
        parts = (part for part in ios if part.ios[0].dir in _DIRECTIONS)
        return SimpleNamespace(
            **{part.name: self.port(f"{port}_{part.name}", part.ios[0].dir, len(part.ios[0].names)) for part in parts}
        )

    def port(self, name: str, direction: str, width: int = 1) -> io.SimulationPort:
        """A port of the design, ``i`` or ``o``, that is no resource of the board."""
        port = io.SimulationPort(_DIRECTIONS[direction], width, name=name)
        self.ports.append(port.i if direction == "i" else port.o)
        return port
