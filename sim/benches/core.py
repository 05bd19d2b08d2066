"""One core against golden.network.ReferenceNetwork: spikes step by step, then all of its memories."""

from __future__ import annotations

from collections import Counter

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.network import ReferenceNetwork, SampleTrace
from golden.spec.config import Preset
from golden.spec.memmap import packed_neuron, regions
from rtl.core import Core
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.presets import contents_of, memories_of, preset_of_parameters
from sim.benches.support.settings import settings_for
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, pack, start
from sim.benches.support.window import Window

SAMPLES, SETTLED_SAMPLES, SHIFT = 3, 10, 5


def core_currents(preset: Preset, index: int) -> int:
    """Number of accumulators of a core."""
    return next(region.elements for region in regions(preset) if region.name == f"core{index}.currents")


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def samples(dut: HierarchyObject) -> None:
    """Samples with stalls on all streams; the last one is not for learning. Settings change where they can."""
    parameters = parameters_of_bench()
    preset, index = preset_of_parameters(parameters["preset"]), parameters["index"]
    network, core, share = preset.network, Core(preset, index), preset.hardware.layers_per_core
    layers = slice(index * share, (index + 1) * share)
    reference = ReferenceNetwork(network)
    state, draw, corners = reference.state, np.random.default_rng(17), Counter[str]()
    await start(dut)
    below = StreamSource(dut, "i", core.i.payload.shape(), RandomStalls("i"))
    sink = StreamSink(dut, "o", core.o.payload.shape(), RandomStalls("o"))
    lessons = StreamSource(dut, "i_lesson", core.i_lesson.payload.shape(), RandomStalls("lesson"))
    negative = network.signed_input and index == 0

    async def memory(name: str, count: int) -> list[int]:
        return await Window(dut, f"host_{name}").read_all(count)

    def image() -> list[int]:
        weights = memories_of(preset, state)[f"core{index}.weights"]
        return [pack(shape_of(network.weight), weight) for weight in weights]

    if preset.hardware.single_port:
        for element, bits in enumerate(image()):
            await Window(dut, "host_weights").write(element, bits)
    dut.shift.value = SHIFT
    count = SETTLED_SAMPLES if preset.hardware.adjustable else SAMPLES
    for sample, settings in enumerate(settings_for(preset, count)):
        learn, trace = sample < count - 1, SampleTrace()
        if settings is not None:
            dut.settings.value = pack(core.settings.shape(), settings.values())
            part = settings.frozen >> layers.start & (1 << share) - 1
            corners["all layers are frozen"] += part == (1 << share) - 1
            corners["some layers are frozen"] += 0 < part < (1 << share) - 1
        contents = contents_of(network, draw)
        before = [weights.copy() for weights in state.weights]
        outcome = reference.run(
            contents,
            int(draw.integers(network.classes)),
            learn=learn,
            shifts=(SHIFT, SHIFT),
            settings=settings,
            trace=trace,
        )
        spikes = np.array(trace.spikes)
        arriving = (spikes[:, layers.start - 1] if index else reference.events_of(contents)).astype(np.int64)
        dut.learn.value = learn
        events = []
        for step in arriving:
            for axon in draw.permutation(np.flatnonzero(step)).tolist():  # any order gives the same sums
                sign = {"negative": step[axon] < 0} if negative else {}
                events.append({"spike": {"axon": axon, **sign}, "last": 0})
            events.append({"spike": {"axon": 0}, "last": 1})
        cocotb.start_soon(below.send(events))
        for step in range(network.steps):
            for layer in range(share):
                for neuron in np.flatnonzero(spikes[step, layers.start + layer]):
                    found, expected = await sink.get(), {"layer": layer, "neuron": neuron, "last": 0}
                    assert found == expected, f"sample {sample}, step {step}: {found}, expected {expected}"
                found = await sink.get()
                assert (found["layer"], found["last"]) == (layer, 1), f"sample {sample}, step {step}, end: {found}"
                corners["end of a step waits"] += sink.waits[-1] > 0
        for layer in range(layers.start, layers.stop):
            corners[f"layer {layer} learns"] += int((state.weights[layer] != before[layer]).sum())
        corners["updated" if outcome.updated else "not updated"] += 1
        assert not dut.resting.value
        modulators = np.zeros(network.modulators, dtype=np.int64) if trace.modulators is None else trace.modulators
        await lessons.send([{"update": outcome.updated, "modulators": modulators.tolist()}])
        for _ in range(8):
            await RisingEdge(dut.clk)
        assert dut.resting.value and sink.empty

        stored = await memory("weights", len(image()))
        assert stored == image(), f"sample {sample}: weights {stored}, not {image()}"
        assert await memory("generators", share) == state.generators[layers].tolist(), f"sample {sample}"
        thresholds = np.array(state.thresholds)[layers].ravel().tolist()
        assert await memory("thresholds", len(thresholds)) == thresholds, f"sample {sample}"
        neurons = [packed_neuron(network).unpack(raw) for raw in await memory("neurons", share * network.neurons)]
        fields = {"potential": trace.potentials[-1][layers], "count": trace.counts[-1][layers]}
        posts = trace.post[-1][layers].swapaxes(0, 1)
        if network.bins == 1:
            fields["post"] = posts[0]
        else:
            assert await memory("posts", posts.size) == posts.ravel().tolist(), f"sample {sample}"
        for name, values in fields.items():
            found = [neuron[name] for neuron in neurons]
            assert found == values.ravel().tolist(), f"sample {sample}: {name} {found}, not {values.ravel()}"
        assert not any(await memory("currents", core_currents(preset, index)))
    limits = np.concatenate([np.abs(weights).ravel() for weights in state.weights[layers]])
    corners["weight at the limit"] = int((limits == network.weight_limit).sum())
    require(corners, "end of a step waits", "updated", "not updated", "weight at the limit")
    require(corners, *(f"layer {layer} learns" for layer in range(layers.start, layers.stop)))
    if preset.hardware.adjustable:
        require(corners, "all layers are frozen", *(("some layers are frozen",) if share > 1 else ()))
