"""What a netlist has to do with its board: its pins, its one clock, and the frequency that its PLL makes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from amaranth.build import Pins

from boards.catalogue import Board
from boards.gates.netlist import Netlist
from boards.simulated.platform import OSCILLATOR
from golden.spec.errors import UserError
from rtl.verilog import TOP

_NETLIST = "netlist"
_PIN = re.compile(r"(?P<name>.+)_(?P<number>\d+)__(?:(?P<part>\w+)__)?io")
_CLOCKS = {
    **dict.fromkeys(("SB_DFF", "SB_DFFE", "SB_DFFSR", "SB_DFFSS", "SB_DFFESR", "SB_DFFESS"), ("C",)),
    "SB_RAM40_4K": ("RCLK", "WCLK"),
    "SB_SPRAM256KA": ("CLOCK",),
    "SB_MAC16": ("CLK",),
    "TRELLIS_FF": ("CLK",),
    "TRELLIS_DPR16X4": ("WCK",),
    "DP16KD": ("CLKA", "CLKB"),
}


@dataclass(frozen=True)
class Pin:
    """A pin of the netlist.

    Attributes
    ----------
    name
        In the netlist.
    port
        What simulated boards call it, whose levels are logical (:class:`boards.simulated.platform.SimulatedPlatform`).
    inverted
        Whether a low level is what the port calls 1.
    """

    name: str
    port: str
    inverted: bool

    @property
    def input(self) -> bool:
        """Whether the chip reads it."""
        return self.port.endswith("__i")


def pins(netlist: Netlist, board: Board) -> list[Pin]:
    """The pins of a netlist, which is that of a board's top."""
    return list(_pins(netlist, board))


def _pins(netlist: Netlist, board: Board) -> Iterator[Pin]:
    platform = board.make_platform()
    for name in netlist.ports:
        match = _PIN.fullmatch(name)
        if match is None:
            raise UserError(f"the netlist has a pin {name!r}, which is no resource of board {board.name}")
        resource, part = platform.resources[match["name"], int(match["number"])], match["part"]
        found = next(io for io in resource.ios if part is None or io.name == part)
        signal = found if isinstance(found, Pins) else found.ios[0]
        port = f"{match['name']}_{match['number']}{f'_{part}' if part else ''}"
        port = OSCILLATOR if match["name"] == platform.default_clk else port
        yield Pin(name, f"{port}__{signal.dir}", signal.invert)


def on_pins(netlist: Netlist, board: Board) -> str:
    """The netlist in Verilog, with the ports of a simulated board around it.

    Raises
    ------
    UserError
        It has another clock than that of the board, or several.
    """
    require_one_clock(netlist)
    if abs(clock_hz(netlist, board.pll.crystal_hz) / board.clock_hz - 1) > 1e-9:
        raise UserError(f"the netlist's clock is not that of board {board.name}; remove it and synthesize again")
    found = pins(netlist, board)
    ports = ", ".join(f"{'input' if pin.input else 'output'} {pin.port}" for pin in found)
    lines = [f"module {TOP} ({ports});"]
    for pin in found:
        left, right = (f"at_{pin.name}", pin.port) if pin.input else (pin.port, f"at_{pin.name}")
        lines += [f"wire at_{pin.name};", f"assign {left} = {'~' if pin.inverted else ''}{right};"]
    connected = ", ".join(f".{pin.name}(at_{pin.name})" for pin in found)
    return "\n".join([*lines, f"{_NETLIST} chip ({connected});", "endmodule", netlist.verilog(_NETLIST)])


def require_one_clock(netlist: Netlist) -> None:
    """Raise UserError unless all that waits for a clock waits for the same: the models are written for that.

    A port that is not used waits for none.
    """
    nets = {bit for cell in netlist.cells for port in _CLOCKS.get(cell.kind, ()) for bit in cell.connections[port]}
    nets = {net for net in nets if isinstance(net, int)}
    if len(nets) != 1:
        raise UserError(f"the netlist has {len(nets)} clocks, and the models of its cells are written for one")


def clock_hz(netlist: Netlist, crystal_hz: float) -> float:
    """What the PLL of a netlist makes of a crystal."""
    ((kind, values),) = [(cell.kind, cell.parameters) for cell in netlist.cells if cell.kind in _SETTINGS]
    first, *others = (int(values[name], 2) for name in _SETTINGS[kind])
    if kind == "EHXPLLL":
        return crystal_hz * first / others[0]
    reference, output = others
    return crystal_hz * (first + 1) / (reference + 1) / (1 << output)


_SETTINGS = {"SB_PLL40_PAD": ("DIVF", "DIVR", "DIVQ"), "EHXPLLL": ("CLKFB_DIV", "CLKI_DIV")}
