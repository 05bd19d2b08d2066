"""EligibilityRegisters against golden.eligibility.Eligibility: counting or traces, settling, sweeping, turning."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject, LogicObject
from cocotb.triggers import RisingEdge

from golden.eligibility import Eligibility
from golden.spec.config import Network
from golden.spec.memmap import bank_words
from rtl.eligibility import EligibilityRegisters, EligibilityShape
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, start, unpack, until
from sim.benches.support.window import Window

SAMPLES = 12


def network_of(parameters: dict[str, Any]) -> Network:
    """Configuration that has only to do with eligibility."""
    return Network(**{"inputs": 4, "classes": 2, "neurons": 16, "readout_fan_in": 2, **parameters})


def groups_of(network: Network) -> tuple[int, ...]:
    """Axons of two groups; the inputs come first."""
    return network.inputs, 8


def component(parameters: dict[str, Any]) -> EligibilityRegisters:
    """Registers under test."""
    given = dict(parameters)
    lanes = given.pop("lanes", 1)
    network = network_of(given)
    return EligibilityRegisters(EligibilityShape.of_layer(network, 0, lanes), groups_of(network))


@cocotb.test(timeout_time=300, timeout_unit="us")
async def samples(dut: HierarchyObject) -> None:
    """Random spikes with stalls; then sweeps that offer everything, unless the sample just ends."""
    given = parameters_of_bench()
    lanes = given.pop("lanes", 1)
    network = network_of(given)
    registers, groups = component(parameters_of_bench()), groups_of(network)
    axons, starts = sum(groups), [0, groups[0]]
    draw, corners = random.Random(4), Counter[str]()
    await start(dut)
    source = StreamSource(dut, "i", registers.i.payload.shape(), RandomStalls("i"))
    passed = StreamSink(dut, "o", registers.o.payload.shape(), RandomStalls("o"))
    active = StreamSink(dut, "o_active", registers.o_active.payload.shape(), RandomStalls("o_active"))
    host = Window(dut, "host")

    async def scan(request: LogicObject, done: LogicObject) -> None:
        request.value = 1
        await until(dut, done)
        request.value = 0
        await RisingEdge(dut.clk)

    await until(dut, dut.cleared)
    for sample in range(SAMPLES):
        expected = Eligibility(network, axons)
        for step in range(network.steps):
            dut.i_bin.value, dut.first_step.value = network.bin_of(step), step == 0
            density = draw.choice((0.0, 0.3, 0.9))
            order = [axon for axon in range(axons) if draw.random() < density]
            draw.shuffle(order)
            if not network.trace_shift:  # an axon that comes again waits for its register
                order += order[-1:] * draw.randrange(3)
            corners["immediate repeat"] += len(order) > len(set(order))
            signs = [draw.choice((1, -1)) if network.signed_input else 1 for _ in order]
            spikes = [
                {"axon": axon, **({"negative": sign < 0} if network.signed_input else {})}
                for axon, sign in zip(order, signs, strict=True)
            ]
            await source.send(spikes)
            assert await passed.take(len(spikes)) == spikes
            await until(dut, dut.idle)
            if network.trace_shift:
                expected.step(np.isin(np.arange(axons), order).astype(np.int64), network.bin_of(step))
            for axon, sign in zip(order, signs, strict=True) if not network.trace_shift else ():
                expected.step(sign * (np.arange(axons) == axon), network.bin_of(step))
            if network.trace_shift:
                for group in range(len(groups)):
                    dut.group.value = group
                    await scan(dut.settle, dut.settled)
                corners["trace saturates"] += int((expected.trace == network.trace.high).sum())
        corners["saturates"] += int((expected.pre == network.pre.high).sum())
        corners["saturates below"] += int((expected.pre == -network.pre.high).sum())
        register = shape_of(EligibilityShape.of_layer(network, 0).register)
        bank = int(dut.bank.value) * lanes * bank_words(network.bins * axons // lanes)
        raws = [await host.read(bank + element) for element in range(network.bins * axons)]
        stored = [unpack(register, raw) for raw in raws]
        assert stored == expected.pre.ravel().tolist(), f"sample {sample}: {stored}, expected {expected.pre.ravel()}"

        content = sample % 4 == 3
        corners["content"] += content
        for bin_index in () if content else range(network.bins):
            factor = expected.centred(bin_index, network.inputs if network.centred_input else 0)
            corners["negative factor"] += int((factor < 0).sum())
            for group, (first, count) in enumerate(zip(starts, groups, strict=True)):
                dut.group.value, dut.bin.value = group, bin_index
                await scan(dut.sweep, dut.swept)
                offers = [
                    {"axon": axon, "factor": int(factor[axon])} for axon in range(first, first + count) if factor[axon]
                ]
                waits = len(active.waits)
                assert await active.take(len(offers)) == offers, f"sample {sample}, bin {bin_index}, group {group}"
                assert active.empty and len(active.waits) == waits
                corners["offer waits"] += sum(active.waits[waits - len(offers) :]) > 0
                corners["last offer waits"] += bool(offers and active.waits[-1])
                corners["nothing to offer"] += not offers
        assert dut.cleared.value
        dut.turn.value = 1
        await RisingEdge(dut.clk)
        dut.turn.value = 0
    require(corners, "saturates", "offer waits", "last offer waits", "content")
    require(corners, "trace saturates" if network.trace_shift else "immediate repeat")
    if network.centred_input or network.signed_input:
        require(corners, "negative factor")
    if network.signed_input:
        require(corners, "saturates below")
