"""SpikeRouter against its fan-out tables."""

from __future__ import annotations

import random
from collections import Counter

import cocotb
from amaranth.lib import data
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge
from cocotb.utils import get_sim_time

from golden.spec.fanout import FanOut
from rtl.router import SpikeRouter
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, never, start, until

TAG = data.StructLayout({"tag": 12})
AXONS = 600


def component(fan_out: FanOut) -> SpikeRouter:
    """Router under test."""
    return SpikeRouter(fan_out, TAG)


def tables() -> FanOut:
    """Tables under test, from the parameters."""
    parameters = parameters_of_bench()
    return FanOut(parameters["lanes"], tuple(parameters["starts"]), tuple(parameters["targets"]))


def words_of(fan_out: FanOut, axon: int, tag: int) -> list[dict[str, object]]:
    """Words that must leave for an axon, in order."""
    return [
        {"address": word, "target": fan_out.targets[word], "first": word == fan_out.starts[axon], "tag": {"tag": tag}}
        for word in range(fan_out.starts[axon], fan_out.starts[axon + 1])
    ]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def random_walks(dut: HierarchyObject) -> None:
    """Nothing is lost, duplicated or reordered under adversarial stalls; idle means that everything has left."""
    fan_out, draw, corners = tables(), random.Random(2), Counter[str]()
    router = component(fan_out)
    await start(dut)
    source = StreamSource(dut, "i", router.i.payload.shape(), RandomStalls("source"))
    sink = StreamSink(dut, "o", router.o.payload.shape(), RandomStalls("sink"))
    lengths = [end - start for start, end in zip(fan_out.starts, fan_out.starts[1:], strict=False)]
    previous = None
    for _ in range(AXONS // 20):
        axons = [(draw.randrange(fan_out.axons), draw.getrandbits(12)) for _ in range(20)]
        expected = [word for axon, tag in axons for word in words_of(fan_out, axon, tag)]
        await source.send({"axon": axon, "tag": {"tag": tag}} for axon, tag in axons)
        for word in expected:
            assert await sink.get() == word
        corners["back pressure on the last word"] += bool(expected and sink.waits[-1])
        for axon, _ in axons:
            corners["longest row"] += lengths[axon] == fan_out.longest_row
            corners["empty row"] += lengths[axon] == 0
            corners["two empty rows"] += lengths[axon] == 0 and previous is not None and lengths[previous] == 0
            corners["same axon again"] += axon == previous
            previous = axon
        await until(dut, dut.idle)
        for _ in range(10):
            await RisingEdge(dut.clk)
            assert dut.idle.value and sink.empty
    require(
        corners, *("longest row", "empty row", "two empty rows", "same axon again"), "back pressure on the last word"
    )


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def throughput_and_idle(dut: HierarchyObject) -> None:
    """Six cycles from axon to first word, then a word a cycle; empty rows between cost nothing; idle at the end."""
    fan_out = tables()
    router = component(fan_out)
    await start(dut)
    source = StreamSource(dut, "i", router.i.payload.shape())
    sink = StreamSink(dut, "o", router.o.payload.shape(), never)
    full = [axon for axon in range(fan_out.axons) if fan_out.starts[axon] < fan_out.starts[axon + 1]]
    cocotb.start_soon(source.send({"axon": axon, "tag": {"tag": axon}} for axon in full))
    begin = get_sim_time("ns")
    while True:
        await RisingEdge(dut.clk)
        if dut.i__ready.value:
            break
    taken = get_sim_time("ns")
    expected = [word for axon in full for word in words_of(fan_out, axon, axon)]
    times = []
    for word in expected:
        assert await sink.get() == word
        assert not dut.idle.value
        times.append((get_sim_time("ns") - taken) / 10)
    assert begin <= taken and times == [6 + index for index in range(len(expected))]
    await RisingEdge(dut.clk)
    assert dut.idle.value
