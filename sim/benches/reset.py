"""Resets of the processor at any moment: what outlives a sample is kept, and learning goes on from it bit by bit."""

from __future__ import annotations

from collections import Counter

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int
from golden.network import ReferenceNetwork
from golden.placement import state_of
from golden.spec.config import Preset
from golden.spec.memmap import CONTROL, Control, control_elements, regions
from golden.spec.settings import Settings
from golden.state import State
from rtl.processor import Processor
from sim.benches.processor import Host, adjust, load, transfers_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.presets import contents_of, memories_of, preset_of_parameters
from sim.benches.support.settings import settings_for
from sim.benches.support.streams import StreamSink, StreamSource, start

RESETS, READ = 8, 12
IGNORED = (0, 13, 15, 16, 16 + 3, 1 << 31 | 3)
"""Learning rates that are none."""


async def state_in(host: Host, preset: Preset) -> State:
    """Return what the processor holds."""
    names, contents = memories_of(preset, State.initial(preset.network)), {}
    for region in regions(preset):
        if region.name in names:
            raw = await host.read(region.number, region.elements)
            contents[region.name] = np.array([region.value(value) for value in raw], dtype=np.int64)
    return state_of(preset, contents)


@cocotb.test(timeout_time=3, timeout_unit="ms")
async def resets(dut: HierarchyObject) -> None:
    """Break a sample off wherever it is, look, and learn on."""
    parameters = parameters_of_bench()
    preset, shifts = preset_of_parameters(parameters), tuple(parameters["shifts"])
    network, processor = preset.network, Processor(preset)
    reference, draw, corners = ReferenceNetwork(network), np.random.default_rng(3), Counter[str]()
    settings: Settings | None
    await start(dut)
    host = Host(dut, processor)
    assert (await host.read(CONTROL, 3))[1:] == [12, 12]
    await load(host, preset, reference.state, shifts)
    for core in range(network.layers // preset.hardware.layers_per_core):
        getattr(dut, f"o_spikes__{core}__ready").value = 1
    predictions = StreamSink(dut, "o_prediction", processor.o_prediction.payload.shape())

    async def enter(contents: Int, label: int) -> tuple[int, int]:
        """Begin a sample and run it to its end; return the prediction."""
        labels = StreamSource(dut, "i_label", processor.i_label.payload.shape())
        inputs = StreamSource(dut, "i_sample", processor.i_sample.payload.shape())
        cocotb.start_soon(labels.send([{"label": label, "learn": 1}]))
        await inputs.send(transfers_of(network, contents, draw))
        found = await predictions.get()
        return found["winner"], found["updated"]

    async def learn_one() -> None:
        contents, label = contents_of(network, draw), int(draw.integers(network.classes))
        outcome = reference.run(contents, label, learn=True, shifts=shifts, settings=settings)
        assert await enter(contents, label) == (outcome.prediction, outcome.updated)

    read = next(region for region in regions(preset) if region.name == "core0.weights")

    def stored() -> list[int]:
        return memories_of(preset, reference.state)[read.name][:READ]

    async def read_beside() -> None:
        """Read weights together with the label of a sample sent ahead, and in its middle: before it and after it."""
        contents, label = contents_of(network, draw), int(draw.integers(network.classes))
        labels = StreamSource(dut, "i_label", processor.i_label.payload.shape())
        inputs = StreamSource(dut, "i_sample", processor.i_sample.payload.shape())
        sending = cocotb.start_soon(inputs.send(transfers_of(network, contents, draw)))
        for _ in range(40):
            await RisingEdge(dut.clk)
        before = stored()
        reading = cocotb.start_soon(host.read(read.number, READ))
        await labels.send([{"label": label, "learn": 1}])
        assert [read.value(raw) for raw in await reading] == before
        outcome = reference.run(contents, label, learn=True, shifts=shifts, settings=settings)
        late = cocotb.start_soon(host.read(read.number, READ))
        found = await predictions.get()
        assert (found["winner"], found["updated"]) == (outcome.prediction, outcome.updated)
        assert [read.value(raw) for raw in await late] == stored()
        await sending

    cycles = 0
    for number, settings in enumerate(settings_for(preset, RESETS)):
        if settings is not None:
            await adjust(host, preset, settings)
        await read_beside()
        measured = cocotb.start_soon(learn_one())
        cycles = 0
        while not measured.done():
            await RisingEdge(dut.clk)
            cycles += 1
        # Another one is broken off; its length is that of the one before, more or less.
        broken = cocotb.start_soon(enter(contents_of(network, draw), int(draw.integers(network.classes))))
        taught = False
        if number % 2:  # some cycles after the verdict
            await RisingEdge(dut.teaching)
            taught, cycles = True, 16
        for _ in range(cycles * number // RESETS):
            await RisingEdge(dut.clk)
            taught |= bool(dut.teaching.value)
        learning = taught and bool(dut.running.value)
        finished = broken.done()
        if not finished:
            broken.cancel()
        dut.i_label__valid.value = dut.i_sample__valid.value = 0
        dut.rst.value = 1
        await RisingEdge(dut.clk)
        dut.rst.value = 0
        if number in (0, 2):  # nothing has changed yet: the next sample comes at once
            await learn_one()
        found = await state_in(host, preset)
        if number in (0, 2):
            assert found.digest() == reference.state.digest(), f"reset {number}: state after another sample"
        elif not taught:
            assert (found.generators == reference.state.generators).all(), f"reset {number}: generators"
            for layer, weights in enumerate(found.weights):
                assert (weights == reference.state.weights[layer]).all(), f"reset {number}: weights of layer {layer}"
            assert (found.readout == reference.state.readout).all(), f"reset {number}: links"
        corners["before the verdict"] += not taught
        corners["while it learns"] += learning
        corners["generators have stepped"] += bool((found.generators != State.initial(network).generators).any())
        reference.state = found
        assert (await host.read(CONTROL, 3))[1:] == list(shifts), f"reset {number}: learning rates"
        for element in (Control.LAYER_SHIFT, Control.READOUT_SHIFT):
            await host.write(CONTROL, [IGNORED[number % len(IGNORED)]], first=element)
        assert (await host.read(CONTROL, 3))[1:] == list(shifts), f"{IGNORED[number % len(IGNORED)]} is a learning rate"
        if settings is not None:
            kept = await host.read(CONTROL, control_elements(preset.hardware))
            assert kept[Control.SETTINGS :] == list(settings.values().values()), f"reset {number}: settings"
    await learn_one()
    found = await state_in(host, preset)
    assert found.digest() == reference.state.digest()
    require(corners, "before the verdict", "while it learns", "generators have stepped")
