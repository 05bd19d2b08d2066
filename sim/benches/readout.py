"""Readout against golden: spikes of all cores in, class potentials out, then learning from the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge
from numpy.typing import NDArray

from golden.plasticity import update_rows
from golden.readout import class_potentials, predict
from golden.spec.topology import topology
from golden.state import State, existing
from golden.teacher import class_errors
from rtl.readout import Readout
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.presets import memories_of, preset_of_parameters
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, pack, start
from sim.benches.support.window import Window

SAMPLES, SHIFT = 7, 2


def transfers(spikes: NDArray[np.bool_]) -> Iterator[dict[str, int]]:
    """What a core sends for its spikes, shape (steps, layers, neurons)."""
    for step in spikes:
        for layer, fired in enumerate(step):
            for neuron in np.flatnonzero(fired):
                yield {"layer": layer, "neuron": int(neuron)}
            yield {"layer": layer, "last": 1}


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def samples(dut: HierarchyObject) -> None:
    """Every core at its own pace; every verdict once, among them one without update."""
    preset = preset_of_parameters(parameters_of_bench())
    network, hardware, readout = preset.network, preset.hardware, Readout(preset)
    share = hardware.layers_per_core
    cores = range(network.layers // share)
    state, links = State.initial(network), existing(topology(network).readout, network.readouts)
    draw, corners = np.random.default_rng(16), Counter[str]()
    await start(dut)
    shapes = [readout.i[core].payload.shape() for core in cores]
    sources = [StreamSource(dut, f"i__{core}", shapes[core], RandomStalls(core)) for core in cores]
    sink = StreamSink(dut, "o", readout.o.payload.shape(), RandomStalls("classes"))
    verdicts = StreamSource(dut, "i_verdict", readout.i_verdict.payload.shape(), RandomStalls("verdict"))
    host = {name: Window(dut, f"host_{name}") for name in ("weights", "currents", "eligibility", "generators")}

    def image() -> list[int]:
        weights = memories_of(preset, state)["readout.weights"]
        return [pack(shape_of(network.readout_weight), weight) for weight in weights]

    dut.shift.value = SHIFT
    for sample in range(SAMPLES):
        spikes = draw.random((network.steps, network.layers, network.neurons)) < draw.choice((0.1, 0.6))
        tasks = [
            cocotb.start_soon(source.send(transfers(spikes[:, core * share : (core + 1) * share])))
            for core, source in enumerate(sources)
        ]
        heard = spikes.reshape(network.steps, -1) & [[network.listens(step)] for step in range(network.steps)]
        potentials = class_potentials(network, (heard.sum(axis=0) @ state.readout.astype(np.int64)))
        for label, value in enumerate(potentials):
            found = await sink.get()
            expected = {"label": label, "value": value, "last": label == network.classes - 1}
            assert found == expected, f"sample {sample}: {found}, expected {expected}"
        corners["last class waits"] += sink.waits[-1] > 0
        for task in tasks:
            await task
        assert not dut.resting.value

        label = int(draw.integers(network.classes))
        errors = None if sample == 2 else class_errors(network, potentials, label)
        verdict = {"winner": predict(potentials), "update": errors is not None, "label": label}
        if errors is not None:
            verdict |= {"rival": int(errors.argmin()), "strong": errors.max() == 2}
            corners["strong" if errors.max() == 2 else "weak"] += 1
            pre = np.minimum(heard.sum(axis=0), network.pre.high)
            corners["eligibility saturates"] += int((heard.sum(axis=0) > network.pre.high).sum())
            state.generators[-1] = update_rows(
                state.readout,
                links,
                pre,
                np.tile(errors, network.population),
                SHIFT,
                network.readout_limit,
                int(state.generators[-1]),
            )
        await verdicts.send([verdict])
        await RisingEdge(dut.clk)
        assert dut.resting.value and sink.empty
        corners["no update"] += errors is None
        stored = await host["weights"].read_all(len(image()))
        assert stored == image(), f"sample {sample}: weights {stored}, not {image()}"
        assert await host["generators"].read_all(1) == [state.generators[-1]]
        assert not any(await host["currents"].read_all(network.readouts))
    require(corners, "last class waits", "no update")
    require(corners, "strong")
    if network.pre_bits == 2:
        require(corners, "eligibility saturates")
