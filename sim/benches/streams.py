"""Buffer, Fork and Merge: nothing lost, duplicated or reordered, and turns are fair; and the monitor itself."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from typing import Any

import cocotb
from amaranth.lib import data
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from sim.benches.support.harness import bench_settings, parameters_of_bench, require
from sim.benches.support.streams import HoldMonitor, RandomStalls, StreamSink, StreamSource, never, start

PAYLOAD = data.StructLayout({"source": 3, "number": 10})
COUNT = 400


def payloads(source: int) -> list[dict[str, int]]:
    """What a source sends."""
    return [{"source": source, "number": number} for number in range(COUNT)]


async def fork(dut: HierarchyObject, copies: int) -> None:
    """Every consumer sees every payload once, each at its own time, and nobody can run ahead."""
    source = StreamSource(dut, "i", PAYLOAD, RandomStalls("i"))
    sinks = [StreamSink(dut, f"o__{index}", PAYLOAD, RandomStalls(index)) for index in range(copies)]
    corners: Counter[str] = Counter()
    task = cocotb.start_soon(source.send(payloads(5)))
    for payload in payloads(5):
        for sink in sinks:
            assert await sink.get() == payload
        corners["taken at different times"] += len({sink.waits[-1] for sink in sinks}) > 1
    await task
    await RisingEdge(dut.clk)
    assert all(sink.empty for sink in sinks)
    if copies > 1:
        require(corners, "taken at different times")


async def buffer(dut: HierarchyObject, streams: int) -> None:
    """Everything arrives in order under random stalls; without stalls a payload a cycle, one cycle later."""
    assert streams == 1
    source, sink = StreamSource(dut, "i", PAYLOAD, RandomStalls("i")), StreamSink(dut, "o", PAYLOAD, RandomStalls("o"))
    HoldMonitor(dut, "o")
    task = cocotb.start_soon(source.send(payloads(5)))
    for payload in payloads(5):
        assert await sink.get() == payload
    await task
    corners = Counter({"waited": sum(map(bool, sink.waits))})
    require(corners, "waited")


async def merge(dut: HierarchyObject, sources: int) -> None:
    """Every source arrives whole and in order; with all offering at all times, they take turns."""
    draw, corners = random.Random(7), Counter[str]()
    taken: list[tuple[int, dict[str, int]]] = []
    HoldMonitor(dut, "o")
    sink = StreamSink(dut, "o", PAYLOAD, RandomStalls("o"))

    async def note_sources() -> None:
        while True:
            await RisingEdge(dut.clk)
            if dut.o__valid.value and dut.o__ready.value:
                taken.append((int(dut.source.value), await sink.get()))

    cocotb.start_soon(note_sources())
    stalls: list[Any] = [RandomStalls(f"{index} {draw.random()}") for index in range(sources)]
    tasks = [
        cocotb.start_soon(StreamSource(dut, f"i__{index}", PAYLOAD, stalls[index]).send(payloads(index)))
        for index in range(sources)
    ]
    for task in tasks:
        await task
    while len(taken) < sources * COUNT:
        await RisingEdge(dut.clk)
    assert all(source == payload["source"] for source, payload in taken)
    for index in range(sources):
        assert [payload for source, payload in taken if source == index] == payloads(index)
    corners["turn passed over"] = sum(
        after != (before + 1) % sources for (before, _), (after, _) in itertools.pairwise(taken)
    )
    corners["waited"] = sum(map(bool, sink.waits))
    require(corners, "waited", *(("turn passed over",) if sources > 1 else ()))

    taken.clear()
    tasks = [
        cocotb.start_soon(StreamSource(dut, f"i__{index}", PAYLOAD, never).send(payloads(index)))
        for index in range(sources)
    ]
    for task in tasks:
        await task
    while len(taken) < sources * COUNT:
        await RisingEdge(dut.clk)
    turns = [source for source, _ in taken]
    assert turns == [(turns[0] + index) % sources for index in range(sources * COUNT)]


@cocotb.test(timeout_time=300, timeout_unit="us")
async def plumbing(dut: HierarchyObject) -> None:
    """The component named by the parameters."""
    await start(dut)
    parameters = parameters_of_bench()
    await {"Buffer": buffer, "Fork": fork, "Merge": merge}[parameters["component"]](dut, parameters["streams"])


@cocotb.test(timeout_time=10, timeout_unit="us")
async def monitor_notices(dut: HierarchyObject) -> None:
    """A payload that changes, or a valid that falls, before ready fails the monitor."""
    await start(dut)
    name = next(name.removesuffix("__payload") for name in bench_settings()["inputs"] if name.endswith("__payload"))
    valid, payload = getattr(dut, f"{name}__valid"), getattr(dut, f"{name}__payload")
    outputs = [getattr(dut, name) for name in bench_settings()["inputs"] if name.endswith("__ready")]
    for output in outputs:
        output.value = 0
    ready = getattr(dut, f"{name}__ready")
    valid.value, payload.value = 1, 1
    await RisingEdge(dut.clk)
    while ready.value:  # a component may take something before it is full
        await RisingEdge(dut.clk)
    for change, sentence in (((1, 2), "payload changed"), ((0, 2), "valid fell")):
        monitor = HoldMonitor(dut, name)
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)
        assert not monitor.task.done()
        valid.value, payload.value = change
        try:
            await monitor.task
        except AssertionError as error:
            assert sentence in str(error)
        valid.value = 1
        await RisingEdge(dut.clk)
