"""Run a cocotb bench on a component: Amaranth to Verilog to Icarus, from a plain pytest function."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from amaranth.back import rtlil
from amaranth.lib import wiring
from amaranth.lib.wiring import In
from cocotb_tools.runner import get_results

from golden.system.running import ToolError
from sim.design import VERILOG_OF_ASSIGNMENTS, translated
from sim.runner import IcarusRunner

TOP = "dut"
ENVIRONMENT = "THREEFACTOR_BENCH"


class BenchError(AssertionError):
    """A bench that failed; the message ends with its log."""


def bench_verilog(component: wiring.Component) -> str:
    """Return the Verilog of ``component``, module ``dut``.

    Other than in the Verilog for synthesis, a word that is read while it is written becomes X, so that a breach of
    the collision rule of rtl/memory.py shows in whatever the word is used for.
    """
    text = rtlil.convert(component, name=TOP, emit_src=False)
    text = text.replace("parameter \\COLLISION_X_MASK 1'0", "parameter \\COLLISION_X_MASK 1'1")
    return translated(text, VERILOG_OF_ASSIGNMENTS)


def _inputs(component: wiring.Component) -> Iterator[str]:
    for path, member, _ in component.signature.flatten(component):
        if member.flow == In:
            yield "__".join(map(str, path))


def run_bench(component: wiring.Component, bench_module: str, parameters: Mapping[str, Any], folder: Path) -> None:
    """Run all cocotb tests of a module on a component, and raise :class:`BenchError` unless all pass.

    Set the environment variable ``WAVES=1`` to get ``dut.fst`` in the folder.

    Parameters
    ----------
    component
        What to test; its ports are those of the Verilog export (``i__valid``, ``i__payload``, ...).
    bench_module
        Name of the module, inside ``sim.benches``.
    parameters
        JSON values that the bench gets from :func:`parameters_of_bench`.
    folder
        Where everything is built; a fresh one for each run.
    """
    (folder / f"{TOP}.v").write_text(bench_verilog(component), encoding="utf-8")
    settings = {"inputs": list(_inputs(component)), "parameters": dict(parameters)}
    log = folder / "test.log"
    runner = IcarusRunner()
    runner.build(
        sources=[folder / f"{TOP}.v"],
        hdl_toplevel=TOP,
        build_dir=folder,
        timescale=("1ns", "1ps"),
        log_file=folder / "build.log",
    )
    results = folder / "results.xml"
    try:
        runner.test(
            hdl_toplevel=TOP,
            test_module=f"sim.benches.{bench_module}",
            build_dir=folder,
            test_dir=folder,
            results_xml=str(results),
            log_file=log,
            extra_env={ENVIRONMENT: json.dumps(settings)},
        )
        ran, failed = get_results(results)
    except (SystemExit, ToolError):  # cocotb's runner leaves with the first when a test fails
        ran, failed = 0, 1
    if failed or not ran:
        raise BenchError(
            f"{bench_module} failed; its log:\n{log.read_text(encoding='utf-8') if log.exists() else 'none'}"
        )


def bench_settings() -> dict[str, Any]:
    """Return what :func:`run_bench` passed on, inside the simulation: ``inputs`` and ``parameters``."""
    settings: dict[str, Any] = json.loads(os.environ[ENVIRONMENT])
    return settings


def parameters_of_bench() -> dict[str, Any]:
    """Return the parameters given to :func:`run_bench`, inside the simulation."""
    parameters: dict[str, Any] = bench_settings()["parameters"]
    return parameters


def require(corners: Counter[str], *names: str) -> None:
    """Fail unless every named corner case was counted at least once."""
    missing = [name for name in names if not corners[name]]
    assert not missing, f"never happened: {', '.join(missing)}"
