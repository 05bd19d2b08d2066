"""Prototypes against golden.prototypes: leads, who is chosen, and where its threshold goes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import ReadOnly, RisingEdge

from golden.prototypes import adapted_threshold, chosen_prototype, prototype_potentials
from golden.spec.config import Network
from golden.spec.training import SHIFT_LIMIT
from rtl.prototypes import Prototypes
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import pack, start, value_of
from sim.benches.support.window import Window

SAMPLES = 60


def network_of(parameters: dict[str, Any]) -> Network:
    """Configuration that has only to do with prototypes."""
    return Network(
        inputs=4,
        neurons=16,
        recurrence="none",
        plastic_layers=False,
        readout_rule="prototype",
        pre_bits=1,
        readout_bits=4,
        **parameters,
    )


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def samples(dut: HierarchyObject) -> None:
    """Every class in turn with pauses; ties and extreme potentials; learning at all rates, and none."""
    network = network_of(parameters_of_bench())
    unit, form = Prototypes(network), network.readout_potential
    thresholds = np.full(network.readouts, network.vacant_threshold, dtype=np.int64)
    draw, corners = np.random.default_rng(5), Counter[str]()
    for port in ("read", "valid", "learn", "own", "first"):
        getattr(dut, port).value = 0
    await start(dut)
    window = Window(dut, "host_thresholds")
    for sample in range(SAMPLES):
        span = (1, 40, form.high)[sample % 3]
        potentials = draw.integers(-span - (span == form.high), span + 1, network.readouts)
        label = int(draw.integers(network.classes))
        dut.shift.value = shift = sample % SHIFT_LIMIT + 1
        best = []
        for one in range(network.classes):
            leads = []
            for place, neuron in enumerate(range(one, network.readouts, network.classes)):
                dut.neuron.value, dut.read.value, dut.valid.value = neuron, 1, 0
                await RisingEdge(dut.clk)
                dut.read.value, dut.valid.value = 0, 1
                dut.value.value = pack(shape_of(form), int(potentials[neuron]))
                await RisingEdge(dut.clk)
                dut.valid.value, dut.own.value, dut.first.value = 0, int(one == label), int(place == 0)
                await ReadOnly()
                assert int(dut.lead_valid.value)
                leads.append(value_of(unit.lead.shape(), dut.lead))
                await RisingEdge(dut.clk)
            best.append(max(leads))
        await RisingEdge(dut.clk)
        case = f"sample {sample}: potentials {potentials}, thresholds {thresholds}, label {label}"
        assert best == prototype_potentials(network, potentials, thresholds).tolist(), case
        chosen = chosen_prototype(network, potentials, thresholds, label)
        assert int(dut.chosen.value) == chosen, case
        own = (potentials - thresholds)[label :: network.classes]
        corners["tie"] += int((own == own.max()).sum() > 1)
        corners["vacant is chosen"] += int(thresholds[chosen] < 0)
        corners["taken is chosen"] += int(thresholds[chosen] >= 0)
        learns = sample % 5 != 4
        if learns:
            thresholds[chosen] = adapted_threshold(int(potentials[chosen]), int(thresholds[chosen]), shift)
        dut.learn.value = int(learns)
        await RisingEdge(dut.clk)
        dut.learn.value = 0
        for _ in range(3):
            await RisingEdge(dut.clk)
        stored = await window.read_all(network.readouts)
        assert stored == [pack(shape_of(form), int(threshold)) for threshold in thresholds], case
    require(corners, "vacant is chosen", "taken is chosen", *(["tie"] if network.population > 1 else []))
