"""Broadcast against golden.modulators: the gated learning signal of every neuron and bin."""

from __future__ import annotations

import itertools
from collections import Counter
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int
from golden.modulators import broadcast, post_factor
from golden.spec.config import Hardware
from golden.spec.topology import topology
from rtl.modulators import Broadcast
from sim.benches.modulators import network_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import pack, start, until, value_of
from sim.benches.support.window import Window

SWEEPS = 6


def component(parameters: dict[str, Any]) -> Broadcast:
    """Broadcast under test."""
    network, hardware = network_of(parameters), Hardware(**parameters["hardware"])
    feedback = topology(network).feedback[: hardware.layers_per_core]
    return Broadcast(network, hardware, [row for layer in feedback for row in layer])


async def serve(dut: HierarchyObject, unit: Broadcast, posts: Int, recalls: Int) -> None:
    """Play the memories of the population: words one cycle after they are asked for."""
    while True:
        await RisingEdge(dut.clk)
        if dut.post_read.value:
            post, recall = int(dut.post_address.value), int(dut.recall_address.value)
            dut.post.value = pack(unit.post.shape(), posts[post].tolist())
            dut.recall.value = pack(unit.recall.shape(), recalls[recall].tolist())


@cocotb.test(timeout_time=300, timeout_unit="us")
async def sweeps(dut: HierarchyObject) -> None:
    """Random modulators and eligibilities, bin by bin; some modulators that reach the clamp."""
    parameters = parameters_of_bench()
    network, hardware, unit = network_of(parameters), Hardware(**parameters["hardware"]), component(parameters)
    share, lanes, tick_lanes = hardware.layers_per_core, hardware.lanes, hardware.tick_lanes
    feedback = np.array(topology(network).feedback[:share])
    draw, corners = np.random.default_rng(10), Counter[str]()
    await start(dut)
    host = Window(dut, "host_feedback")
    signs = [sum(int(sign > 0) << d for d, sign in enumerate(row)) for layer in feedback for row in layer]
    assert await host.read_all(len(signs)) == signs
    for sweep, bin_index in itertools.product(range(SWEEPS), range(network.bins)):
        post = draw.integers(0, network.post.high + 1, (network.bins, share, network.neurons))
        recall = draw.integers(0, network.recall.high + 1, (share, network.neurons))
        # Modulators like a row of the feedback drive that neuron as far as it goes.
        values = draw.choice((-4, -2, 0, 2, 4), network.modulators)
        if sweep % 2 and network.modulators != network.classes:
            values = 4 * np.where(feedback[sweep % share, sweep] > 0, 1, -1) * (-1) ** (sweep // 2)
        if network.modulators == network.classes:
            values = np.zeros(network.classes, dtype=np.int64)
            values[draw.choice(network.classes, 2, replace=False)] = (2, -2)
        memory = cocotb.start_soon(serve(dut, unit, post.reshape(-1, tick_lanes), recall.reshape(-1, tick_lanes)))
        dut.modulators.value = pack(unit.modulators.shape(), values.tolist())
        dut.bin.value, dut.recalling.value, dut.start.value = bin_index, network.recalls(bin_index), 1
        await RisingEdge(dut.clk)
        dut.start.value = 0
        await until(dut, dut.done)
        memory.cancel()
        learning = np.array([broadcast(feedback[layer], values) for layer in range(share)])
        gated = (learning * post_factor(network, bin_index, post[bin_index], recall)).reshape(-1, lanes)
        for target in [*range(len(gated)), *draw.permutation(len(gated)).tolist()]:
            dut.read_target.value = target
            await RisingEdge(dut.clk)
            await RisingEdge(dut.clk)
            found = value_of(unit.gated.shape(), dut.gated)
            assert found == gated[target].tolist(), f"sweep {sweep}, bin {bin_index}, word {target}: {found}"
        corners["clamped above"] += int((learning == 127).sum())
        corners["clamped below"] += int((learning == -127).sum())
        corners["negative factor"] += not network.recalls(bin_index)
        corners["signal"] += int((gated != 0).sum())
    if network.modulators == 32:
        require(corners, "clamped above", "clamped below")
    if network.recall_bins:
        require(corners, "negative factor")
    assert bool(corners["signal"]) == (network.feedback == "random")
