"""The processor on Icarus Verilog through cocotb: an independent simulator, for a few samples."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import get_results
from numpy.typing import NDArray

from golden.network import SampleTrace
from golden.placement import state_of
from golden.spec.config import Preset
from golden.spec.presetfile import written
from golden.spec.settings import Settings
from golden.state import State
from golden.system import tools
from golden.system.running import ToolError
from golden.system.store import built
from golden.system.temporary import scratch_folder
from golden.system.writing import write_text, written_file
from rtl.verilog import TOP, processor_rtlil
from sim.backends import library, requests, stimulus
from sim.backends.interface import Backend, Progress, RunResult, differences
from sim.design import VERILOG_OF_ASSIGNMENTS, translated
from sim.runner import IcarusRunner

JOB_VARIABLE = "THREEFACTOR_JOB"
JOB_FILE, INPUT_FILE, OUTPUT_FILE = "job.json", "in.npz", "out.npz"
VERILOG_FILE = "threefactor.v"
_DUMP_FILE = "dump.v"
# Cocotb's own names the file by its full path, which the locale may not be able to encode, nor vvp to read.
_DUMP = f"""module dump();
initial begin
    string path;
    if ($value$plusargs("dumpfile_path=%s", path)) $dumpfile(path);
    $dumpvars(0, {TOP});
end
endmodule
"""
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
        tools.icarus()
        self._waves, self._stalls = waves, stalls
        self._runner = IcarusRunner()
        self._state = State.initial(preset.network)

        def model(work: Path) -> None:
            design = processor_rtlil(preset) if source is None else source
            verilog = translated(design, VERILOG_OF_ASSIGNMENTS)
            (work / VERILOG_FILE).write_text(verilog, encoding="utf-8")
            (work / _DUMP_FILE).write_text(_DUMP, encoding="utf-8")
            self._runner.build(
                sources=[work / VERILOG_FILE, *([work / _DUMP_FILE] if waves is not None else [])],
                hdl_toplevel=TOP,
                build_dir=work,
                build_args=["-s", "dump"] if waves is not None else [],
                timescale=("1ns", "1ps"),
            )

        ingredients = library.model_ingredients(preset, source, Path(__file__))
        ingredients += [*tools.versions("cocotb"), str(waves is not None)]
        self._folder = built(build_folder, f"{preset.name}-icarus", ingredients, model)
        self.product = self._folder.name

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
        settings: Settings | None = None,
        digests: bool = True,
        progress: Progress | None = None,
    ) -> RunResult:
        started = time.perf_counter()
        done = self._simulated(
            samples, labels, learn=learn, shifts=shifts, settings=settings, digests=digests, traced=False
        )
        if progress is not None:
            progress(len(samples), len(samples))
        predictions, updated = stimulus.predictions_of(self.preset.network, done["predictions"])
        seconds = time.perf_counter() - started
        return RunResult(predictions, updated, done["digests"], differences(done["cycles"]), seconds)

    def traced(
        self,
        sample: NDArray[np.integer],
        label: int,
        *,
        learn: bool,
        shifts: tuple[int, int],
        settings: Settings | None = None,
    ) -> SampleTrace:
        labels = np.array([label])
        done = self._simulated(
            sample[None], labels, learn=learn, shifts=shifts, settings=settings, digests=False, traced=True
        )
        pre = [done[f"pre_{index}"] for index in range(self.preset.network.layers + 1)]
        steps: dict[str, Any] = {name: list(done[name]) for name in ("potentials", "spikes", "post", "counts")}
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
        settings: Settings | None,
        digests: bool,
        traced: bool,
    ) -> dict[str, NDArray[Any]]:
        network = self.preset.network
        stimulus.checked(network, samples, labels, learn, shifts)
        registers = requests.register_writes(self.preset, learn=learn, shifts=shifts, settings=settings)
        with scratch_folder("icarus") as folder:
            job = {
                "preset": written(self.preset),
                "verilog": str(self._folder / VERILOG_FILE),
                "count": len(samples),
                "stalls": self._stalls,
                "digests": digests,
                "traced": traced,
            }
            (folder / JOB_FILE).write_text(json.dumps(job), encoding="utf-8")
            np.savez(
                folder / INPUT_FILE,
                words=stimulus.sample_words(network, samples),
                labels=stimulus.label_words(network, labels, learn),
                requests=np.concatenate([registers, requests.state_writes(self.preset, self._state)]),
            )
            self._test(folder)
            with np.load(folder / OUTPUT_FILE) as done:
                arrays = dict(done)
        self._state = state_of(self.preset, arrays)
        return arrays

    def _test(self, folder: Path) -> None:
        log = self._folder.with_suffix(".log")
        output = folder / "output"
        try:
            results = _without_variables(
                lambda: self._runner.test(
                    test_module=_BENCH,
                    hdl_toplevel=TOP,
                    hdl_toplevel_lang="verilog",
                    build_dir=self._folder,
                    test_dir=folder,
                    results_xml=str(folder / "results.xml"),
                    extra_env={JOB_VARIABLE: str(folder)},
                    plusargs=["+dumpfile_path=waves.fst"] if self._waves else [],
                    waves=self._waves is not None,
                    log_file=output,
                )
            )
            tests, failed = get_results(results)
            said = output.read_text(encoding="utf-8")
        except ToolError as error:
            tests, failed, said = 0, 1, error.output
        if tests != 1 or failed:
            write_text(log, said)
            raise RuntimeError(f"the bench on Icarus Verilog failed; its output is in {log}")
        if self._waves is not None:
            with written_file(self._waves, "waves file") as temporary:
                shutil.copyfile(folder / "waves.fst", temporary)


def _without_variables(action: Callable[[], Path]) -> Path:
    """Run ``action`` without the environment variables that steer cocotb from outside."""
    kept = {name: os.environ.pop(name) for name in _LEFT_OUT if name in os.environ}
    try:
        return action()
    finally:
        os.environ.update(kept)
