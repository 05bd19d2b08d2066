"""LaneMemory against a list: both ports, holding, the host's window, and the X of a collision."""

from __future__ import annotations

import random
from collections import Counter

import cocotb
from amaranth import signed
from amaranth.lib import data
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import pack, start, unpack, value_of
from sim.benches.support.window import Window

CYCLES = 4000


async def collision_shows(dut: HierarchyObject) -> None:
    """A word that is read and written in one cycle is undefined; later reads are not."""
    dut.read_enable.value, dut.write_enable.value, dut.read_address.value, dut.write_address.value = 1, 1, 1, 1
    dut.write_data.value = 1
    await RisingEdge(dut.clk)
    dut.write_enable.value = 0
    await RisingEdge(dut.clk)
    assert not dut.read_data.value.is_resolvable
    await RisingEdge(dut.clk)
    assert int(dut.read_data.value) == 1


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def ports_and_host(dut: HierarchyObject) -> None:
    """Random reads and writes that respect the collision rule, with host accesses between them."""
    parameters = parameters_of_bench()
    bits, lanes, depth, single_port = (parameters[name] for name in ("bits", "lanes", "depth", "single_port"))
    element_shape = signed(bits)
    word = data.ArrayLayout(element_shape, lanes)
    draw, corners = random.Random(1), Counter[str]()
    await start(dut)
    host = Window(dut, "host")
    model: list[int] = parameters["init"] + [0] * (lanes * depth - len(parameters["init"]))
    if single_port:  # undefined until the host has written it
        model = [draw.getrandbits(bits) for _ in model]
        for element, value in enumerate(model):
            await host.write(element, value)
    model = [unpack(element_shape, value) for value in model]

    expected: list[int] | None = None
    written = None
    for cycle in range(CYCLES):
        if draw.random() < 0.05:
            dut.read_enable.value, dut.write_enable.value = 0, 0
            element, value = draw.randrange(lanes * depth), draw.getrandbits(bits)
            if draw.random() < 0.5:
                dut.read_enable.value = single_port or draw.randrange(2)  # the host has precedence
                await host.write(element, value)
                model[element] = unpack(element_shape, value)
                corners["host write"] += 1
            else:
                raw = await host.read(element)
                assert raw == pack(element_shape, model[element]), f"cycle {cycle}: host reads {raw} at {element}"
                corners["host read"] += 1
            expected, written = None, None
        read, write = draw.random() < 0.6, draw.random() < 0.4
        read_at, write_at = draw.randrange(depth), draw.randrange(depth)
        write = write and not (read and (single_port or read_at == write_at))
        values = [draw.randrange(-(1 << bits - 1), 1 << bits - 1) for _ in range(lanes)]
        dut.read_enable.value, dut.read_address.value = read, read_at
        dut.write_enable.value, dut.write_address.value = write, write_at
        dut.write_data.value = pack(word, values)
        await RisingEdge(dut.clk)
        if expected is not None:
            found = value_of(word, dut.read_data)
            assert found == expected, f"cycle {cycle}: read {found}, expected {expected}"
        corners["read and write at once"] += read and write
        corners["read right after the write"] += read and read_at == written
        corners["held"] += not read and expected is not None
        corners["held over a write"] += not read and write and expected is not None
        if read:
            expected = model[read_at * lanes : (read_at + 1) * lanes]
        if write:
            model[write_at * lanes : (write_at + 1) * lanes] = values
        written = write_at if write else None
    require(corners, "host write", "host read", "read right after the write", "held", "held over a write")
    assert bool(corners["read and write at once"]) != single_port
    if not single_port:  # one address cannot collide with itself
        await collision_shows(dut)
