"""Compile a processor with Verilator, without make or perl."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from golden.system import tools
from golden.system.running import run_checked
from golden.system.store import built
from rtl.verilog import TOP
from sim.backends import library
from sim.backends.probes import Probe, memories_of, probes
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
    script = VERILOG_OF_ASSIGNMENTS if model.waves else VERILOG
    verilog = translated(model.design, script)
    compile_verilog(
        verilog if model.waves else on_both_edges(verilog),
        library.NATIVE / "verilator.cpp",
        work,
        command=model.command,
        folder=model.folder,
        waves=model.waves,
        visible=_visible((*probes(model.preset), *memories_of(model.design), *model.probes)),
    )


def compile_verilog(
    verilog: str,
    harness: Path,
    work: Path,
    *,
    command: Sequence[str],
    folder: Path,
    waves: bool = False,
    visible: Sequence[str] = (),
    options: Sequence[str] = (),
) -> None:
    """Compile a design and the C++ around it to ``model.so`` in ``work``.

    Parameters
    ----------
    verilog
        The design, whose top is called as :data:`rtl.verilog.TOP` and becomes the class ``Vthreefactor``.
    harness
        C++ that includes its header; it finds what is beside it and in ``work``.
    work
        Folder to fill.
    command
        C++ compiler with its flags.
    folder
        Build folder, for what models have in common.
    waves
        Whether it writes waves (VCD).
    visible
        Lines of Verilator's configuration that keep signals visible.
    options
        More of Verilator's options, which come last.
    """
    package = tools.package_folder("verilator")
    command = [*command, f"-I{package / 'include'}", f"-I{package / 'include' / 'vltstd'}"]
    parts = ["verilated", "verilated_threads", *(["verilated_vcd_c"] if waves else [])]

    def runtime(work: Path) -> None:
        for part in parts:
            unit = package / "include" / f"{part}.cpp"
            run_checked([*command, "-c", unit, "-o", f"{part}.o"], work)

    versions = [*tools.versions(PACKAGE), tools.compiler_version(tools.compiler()[-1])]
    objects = built(folder, "verilator-runtime", [*versions, *command, *parts], runtime)
    (work / "threefactor.v").write_text(verilog, encoding="utf-8")
    (work / "visible.vlt").write_text("\n".join(["`verilator_config", *visible, ""]), encoding="utf-8")
    run_checked(
        [
            package / "bin" / "verilator_bin",
            *(*_OPTIONS, *_FAST, *(["--trace-vcd"] if waves else []), *options),
            *("visible.vlt", "threefactor.v"),
        ],
        work,
        variables={"VERILATOR_ROOT": str(package)},
    )
    # One translation unit compiles faster than many, and optimises across them.
    units = [str(harness), *sorted(file.name for file in work.glob("Vthreefactor*.cpp"))]
    (work / "unit.cc").write_bytes(b"".join(b'#include "%s"\n' % os.fsencode(unit) for unit in units))
    run_checked(
        [*command, *_LINK, "-I.", f"-I{harness.parent}", "unit.cc"]
        + [str(objects / f"{part}.o") for part in parts]
        + ["-o", "model.so"],
        work,
    )


def _visible(looked_into: Iterable[Probe]) -> list[str]:
    """Configuration that keeps what is looked into visible; stars stand for the numbers that Amaranth adds."""
    lines = (
        f'public_flat_rd -module "{TOP}.{"*.".join(probe.path.split("."))}*" -var "{probe.name}"'
        for probe in looked_into
    )
    return list(dict.fromkeys(lines))
