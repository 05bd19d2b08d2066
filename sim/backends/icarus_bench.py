"""The cocotb side of sim/backends/icarus.py: runs in the simulator's process, one job and then it ends."""

from __future__ import annotations

import json
import os
import random
import re
from pathlib import Path
from typing import Any

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly
from numpy.typing import NDArray

from golden.digest import weighted_sum
from golden.placement import placements
from golden.spec.config import Preset
from golden.spec.memmap import Region, regions
from golden.spec.presetfile import preset_of
from sim.backends import requests
from sim.backends.icarus import INPUT_FILE, JOB_FILE, JOB_VARIABLE, OUTPUT_FILE
from sim.backends.probes import WATCHED, Probe, is_memory, storages
from sim.backends.tracing import Tracer

_PERIOD = 10  # ns
_PATIENCE = 1_000_000  # cycles without a transfer


class _Signals:
    """Modules by their path, without the numbers that Amaranth adds to some names."""

    def __init__(self, dut: Any, verilog: Path) -> None:
        self._dut = dut
        paths = re.findall(r"^module \\?threefactor\.(\S+?)\s*\(", verilog.read_text(encoding="utf-8"), re.MULTILINE)
        self._paths = {re.sub(r"\$\d+(?=\.|$)", "", path): path for path in paths}

    def find(self, probe: Probe) -> Any:
        handle = self._dut
        for part in [*self._paths[probe.path].split("."), probe.name]:
            handle = handle[part]
        return handle

    def probe(self, probe: Probe) -> int:
        return int(self.find(probe).value)

    def elements(self, region: Region) -> NDArray[np.int64]:
        """All elements of a region, read from the memory."""
        values: list[int] = []
        for storage in storages(region):
            memory = self.find(storage.probe)
            if not is_memory(storage.probe):
                values.append(int(memory.value))
                continue
            words = [int(memory[row].value) for row in range(len(memory))]
            lanes = len(memory[0]) // region.form.bits
            mask = (1 << region.form.bits) - 1
            every = [word >> lane * region.form.bits & mask for word in words for lane in range(lanes)]
            values += every[: storage.elements]
        return np.array([region.value(value) for value in values], dtype=np.int64)

    def digest(self, preset: Preset) -> int:
        """Digest of the state in the memories, as golden.state.State has it."""
        parts = (weighted_sum(self.elements(p.region), p.coefficients()) for p in placements(preset))
        return sum(parts) & 0xFFFF_FFFF_FFFF_FFFF


class _Ports:
    """Streams of the processor with random stalls. Inputs change at the falling edge, outputs are read after it."""

    def __init__(self, dut: Any, cores: int, stalls: int | None) -> None:
        self.dut, self.cores = dut, cores
        self._random = None if stalls is None else random.Random(stalls)
        self._offered: dict[str, bool] = {}
        for name in ("i_sample", "i_label", "i_request"):
            self._port(name, "valid").value = 0
            self._port(name, "payload").value = 0
        for name in ("o_prediction", "o_response", *(f"o_spikes__{core}" for core in range(cores))):
            self._port(name, "ready").value = 0
        dut.rst.value = 0

    def _port(self, stream: str, member: str) -> Any:
        return getattr(self.dut, f"{stream}__{member}")

    def go(self) -> bool:
        return self._random is None or self._random.random() < 0.5

    def offer(self, stream: str, words: NDArray[Any], position: int) -> None:
        """Offer a word unless the source pauses; once offered it stays until it is taken."""
        offered = position < len(words) and (self._offered.get(stream, False) or self.go())
        self._offered[stream] = offered
        self._port(stream, "valid").value = int(offered)
        if offered:
            self._port(stream, "payload").value = int(words[position])

    def taken(self, stream: str) -> bool:
        """Whether the coming edge takes the word that is offered."""
        done = self._offered[stream] and bool(self._port(stream, "ready").value)
        if done:
            self._offered[stream] = False
        return done

    def accept(self, stream: str) -> None:
        """Be ready for a word unless the sink pauses."""
        self._port(stream, "ready").value = int(self.go())

    def delivered(self, stream: str) -> int | None:
        """The word that the coming edge delivers."""
        if self._port(stream, "ready").value and self._port(stream, "valid").value:
            return int(self._port(stream, "payload").value)
        return None


