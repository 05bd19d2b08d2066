"""Compile a processor with Verilator, without make or perl."""

from __future__ import annotations

from pathlib import Path

from golden.spec.config import Preset
from rtl.verilog import TOP
from sim import build
from sim.design import VERILOG, processor_rtlil, translated

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
_PUBLIC = """`verilator_config
public_flat_rd -module "threefactor.*" -var "cells"
public_flat_rd -module "threefactor.*" -var "state_*"
public_flat_rd -module "threefactor.readout" -var "summing"
public_flat_rd -module "threefactor.*eligibility*" -var "bank"
public_flat_rd -module "threefactor.teacher" -var "o__payload"
public_flat_rd -module "threefactor.modulators*" -var "modulators"
"""


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
    package, compiler = build.package_folder("verilator"), build.compiler()
    tools = [*build.versions("verilator"), build.compiler_version(compiler[-1])]
    flags = [*_CXX, optimize, *(_TRACED if waves else ("-DVM_TRACE=0",))]
    include = [f"-I{package / 'include'}", f"-I{package / 'include' / 'vltstd'}"]
    parts = ["verilated", "verilated_threads", *(["verilated_vcd_c"] if waves else [])]

    def runtime(work: Path) -> None:
        for part in parts:
            unit = package / "include" / f"{part}.cpp"
            build.run_tool([*compiler, *flags, *include, "-c", unit, "-o", f"{part}.o"], folder=work)

    objects = build.built(folder, "verilator-runtime", [*tools, *flags, *parts], runtime)

    def model(work: Path) -> None:
        (work / "threefactor.v").write_text(translated(processor_rtlil(preset) if source is None else source, VERILOG))
        (work / "public.vlt").write_text(_PUBLIC)
        (work / "ports.h").write_text(build.ports_header(preset))
        trace = ["--trace-vcd"] if waves else []
        build.run_tool(
            [package / "bin" / "verilator_bin", *_OPTIONS, *_FAST, *trace, "public.vlt", "threefactor.v"],
            folder=work,
            variables={"VERILATOR_ROOT": str(package)},
        )
        # One translation unit compiles faster than many, and optimises across them.
        units = [build.NATIVE / "verilator.cpp", *(file.name for file in sorted(work.glob("Vthreefactor*.cpp")))]
        (work / "unit.cc").write_text("".join(f'#include "{unit}"\n' for unit in units))
        build.run_tool(
            [*compiler, *flags, *_LINK, "-I.", f"-I{build.NATIVE}", *include, "unit.cc"]
            + [str(objects / f"{part}.o") for part in parts]
            + ["-o", "model.so"],
            folder=work,
        )

    ingredients = [*build.model_ingredients(preset, source, Path(__file__)), *tools, *flags]
    return build.built(folder, f"{preset.name}-verilator", ingredients, model) / "model.so"
