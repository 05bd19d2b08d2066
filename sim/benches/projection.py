"""Projection against NumPy: deliver, drain the accumulators, then sweep and compare every weight."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import ClockCycles, RisingEdge
from numpy.typing import NDArray

from golden.arith import Int
from golden.eligibility import Eligibility
from golden.plasticity import update_rows
from golden.spec import pipeline
from golden.spec.config import Network
from golden.spec.fanout import fan_out
from golden.spec.formats import signed
from golden.spec.topology import Adjacency
from golden.state import existing
from rtl.eligibility import EligibilityShape
from rtl.projection import Projection, ProjectionShape
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import HoldMonitor, RandomStalls, StreamSource, never, pack, start, unpack, until
from sim.benches.support.window import Window

ROUNDS = 5
WEIGHT, CURRENT, GATED = signed(4), signed(14), signed(5)
GENERATORS = (12345, 0xDEAD_BEEF)


def network_of(parameters: dict[str, Any]) -> Network:
    """Configuration that has only to do with eligibility."""
    return Network(inputs=groups_of(parameters)[0], classes=2, neurons=16, **parameters["network"])


def groups_of(parameters: dict[str, Any]) -> tuple[int, ...]:
    """Axons of each group."""
    return (9, 7)[: parameters["groups"]] if parameters.get("axon_lanes", 1) == 1 else (10, 8)[: parameters["groups"]]


def adjacency_of(parameters: dict[str, Any]) -> Adjacency:
    """Rows of all densities; several in a row reach only the same first or last target of their group."""
    draw, columns = random.Random(12), parameters["columns"] * parameters["lanes"]
    rows: list[tuple[int, ...]] = []
    for group, axons in enumerate(groups_of(parameters)):
        targets = range(group * columns, (group + 1) * columns)
        densities = [draw.choice((0.1, 0.5, 1.0)) for _ in range(axons - 5)]
        rows += [tuple(target for target in targets if draw.random() < density) for density in densities]
        rows += [(), (targets[0],), (targets[0],), (targets[-1],), (targets[0], targets[-1])]
    return tuple(rows)


def initial(parameters: dict[str, Any]) -> NDArray[np.int16]:
    """Initial weights, many of them at the limits; absent ones are 0."""
    adjacency = adjacency_of(parameters)
    targets = parameters["groups"] * parameters["columns"] * parameters["lanes"]
    draw = np.random.default_rng(13)
    matrix = draw.integers(-WEIGHT.high, WEIGHT.high + 1, (len(adjacency), targets))
    return np.where(existing(adjacency, targets), matrix, 0).astype(np.int16)


def rows_of(matrix: NDArray[np.int16], adjacency: Adjacency) -> Adjacency:
    """Weights of a matrix in the order of an adjacency."""
    return tuple(tuple(int(matrix[axon, target]) for target in row) for axon, row in enumerate(adjacency))


def component(parameters: dict[str, Any]) -> Projection:
    """Projection under test."""
    adjacency, groups = adjacency_of(parameters), groups_of(parameters)
    tables = fan_out(adjacency, parameters["lanes"])
    return Projection(
        ProjectionShape(
            fan_out=tables,
            groups=groups,
            plastic=groups,
            columns=parameters["columns"],
            eligibility=EligibilityShape.of_layer(network_of(parameters), 0, parameters.get("axon_lanes", 1)),
            weight=WEIGHT,
            current=CURRENT,
            gated=GATED,
            weights=tables.image(adjacency, rows_of(initial(parameters), adjacency), WEIGHT.low),
            generators=GENERATORS[: len(groups)],
            single_port=parameters["single_port"],
            double_buffered=parameters["groups"] == 1,
            forward_sums=parameters.get("forward_sums", False),
        )
    )


def spike(network: Network, axon: int, sign: int = 1) -> dict[str, int]:
    """Payload of a spike, with its sign where spikes have one."""
    return {"axon": axon, **({"negative": sign < 0} if network.signed_input else {})}


async def drain(dut: HierarchyObject, projection: Projection, bank: int, expected: Int, what: str) -> None:
    """Drain all accumulators of a bank (the only one is 0), one word after the other, and compare them."""
    first = bank * projection.shape.accumulators // 2
    for target, word in enumerate(expected.reshape(-1, projection.shape.fan_out.lanes)):
        dut.drain_address.value, dut.drain.value = first + target, 1
        await RisingEdge(dut.clk)
        dut.drain.value = 0
        await ClockCycles(dut.clk, pipeline.DRAIN)
        found = unpack(projection.current.shape(), int(dut.current.value))
        assert found == word.tolist(), f"{what}, word {target}: current {found}, not {word}"


async def serve(dut: HierarchyObject, projection: Projection, words: Int) -> None:
    """Answer the plasticity unit: g of a target word one cycle after it is asked for."""
    while True:
        await RisingEdge(dut.clk)
        if dut.gated_target.value.is_resolvable:
            dut.gated.value = pack(projection.gated.shape(), words[int(dut.gated_target.value)].tolist())


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def rounds(dut: HierarchyObject) -> None:
    """Bursts of spikes, many onto the same accumulators, then a sweep of every group and bin."""
    parameters = parameters_of_bench()
    network, groups, adjacency = network_of(parameters), groups_of(parameters), adjacency_of(parameters)
    lanes, width = parameters["lanes"], parameters["columns"] * parameters["lanes"]
    projection, tables, weights = component(parameters), fan_out(adjacency, lanes), initial(parameters)
    exists, generators = existing(adjacency, weights.shape[1]), list(GENERATORS[: len(groups)])
    draw, numbers, corners = random.Random(14), np.random.default_rng(15), Counter[str]()
    await start(dut)
    for inner, name in ((dut.router, "i"), (dut.router, "o"), (dut.eligibility, "o"), (dut.eligibility, "o_active")):
        HoldMonitor(inner, name)
    host = {name: Window(dut, f"host_{name}") for name in ("weights", "currents", "eligibility", "generators")}

    def image() -> list[int]:
        return [pack(shape_of(WEIGHT), w) for w in tables.image(adjacency, rows_of(weights, adjacency), WEIGHT.low)]

    if parameters["single_port"]:
        for element, bits in enumerate(image()):
            await host["weights"].write(element, bits)
    await until(dut, dut.cleared)
    for number in range(ROUNDS):
        dut.bank.value = number % 2
        source = StreamSource(dut, "i", projection.i.payload.shape(), RandomStalls(number) if number % 2 else never)
        expected = Eligibility(network, len(adjacency))
        currents = np.zeros(weights.shape[1], dtype=np.int64)
        for bin_index in range(network.bins):
            dut.i_bin.value = bin_index
            axons = [draw.randrange(len(adjacency)) for _ in range(40)] + [len(adjacency) - 1] * 4
            signs = [draw.choice((1, -1)) if network.signed_input else 1 for _ in axons]
            words = [word for axon in axons for word in tables.targets[tables.starts[axon] : tables.starts[axon + 1]]]
            for distance in (1, 2, 3):
                corners[f"same target {distance} words later"] += sum(
                    before == after for before, after in zip(words, words[distance:], strict=False)
                )
            for axon, sign in zip(axons, signs, strict=True):
                expected.step(sign * (np.arange(len(adjacency)) == axon), bin_index)
                currents += sign * weights[axon].astype(np.int64)
            await source.send(spike(network, axon, sign) for axon, sign in zip(axons, signs, strict=True))
            await until(dut, dut.idle)
        if projection.shape.double_buffered:
            # The other bank takes spikes while this one is drained.
            bank, other = number % 2, (number + 1) % 2
            dut.bank.value = other
            others = [draw.randrange(len(adjacency)) for _ in range(30)]
            for axon in others:
                expected.step(np.arange(len(adjacency)) == axon, network.bins - 1)
            cocotb.start_soon(source.send(spike(network, axon) for axon in others))
            for _ in range(9):
                await RisingEdge(dut.clk)
            await drain(dut, projection, bank, currents, f"round {number}")
            await until(dut, dut.idle)
            delivered = weights[others].astype(np.int64).sum(axis=0)
            await drain(dut, projection, other, delivered, f"round {number}, other bank")
            corners["delivered while draining"] += 1
        else:
            await drain(dut, projection, 0, currents, f"round {number}")
        for _ in range(4):
            await RisingEdge(dut.clk)
        left = await host["currents"].read_all(projection.shape.accumulators * lanes)
        assert not any(left), f"round {number}: accumulators are not cleared"

        gated: Int = numbers.integers(GATED.low, GATED.high + 1, weights.shape[1:])
        server = cocotb.start_soon(serve(dut, projection, gated.reshape(-1, lanes)))
        content, shift = number == ROUNDS - 2, (3, 1, 5, 2, 4)[number]
        dut.shift.value = shift
        before = weights.copy()
        for bin_index in () if content else range(network.bins):
            for group, axons_of_group in enumerate(groups):
                first = sum(groups[:group])
                rows, columns = slice(first, first + axons_of_group), slice(group * width, (group + 1) * width)
                dut.bin.value, dut.group.value, dut.sweep.value = bin_index, group, 1
                await until(dut, dut.swept)
                dut.sweep.value = 0
                await RisingEdge(dut.clk)
                factor = expected.centred(bin_index, network.inputs if network.centred_input and group == 0 else 0)
                generators[group] = update_rows(
                    weights[rows, columns],
                    exists[rows, columns],
                    factor[rows],
                    gated[columns],
                    shift,
                    WEIGHT.high,
                    generators[group],
                )
        server.cancel()
        stored = await host["weights"].read_all(tables.words * lanes)
        assert stored == image(), f"round {number}: weights {stored}, not {image()}"
        assert await host["generators"].read_all(len(groups)) == generators, f"round {number}"
        assert dut.cleared.value
        dut.turn.value = 1
        await RisingEdge(dut.clk)
        dut.turn.value = 0
        corners["raised to the limit"] += int(((before < weights) & (weights == WEIGHT.high)).sum())
        corners["lowered to the limit"] += int(((before > weights) & (weights == -WEIGHT.high)).sum())
        corners["content"] += content
    stored_words = np.isin(np.arange(weights.shape[1]) // lanes, tables.targets)
    corners["absent in a stored word"] = int((~exists[:, stored_words]).sum())
    require(corners, "raised to the limit", "lowered to the limit", "content", "absent in a stored word")
    require(corners, *(f"same target {distance} words later" for distance in (1, 2, 3)))
