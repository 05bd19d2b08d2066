"""Modulators against golden.modulators.modulate."""

from __future__ import annotations

import itertools
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import ClockCycles

from golden.modulators import modulate
from golden.spec.config import Network
from golden.spec.topology import topology
from rtl.modulators import Modulators
from sim.benches.support.harness import parameters_of_bench
from sim.benches.support.streams import start, value_of


def network_of(parameters: dict[str, Any]) -> Network:
    """Network of the parameters."""
    return Network(**{"inputs": 4, "classes": 6, "neurons": 16, "readout_fan_in": 2, **parameters["network"]})


def component(parameters: dict[str, Any]) -> Modulators:
    """Modulators under test."""
    network = network_of(parameters)
    return Modulators(network, topology(network).modulation)


@cocotb.test(timeout_time=300, timeout_unit="us")
async def every_error(dut: HierarchyObject) -> None:
    """All labels, rivals and strengths."""
    network, unit = network_of(parameters_of_bench()), component(parameters_of_bench())
    await start(dut)
    modulation = np.array(topology(network).modulation)
    for label, rival, strong in itertools.product(range(network.classes), range(network.classes), (0, 1)):
        if label == rival:
            continue
        dut.label.value, dut.rival.value, dut.strong.value = label, rival, strong
        await ClockCycles(dut.clk, 2)
        errors = np.zeros(network.classes, dtype=np.int64)
        errors[label], errors[rival] = 1 + strong, -1 - strong
        found = value_of(unit.modulators.shape(), dut.modulators)
        assert found == modulate(modulation, errors).tolist(), f"label {label}, rival {rival}, strong {strong}: {found}"
