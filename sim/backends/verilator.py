"""Compile a processor with Verilator, without make or perl."""

from __future__ import annotations

import os
from pathlib import Path

from golden.spec.config import Preset
from golden.system import tools
from golden.system.running import run_checked
from golden.system.store import built
from rtl.verilog import TOP
from sim.backends import library
from sim.backends.probes import probes
from sim.design import VERILOG, VERILOG_OF_ASSIGNMENTS, on_both_edges, translated

PACKAGE = "verilator"
_OPTIONS = ("--cc", "--top-module", TOP, "--prefix", "Vthreefactor", "--Mdir", ".", "--no-timing", "--no-assert")
_FAST = ("-O3", "--x-assign", "fast", "--x-initial", "fast", "-Wno-fatal", "-Wno-WIDTH", "-Wno-UNOPTFLAT")
_CXX = (
    "-std=c++20",
    "-fPIC",
    "-pthread",
    "-fvisibility=hidden",
    "-DVL_TIME_CONTEXT",
    "-DVM_COVERAGE=0",
    "-DVM_SC=0",
    "-DVM_TIMING=0",
)
_TRACED = ("-DVM_TRACE=1", "-DVM_TRACE_VCD=1")
_LINK = ("-shared", "-fno-semantic-interposition")


def flags(*, waves: bool) -> list[str]:
    """Flags of the C++ compiler."""
    return [*_CXX, *(_TRACED if waves else ("-DVM_TRACE=0",))]


def compile_model(model: library.Model, work: Path) -> None:
    """Compile to ``model.so`` in ``work``."""
    package = tools.package_folder("verilator")
    command = [*model.command, f"-I{package / 'include'}", f"-I{package / 'include' / 'vltstd'}"]
    parts = ["verilated", "verilated_threads", *(["verilated_vcd_c"] if model.waves else [])]

    def runtime(work: Path) -> None:
        for part in parts:
            unit = package / "include" / f"{part}.cpp"
            run_checked([*command, "-c", unit, "-o", f"{part}.o"], work)

    versions = [*tools.versions(PACKAGE), tools.compiler_version(tools.compiler()[-1])]
    objects = built(model.folder, "verilator-runtime", [*versions, *command, *parts], runtime)
    verilog = translated(model.design, VERILOG_OF_ASSIGNMENTS if model.waves else VERILOG)
    if not model.waves:
        verilog = on_both_edges(verilog)
    (work / "threefactor.v").write_text(verilog, encoding="utf-8")
    (work / "public.vlt").write_text(_public(model.preset), encoding="utf-8")
    run_checked(
        [
            package / "bin" / "verilator_bin",
            *(*_OPTIONS, *_FAST, *(["--trace-vcd"] if model.waves else [])),
            *("public.vlt", "threefactor.v"),
        ],
        work,
        variables={"VERILATOR_ROOT": str(package)},
    )
    # One translation unit compiles faster than many, and optimises across them.
    units = [str(library.NATIVE / "verilator.cpp"), *sorted(file.name for file in work.glob("Vthreefactor*.cpp"))]
    (work / "unit.cc").write_bytes(b"".join(b'#include "%s"\n' % os.fsencode(unit) for unit in units))
    run_checked(
        [*command, *_LINK, "-I.", f"-I{library.NATIVE}", "unit.cc"]
        + [str(objects / f"{part}.o") for part in parts]
        + ["-o", "model.so"],
        work,
    )


def _public(preset: Preset) -> str:
    """Configuration that keeps what is looked into visible; stars stand for the numbers that Amaranth adds."""
    lines = (
        f'public_flat_rd -module "{TOP}.{"*.".join(probe.path.split("."))}*" -var "{probe.name}"'
        for probe in probes(preset)
    )
    return "\n".join(["`verilator_config", *dict.fromkeys(lines), ""])
