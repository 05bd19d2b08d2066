"""The processor on Icarus Verilog through cocotb: an independent simulator, for a few samples."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import get_results, get_runner
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.placement import state_of
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.state import State
from rtl.verilog import TOP
from sim.backends import host, library, stimulus
from sim.backends.interface import Backend, Progress, RunResult, differences
from sim.design import VERILOG_OF_ASSIGNMENTS, processor_rtlil, translated

JOB_VARIABLE = "THREEFACTOR_JOB"
JOB_FILE, INPUT_FILE, OUTPUT_FILE = "job.json", "in.npz", "out.npz"
VERILOG_FILE = "threefactor.v"
_BENCH = "sim.backends.icarus_bench"
_LEFT_OUT = {"WAVES", "GUI", "COCOTB_TEST_FILTER", "COCOTB_TESTCASE"}  # would override what is asked for here


class IcarusBackend(Backend):
    """Each call runs a simulator of its own, from the state that the one before left.

    Parameters
    ----------
    preset
        What to simulate.
    build_folder
        The compiled Verilog is kept here.
    waves
        Waveform to write (FST, which is what Icarus writes under cocotb); later calls replace it.
    stalls
        Seed of random pauses on every stream.
    source
        RTLIL instead of the preset's own.
    """

    def __init__(
        self, preset: Preset, build_folder: Path, *, waves: Path | None, stalls: int | None, source: str | None
    ) -> None:
        super().__init__(preset)
        if shutil.which("iverilog") is None:
            raise UserError("there is no Icarus Verilog; on Debian or Ubuntu type: sudo apt install iverilog")
        self._waves, self._stalls = waves, stalls
        self._runner = get_runner("icarus")
        self._state = State.initial(preset.network)

        def model(work: Path) -> None:
            design = processor_rtlil(preset) if source is None else source
            verilog = translated(design, VERILOG_OF_ASSIGNMENTS)
            (work / VERILOG_FILE).write_text(verilog)
            self._runner.build(
                sources=[work / VERILOG_FILE],
                hdl_toplevel=TOP,
                build_dir=work,
                timescale=("1ns", "1ps"),
                waves=waves is not None,
                log_file=work / "build.log",
            )

        tools = library.versions("cocotb")
        ingredients = [*library.model_ingredients(preset, source, Path(__file__)), *tools, str(waves is not None)]
        self._folder = library.built(build_folder, f"{preset.name}-icarus", ingredients, model)

    def load(self, state: State) -> None:
        self._state = state.copy()

    def state(self) -> State:
        return self._state.copy()

    def run(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        digests: bool = True,
        progress: Progress | None = None,
    ) -> RunResult:
        started = time.perf_counter()
        done = self._simulated(samples, labels, learn=learn, shifts=shifts, digests=digests, traced=False)
        if progress is not None:
            progress(len(samples), len(samples))
        predictions, updated = stimulus.predictions_of(self.preset.network, done["predictions"])
        seconds = time.perf_counter() - started
        return RunResult(predictions, updated, done["digests"], differences(done["cycles"]), seconds)

    def traced(self, sample: NDArray[np.integer], label: int, *, learn: bool, shifts: tuple[int, int]) -> SampleTrace:
        labels = np.array([label], dtype=np.uint8)
        done = self._simulated(sample[None], labels, learn=learn, shifts=shifts, digests=False, traced=True)
        pre = [done[f"pre_{index}"] for index in range(self.preset.network.layers + 1)]
        steps = {name: list(done[name]) for name in ("potentials", "spikes", "post", "counts")}
        return SampleTrace(
            **steps, pre=pre, readout=done["readout"], errors=done.get("errors"), modulators=done.get("modulators")
        )

    def close(self) -> None:
        """Nothing stays open."""

    def _simulated(
        self,
        samples: NDArray[np.integer],
        labels: NDArray[np.uint8],
        *,
        learn: bool,
        shifts: tuple[int, int],
        digests: bool,
        traced: bool,
    ) -> dict[str, NDArray[Any]]:
        network = self.preset.network
        stimulus.checked(network, samples, labels, learn, shifts)
        with tempfile.TemporaryDirectory(prefix="threefactor-") as name:
            folder = Path(name)
            job = {
                "preset": asdict(self.preset),
                "verilog": str(self._folder / VERILOG_FILE),
                "count": len(samples),
                "stalls": self._stalls,
                "digests": digests,
                "traced": traced,
            }
            (folder / JOB_FILE).write_text(json.dumps(job))
            np.savez(
                folder / INPUT_FILE,
                words=stimulus.sample_words(network, samples),
                labels=stimulus.label_words(network, labels, learn),
                requests=np.concatenate([host.shift_writes(shifts), host.state_writes(self.preset, self._state)]),
            )
            self._test(folder)
            with np.load(folder / OUTPUT_FILE) as done:
                arrays = dict(done)
        self._state = state_of(self.preset, arrays)
        return arrays

    def _test(self, folder: Path) -> None:
        log = self._folder.with_suffix(".log")
        results = _without_variables(
            lambda: self._runner.test(
                test_module=_BENCH,
                hdl_toplevel=TOP,
                hdl_toplevel_lang="verilog",
                build_dir=self._folder,
                test_dir=folder,
                results_xml=str(folder / "results.xml"),
                extra_env={JOB_VARIABLE: str(folder)},
                plusargs=[f"+dumpfile_path={folder / 'waves.fst'}"] if self._waves else [],
                waves=self._waves is not None,
                log_file=log,
            )
        )
        tests, failed = get_results(results)
        if tests != 1 or failed:
            raise RuntimeError(f"the bench on Icarus Verilog failed; its output is in {log}")
        if self._waves is not None:
            shutil.copyfile(folder / "waves.fst", self._waves)


def _without_variables(action: Callable[[], Path]) -> Path:
    """Run ``action`` without the environment variables that steer cocotb from outside."""
    kept = {name: os.environ.pop(name) for name in _LEFT_OUT if name in os.environ}
    try:
        return action()
    finally:
        os.environ.update(kept)
