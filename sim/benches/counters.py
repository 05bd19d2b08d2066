"""Counters of a monitored processor where nothing stalls: cycles against the cycle model; and resets at any moment."""

from __future__ import annotations

from collections import Counter

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.cycles.activity import observe
from golden.cycles.counters import counted, running_cycles
from golden.spec.config import Preset
from golden.spec.counters import counters
from golden.spec.memmap import regions
from golden.state import State
from rtl.counters import steps_layout
from rtl.processor import Processor
from sim.benches.processor import Host, transfers_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.presets import contents_of, preset_of_parameters
from sim.benches.support.streams import StreamSink, StreamSource, start, value_of

SHIFTS = (12, 12)  # those after power-up


async def counters_in(host: Host, preset: Preset) -> dict[str, int]:
    """Return all counters, by name."""
    region = next(one for one in regions(preset) if one.name == "monitor.counters")
    values = await host.read(region.number, region.elements)
    return dict(zip((one.name for one in counters(preset)), values, strict=True))


@cocotb.test(timeout_time=600, timeout_unit="us")
async def nothing_stalls(dut: HierarchyObject) -> None:
    """Samples and labels are always offered, and everything is taken at once."""
    parameters = parameters_of_bench()
    preset, count = preset_of_parameters(parameters), parameters["samples"]
    network, processor = preset.network, Processor(preset)
    draw = np.random.default_rng(network.seed)
    samples = np.array([contents_of(network, draw) for _ in range(count)])
    labels = draw.integers(network.classes, size=count).astype(np.uint8)
    await start(dut)
    for core in range(network.layers // preset.hardware.layers_per_core):
        getattr(dut, f"o_spikes__{core}__ready").value = 1
    host = Host(dut, processor)
    predictions = StreamSink(dut, "o_prediction", processor.o_prediction.payload.shape())
    teaching = StreamSource(dut, "i_label", processor.i_label.payload.shape())
    inputs = StreamSource(dut, "i_sample", processor.i_sample.payload.shape())
    for _ in range(300):  # until all is cleared
        await RisingEdge(dut.clk)
    spent = [0]

    async def watch() -> None:
        was = False
        while True:
            await RisingEdge(dut.clk)
            if was and not dut.running.value:
                spent.append(0)
            was = bool(dut.running.value)
            spent[-1] += was

    cocotb.start_soon(watch())
    cocotb.start_soon(teaching.send({"label": int(label), "learn": 1} for label in labels))
    cocotb.start_soon(inputs.send(transfer for sample in samples for transfer in transfers_of(network, sample, draw)))
    await predictions.take(count)
    activity = observe(network, State.initial(network), samples, labels, learn=True, shifts=SHIFTS)
    found = await counters_in(host, preset)
    for name, steps in counted(preset, activity, np.ones(count, np.bool_)).items():
        assert found[name] == steps.sum(), f"{name} is {found[name]}, expected {steps.sum()}"
    # With the first sample nothing overlaps, and when exactly it was offered is the bench's affair.
    assert spent[1:count] == running_cycles(preset, activity)[1:].tolist()
    assert found["cycles"] == sum(spent)


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def resets_keep_them(dut: HierarchyObject) -> None:
    """Every step is counted once, whatever the cycle of a reset; those of the link also while the host reads."""
    parameters = parameters_of_bench()
    preset = preset_of_parameters(parameters)
    network, processor = preset.network, Processor(preset)
    draw, shape = np.random.default_rng(5), steps_layout(preset)
    await start(dut)
    for core in range(network.layers // preset.hardware.layers_per_core):
        getattr(dut, f"o_spikes__{core}__ready").value = 1
    dut.o_prediction__ready.value = 1
    host, corners = Host(dut, processor), Counter[str]()
    before, seen = await counters_in(host, preset), Counter[str]()

    async def watch() -> None:
        while True:
            await RisingEdge(dut.clk)
            for name, step in value_of(shape, dut.counters.steps).items():
                seen[name] += step

    async def trouble() -> None:
        """A damaged frame now and then."""
        while True:
            for _ in range(int(draw.integers(8, 60))):
                dut.line.value = 0
                await RisingEdge(dut.clk)
            dut.line.value = 1 << shape["line_damaged"].offset - shape["line_memory"].offset
            await RisingEdge(dut.clk)
            corners["damaged"] += 1

    cocotb.start_soon(watch())
    noise = cocotb.start_soon(trouble())
    for number in range(parameters["resets"]):
        labels = StreamSource(dut, "i_label", processor.i_label.payload.shape())
        inputs = StreamSource(dut, "i_sample", processor.i_sample.payload.shape())
        entering = cocotb.start_soon(inputs.send(transfers_of(network, contents_of(network, draw), draw)))
        teaching = cocotb.start_soon(labels.send([{"label": int(draw.integers(network.classes)), "learn": 1}]))
        for _ in range(int(draw.integers(1, 4000))):
            await RisingEdge(dut.clk)
        corners["in a sample"] += bool(dut.running.value)
        for one in (entering, teaching):
            one.cancel()
        dut.i_label__valid.value = dut.i_sample__valid.value = 0
        dut.rst.value = 1
        await RisingEdge(dut.clk)
        dut.rst.value = 0
        if number % 3 == 2:
            for name, value in (await counters_in(host, preset)).items():
                if not name.startswith("line_"):
                    assert value == before[name] + seen[name], f"reset {number}: {name}"
    noise.cancel()
    dut.line.value = 0
    for _ in range(200):
        await RisingEdge(dut.clk)
    found = await counters_in(host, preset)
    assert found == {name: before[name] + seen[name] for name in found}
    require(corners + Counter(found), "in a sample", "damaged", "layer1_spikes", "readout_updates", "samples_learned")
