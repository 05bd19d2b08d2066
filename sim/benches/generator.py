"""RoundingGenerators against golden.generator.stepped."""

from __future__ import annotations

import random
from collections import Counter

import cocotb
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.generator import stepped
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import start
from sim.benches.support.window import Window

CYCLES = 3000


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def draws(dut: HierarchyObject) -> None:
    """Every draw of every generator, and loading and reading states by the host."""
    states: list[int] = parameters_of_bench()["initial"]
    draw, corners = random.Random(3), Counter[str]()
    await start(dut)
    host = Window(dut, "host")
    for cycle in range(CYCLES):
        if draw.random() < 0.05:
            element = draw.randrange(len(states))
            if draw.random() < 0.5:
                states[element] = draw.choice((1, 1 << 31, 0xFFFF_FFFF, draw.getrandbits(32)))
                await host.write(element, states[element])
                corners["host write"] += 1
            assert await host.read_all(len(states)) == states, f"cycle {cycle}"
        select, step = draw.randrange(len(states)), draw.random() < 0.7
        dut.select.value, dut.step.value = select, step
        await RisingEdge(dut.clk)
        found, expected = dut.draw.value.to_unsigned(), states[select] >> 16
        assert found == expected, f"cycle {cycle}: generator {select} draws {found:#06x}, expected {expected:#06x}"
        corners["step" if step else "no step"] += 1
        if step:
            states[select] = stepped(states[select])
        dut.step.value = 0
    require(corners, "host write", "step", "no step")
