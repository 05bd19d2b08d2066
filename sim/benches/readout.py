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
from golden.prototypes import adapted_threshold, attract, chosen_prototype, prototype_potentials
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
SAMPLES_OF_PROTOTYPES = 30  # until they have found their places


def transfers(spikes: NDArray[np.bool_]) -> Iterator[dict[str, int]]:
    """What a core sends for its spikes, shape (steps, layers, neurons)."""
    for step in spikes:
        for layer, fired in enumerate(step):
            for neuron in np.flatnonzero(fired):
                yield {"layer": layer, "neuron": int(neuron)}
            yield {"layer": layer, "last": 1}


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def samples(dut: HierarchyObject) -> None:
    """Every core at its own pace; every verdict once, among them one without update, and some while it is frozen."""
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
    memories = ("weights", "currents", "eligibility", "generators", *(["thresholds"] if network.prototypes else []))
    host = {name: Window(dut, f"host_{name}") for name in memories}

    def image() -> list[int]:
        weights = memories_of(preset, state)["readout.weights"]
        return [pack(shape_of(network.readout_weight), weight) for weight in weights]

    dut.shift.value = SHIFT
    for sample in range(SAMPLES_OF_PROTOTYPES if network.prototypes else SAMPLES):
        spikes = draw.random((network.steps, network.layers, network.neurons)) < draw.choice((0.1, 0.6))
        tasks = [
            cocotb.start_soon(source.send(transfers(spikes[:, core * share : (core + 1) * share])))
            for core, source in enumerate(sources)
        ]
        heard = spikes.reshape(network.steps, -1) & [[network.listens(step)] for step in range(network.steps)]
        sums = heard.sum(axis=0) @ state.readout.astype(np.int64)
        thresholds, label = state.readout_thresholds.astype(np.int64), int(draw.integers(network.classes))
        potentials = class_potentials(network, sums)
        if network.prototypes:
            potentials = prototype_potentials(network, sums, thresholds)
            dut.label.value = label
        for place, value in enumerate(potentials):
            found = await sink.get()
            expected = {"label": place, "value": value, "last": place == network.classes - 1}
            assert found == expected, f"sample {sample}: {found}, expected {expected}"
        corners["last class waits"] += sink.waits[-1] > 0
        for task in tasks:
            await task
        assert not dut.resting.value

        errors = None if sample == 2 else class_errors(network, potentials, label)
        verdict = {"winner": predict(potentials), "update": errors is not None, "label": label}
        frozen = hardware.adjustable and sample % 3 == 1
        if hardware.adjustable:
            dut.frozen.value = frozen
        if errors is not None:
            verdict |= {"rival": int(errors.argmin()), "strong": errors.max() == 2}
            corners["strong" if errors.max() == 2 else "weak"] += 1
            pre = np.minimum(heard.sum(axis=0), network.pre.high)
            corners["eligibility saturates"] += int((heard.sum(axis=0) > network.pre.high).sum())
            if frozen:
                corners["frozen"] += 1
            elif network.prototypes:
                chosen = chosen_prototype(network, sums, thresholds, label)
                corners["vacant"] += int(thresholds[chosen] < 0)
                corners["taken"] += int(thresholds[chosen] >= 0)
                state.readout_thresholds[chosen] = adapted_threshold(int(sums[chosen]), int(thresholds[chosen]), SHIFT)
                state.generators[-1] = attract(
                    network, state.readout, links, pre, chosen, SHIFT, int(state.generators[-1])
                )
            else:
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
        if network.prototypes:
            expected_thresholds = memories_of(preset, state)["readout.thresholds"]
            packed = [pack(shape_of(network.readout_potential), threshold) for threshold in expected_thresholds]
            assert await host["thresholds"].read_all(network.readouts) == packed, f"sample {sample}"
    require(corners, "last class waits", "no update")
    require(corners, "strong", *(("frozen",) if hardware.adjustable else ()))
    if network.prototypes:
        require(corners, "vacant", "taken")
    if network.pre_bits == 2:
        require(corners, "eligibility saturates")