async def _host(ports: _Ports, words: NDArray[np.uint64]) -> list[int]:
    """Serve host accesses in order; return what was read."""
    position, values = 0, []
    while position < len(words):
        await FallingEdge(ports.dut.clk)
        ports.offer("i_request", words, position)
        ports.accept("o_response")
        await ReadOnly()
        if (value := ports.delivered("o_response")) is not None:
            values.append(value)
        position += ports.taken("i_request")
    await FallingEdge(ports.dut.clk)
    ports.offer("i_request", words, position)
    return values


@cocotb.test()
async def job(dut: Any) -> None:
    """Load the state, run the samples, read the state back."""
    folder = Path(os.environ[JOB_VARIABLE])
    given = json.loads((folder / JOB_FILE).read_text(encoding="utf-8"))
    preset = preset_of(given["preset"], folder / JOB_FILE)
    by_name = {region.name: region for region in regions(preset)}
    signals = _Signals(dut, Path(given["verilog"]))
    ports = _Ports(dut, preset.network.layers // preset.hardware.layers_per_core, given["stalls"])
    Clock(dut.clk, _PERIOD, unit="ns").start(start_high=False)  # no edge before the inputs are set
    inputs = dict(np.load(folder / INPUT_FILE))
    await _host(ports, inputs["requests"])

    tracer = Tracer(preset, lambda name: signals.elements(by_name[name]), signals.probe) if given["traced"] else None
    predictions: list[int] = []
    digests: list[int] = []
    cycles: list[int] = []
    word = label = cycle = quiet = 0
    levels, teaching = [False] * len(WATCHED), False
    spikes = [f"o_spikes__{core}" for core in range(ports.cores)]
    while len(predictions) < given["count"]:
        await FallingEdge(dut.clk)
        ports.offer("i_sample", inputs["words"], word)
        ports.offer("i_label", inputs["labels"], label)
        for stream in ("o_prediction", *spikes):
            ports.accept(stream)
        await ReadOnly()
        cycle += 1
        moved = False
        for core, stream in enumerate(spikes):
            if (payload := ports.delivered(stream)) is not None:
                moved = True
                if tracer is not None:
                    tracer.spiked(core, payload)
        if tracer is not None:
            now = [bool(signals.probe(probe)) for probe in WATCHED]
            if any(level and not before for before, level in zip(levels, now, strict=True)):
                tracer.risen()
            if dut.teaching.value and not teaching:
                tracer.taught()
            levels, teaching = now, bool(dut.teaching.value)
        if ports.taken("i_sample"):
            word, moved = word + 1, True
        if ports.taken("i_label"):
            label, moved = label + 1, True
        if (prediction := ports.delivered("o_prediction")) is not None:
            predictions.append(prediction)
            cycles.append(cycle)
            moved = True
            if given["digests"]:
                digests.append(signals.digest(preset))
        quiet = 0 if moved else quiet + 1
        assert quiet < _PATIENCE, f"stuck after {len(predictions)} samples and {word} input words"

    results: dict[str, Any] = {
        "predictions": np.array(predictions, dtype=np.uint64),
        "digests": np.array(digests, dtype=np.uint64),
        "cycles": np.array(cycles, dtype=np.int64),
    }
    await FallingEdge(dut.clk)
    for placement in placements(preset):
        region = placement.region
        raw = await _host(ports, requests.reads(region.number, region.elements))
        results[region.name] = np.array([region.value(value) for value in raw], dtype=np.int64)
    if tracer is not None:
        trace = tracer.trace
        results |= {name: np.array(getattr(trace, name)) for name in ("potentials", "spikes", "post", "counts")}
        results |= {f"pre_{index}": pre for index, pre in enumerate(trace.pre)} | {"readout": trace.readout}
        if trace.errors is not None:
            results |= {"errors": trace.errors, "modulators": trace.modulators}
    np.savez(folder / OUTPUT_FILE, **results)
