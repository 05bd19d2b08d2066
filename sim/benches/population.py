"""Population against golden.neuron: ticks of all layers of a core, with stalls on the spikes."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import cocotb
import numpy as np
from amaranth.lib import data
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int
from golden.neuron import adapt, effective_threshold, homeostasis, tick
from golden.spec import pipeline
from golden.spec.config import Hardware, Network
from rtl.neuron import neuron_layout
from rtl.population import Population, neuron_memories
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.settings import drawn_settings
from sim.benches.support.streams import RandomStalls, StreamSink, pack, start, unpack, until
from sim.benches.support.window import Window

SAMPLES = 3


def component(parameters: dict[str, Any]) -> Population:
    """Population under test."""
    return Population(network_of(parameters), Hardware(**parameters["hardware"]))


def network_of(parameters: dict[str, Any]) -> Network:
    """Network of the parameters."""
    base = dict(inputs=4, classes=2, neurons=8, readout_fan_in=2, ring_degree=2, encoder="events", steps=7)
    return Network(**{**base, **parameters["network"]})


async def accumulators(dut: HierarchyObject, population: Population, memory: Int) -> None:
    """Play the accumulators: a word some cycles after it is asked for, zero afterwards, other words in between."""
    draw, words = random.Random(18), len(memory)
    under_way = [[0] * len(memory[0])] * (pipeline.DRAIN - 1)
    while True:
        await RisingEdge(dut.clk)
        dut.current.value = pack(population.current.shape(), under_way.pop(0))
        under_way.append([draw.randrange(-8, 8) for _ in memory[0]])
        if dut.drain.value:
            index = (int(dut.drain_word.value) + int(dut.layer.value) * population.columns) % words
            under_way[-1], memory[index] = memory[index].tolist(), 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def ticks(dut: HierarchyObject) -> None:
    """A few samples of random currents; spikes in order, then every field of every neuron.

    Where the hardware is adjustable every sample has other settings.
    """
    parameters = parameters_of_bench()
    network, hardware = network_of(parameters), Hardware(**parameters["hardware"])
    population, share, neurons = component(parameters), hardware.layers_per_core, network.neurons
    draw, corners, layout = np.random.default_rng(11), Counter[str](), neuron_layout(network)
    await start(dut)
    spikes_out = StreamSink(dut, "o", population.o.payload.shape(), RandomStalls("o"))
    memory = np.zeros((share * neurons // hardware.lanes, hardware.lanes), dtype=np.int64)
    cocotb.start_soon(accumulators(dut, population, memory))

    state = {
        name: np.zeros((share, neurons), dtype=np.int64) for name in ("potential", "count", "adaptation", "recall")
    }
    state["threshold"] = np.full((share, neurons), 1 << 14)
    state["post"] = np.zeros((network.bins, share, neurons), dtype=np.int64)
    settings_draw = np.random.default_rng(4)
    for sample in range(2 * SAMPLES if hardware.adjustable else SAMPLES):
        learn = sample % 3 != 1
        if hardware.adjustable:
            settings = drawn_settings(network, settings_draw)
            network = settings.applied(network)
            dut.settings.value = pack(population.settings.shape(), settings.values())
        for name in ("potential", "count", "adaptation", "recall"):
            state[name][:] = 0
        for step in range(network.steps):
            bin_index = network.bin_of(step)
            first_in_bin = step == 0 or network.bin_of(step - 1) != bin_index
            for layer in range(share):
                level = draw.choice((-1, 0, 1, 1, 2)) * network.nominal_threshold
                current = level + draw.integers(-network.nominal_threshold, network.nominal_threshold, neurons)
                words = slice(layer * neurons // hardware.lanes, (layer + 1) * neurons // hardware.lanes)
                memory[words] = current.reshape(-1, hardware.lanes)
                flags = {
                    "layer": layer,
                    "bin": bin_index,
                    "first_step": step == 0,
                    "first_in_bin": first_in_bin,
                    "recalling": network.recalls(bin_index),
                    "adapt": learn and step == network.steps - 1,
                    "start": 1,
                }
                for name, value in flags.items():
                    getattr(dut, name).value = int(value)
                await RisingEdge(dut.clk)
                dut.start.value = 0
                await until(dut, dut.done)

                theta = effective_threshold(network, state["threshold"][layer], state["adaptation"][layer])
                state["potential"][layer], spikes, hits = tick(network, state["potential"][layer], current, theta)
                state["count"][layer] = np.minimum(state["count"][layer] + spikes, network.count.high)
                state["adaptation"][layer] = adapt(network, state["adaptation"][layer], spikes)
                if network.recalls(bin_index):
                    state["recall"][layer] = np.minimum(state["recall"][layer] + hits, network.recall.high)
                before = 0 if first_in_bin else state["post"][bin_index, layer]
                state["post"][bin_index, layer] = np.minimum(before + hits, network.post.high)
                if flags["adapt"]:
                    state["threshold"][layer] = homeostasis(network, state["threshold"][layer], state["count"][layer])
                for neuron in np.flatnonzero(spikes):
                    found = await spikes_out.get()
                    assert found == {"layer": layer, "neuron": neuron, "last": 0}, f"{sample, step, layer}: {found}"
                found = await spikes_out.get()
                assert (found["layer"], found["last"]) == (layer, 1), f"{sample, step, layer}: {found}"
                assert not memory[words].any(), f"{sample, step, layer}: accumulators are left {memory[words]}"
                corners["nobody spikes"] += not spikes.any()
                corners["everybody spikes"] += bool(spikes.all())
                corners["end waits"] += spikes_out.waits[-1] > 0
                corners["last spike waits"] += bool(spikes.any() and spikes_out.waits[-2] > 0)
        for memory_name, members in neuron_memories(network).items():
            shape = data.StructLayout({name: layout[name].shape for name in members})
            raws = await Window(dut, f"host_{memory_name}").read_all(state[members[0]].size)
            for name in members:
                stored = [unpack(shape, raw)[name] for raw in raws]
                assert stored == state[name].ravel().tolist(), f"sample {sample}: {name} {stored}, not {state[name]}"
        posts = state["post"].reshape(-1, hardware.tick_lanes)
        recalls = state["recall"].reshape(-1, hardware.tick_lanes)
        for address in range(len(posts)):
            dut.post_address.value, dut.recall_address.value, dut.post_read.value = address, address % len(recalls), 1
            await RisingEdge(dut.clk)
            await RisingEdge(dut.clk)
            assert unpack(population.post.shape(), int(dut.post.value)) == posts[address].tolist()
            if network.recall_bins:
                found = unpack(population.recall.shape(), int(dut.recall.value))
                assert found == recalls[address % len(recalls)].tolist()
        dut.post_read.value = 0
    require(corners, "nobody spikes", "everybody spikes", "end waits", "last spike waits")
