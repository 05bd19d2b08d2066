"""The simulators by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from golden.spec.config import Preset
from golden.spec.errors import UserError, nearest
from golden.system import places
from golden.system.writing import require_writable
from rtl.verilog import processor_rtlil
from sim.backends.interface import Backend
from sim.backends.probes import Cover
from sim.poison import poisoned

BACKENDS = ("verilator", "cxxrtl", "icarus")
WAVES = {"verilator": ".vcd", "cxxrtl": ".vcd", "icarus": ".fst"}
"""Format of waves that each writes, as file names end."""


def open_backend(
    name: str,
    preset: Preset,
    *,
    build_folder: Path | None = None,
    waves: Path | None = None,
    stalls: int | None = None,
    optimize: str = "-O2",
    source: str | None = None,
    poison: bool = False,
    covers: Sequence[Cover] = (),
) -> Backend:
    """Build the processor of a preset for a simulator, unless it is built already, and open it.

    Parameters
    ----------
    name
        ``verilator``: the fastest on wide cores; ``cxxrtl``: compiles fastest; ``icarus``: cocotb on Icarus Verilog,
        an independent event-driven simulator, for a few samples.
    preset
        What to simulate.
    build_folder
        Models are kept here; by default in ``build/sim``, or in the user's cache where that cannot be written.
    waves
        File for the waveform, in the format that its name ends in (WAVES). Slow: for a few samples.
    stalls
        Seed of random pauses on every stream; none by default.
    optimize
        Flag of the C++ compiler for the compiled backends.
    source
        RTLIL of the processor instead of the one that the preset generates: a changed processor, to see what finds it,
        or the one that is built (boards.bitstream.source.adapted).
    poison
        Have a breach of what memories promise change results (sim.poison).
    covers
        Events to count; compiled backends only.

    Raises
    ------
    UserError
        If there is no such backend, it does not write such waves, a tool is missing, or a build fails.
    """
    if name not in BACKENDS:
        raise UserError(f"there is no simulator {name!r}; choose one of {', '.join(BACKENDS)}{nearest(name, BACKENDS)}")
    build_folder = places.build_folder("sim") if build_folder is None else build_folder
    if waves is not None:
        _require_format(waves, name)
        require_writable(waves, "waves file")  # before minutes are spent on the model
    if poison:
        source = poisoned(processor_rtlil(preset) if source is None else source)
    # Imported late: each needs packages of its own.
    if name == "icarus":
        from sim.backends.icarus import IcarusBackend

        return IcarusBackend(preset, build_folder, waves=waves, stalls=stalls, source=source)
    from sim.backends import cxxrtl, library, verilator
    from sim.backends.compiled import CompiledBackend

    simulator: library.Simulator = verilator if name == "verilator" else cxxrtl
    probes = list(dict.fromkeys(probe for cover in covers for probe, _ in cover.terms))
    model = library.library(
        simulator, preset, build_folder, waves=waves is not None, optimize=optimize, source=source, probes=probes
    )
    return CompiledBackend(preset, model, waves=waves, stalls=stalls, covers=covers)


def _require_format(waves: Path, name: str) -> None:
    """Raise UserError unless a backend writes waves of the format that a file's name ends in."""
    suffix = waves.suffix.lower()
    if suffix not in WAVES.values():
        known = " or ".join(sorted(set(WAVES.values())))
        raise UserError(f"waves file {waves} must end in {known}; {name} writes {WAVES[name]}")
    if suffix != WAVES[name]:
        able = " or ".join(backend for backend, format_ in WAVES.items() if format_ == suffix)
        raise UserError(
            f"{name} writes {WAVES[name]} and no {suffix}; name the waves file {waves.with_suffix(WAVES[name]).name} "
            f"or choose backend {able}"
        )
