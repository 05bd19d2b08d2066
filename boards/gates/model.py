"""Synthesize a board's design, and compile the netlist that comes of it."""

from __future__ import annotations

from pathlib import Path

from boards.bitstream.build import key_of, planned
from boards.bitstream.flow import FLOWS
from boards.catalogue import Board
from boards.gates.cells import models
from boards.gates.netlist import Netlist
from boards.gates.pins import on_pins, pins
from boards.simulated.model import NATIVE, pins_header
from golden.spec.config import Preset
from golden.system import places, tools
from golden.system.running import run_checked
from golden.system.store import built, stored
from sim.backends import verilator

NETLIST = "top.json"
_INPUTS = ("top.il", "top.ys")  # the files of a build that decide its netlist
# What is undefined differs from cell to cell, and is drawn when the power comes.
_UNDEFINED = ("--x-assign", "unique", "--x-initial", "unique")


def synthesized(preset: Preset, board: Board, *, cache: Path | None = None) -> Path:
    """Return the netlist of a preset on a board, synthesized unless it is there already.

    It is made of the very files that :func:`boards.bitstream.build.build` starts from, by the same script and tool.

    Parameters
    ----------
    preset, board
        What for what.
    cache
        Where it is kept; by default a folder in the user's cache.

    Raises
    ------
    UserError
        If the tool is missing, or fails.
    """
    board = board.for_preset(preset.name)
    files, _ = planned(board, board.adapted(preset), "")
    given = {name: files[name] for name in _INPUTS}
    flow = FLOWS[board.family]
    key = key_of(given, {package: version for package, version in flow.versions().items() if "nextpnr" not in package})
    command = flow.commands_found()["YOSYS"]

    def fill(work: Path) -> None:
        for name, content in given.items():
            (work / name).write_bytes(content)
        run_checked([command, "-q", "-l", "top.rpt", "top.ys"], work, variables={"PYTHONHASHSEED": "0"})

    folder = places.cache_folder() / "netlists" if cache is None else cache
    return stored(folder, f"{preset.name}-{board.name}-{key}", fill) / NETLIST


def compiled_gates(netlist: Netlist, preset: Preset, board: Board, *, folder: Path | None = None) -> Path:
    """Return the shared library of a netlist with the interface of boards/simulated/native/board.cpp.

    Parameters
    ----------
    netlist
        Of the preset on the board.
    preset, board
        What was synthesized for what.
    folder
        Build folder; by default that of the simulators.

    Raises
    ------
    UserError
        If there is no model of a cell, a tool is missing, or the build fails.
    """
    folder = places.build_folder("sim") if folder is None else folder
    board = board.for_preset(preset.name)
    verilog = models(board.family, netlist.count()) + on_pins(netlist, board)
    header = pins_header([pin.port for pin in pins(netlist, board)], halves=True)
    compiler = tools.compiler()
    command = [*compiler, *verilator.flags(waves=False), "-O1"]

    def fill(work: Path) -> None:
        (work / "pins.h").write_text(header, encoding="utf-8")
        verilator.compile_verilog(
            verilog, NATIVE / "board.cpp", work, command=command, folder=folder, options=_UNDEFINED
        )

    ingredients: list[str | bytes] = [verilog, header, *command[len(compiler) :], *_UNDEFINED]
    ingredients += [*tools.versions(verilator.PACKAGE), tools.compiler_version(compiler[-1])]
    ingredients += [file.read_bytes() for file in (*sorted(NATIVE.iterdir()), Path(verilator.__file__))]
    return built(folder, f"{preset.name}-{board.name}-gates", ingredients, fill) / "model.so"
