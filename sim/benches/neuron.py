"""LifNeuron against golden.neuron: every operand of a narrow neuron, and random ones of wide neurons."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject
from cocotb.triggers import RisingEdge

from golden.arith import Int
from golden.neuron import adapt, effective_threshold, homeostasis, tick
from golden.spec import pipeline
from golden.spec.config import Network
from golden.spec.settings import Settings
from rtl.neuron import LifNeuron
from rtl.types import shape_of
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.settings import drawn_settings
from sim.benches.support.streams import pack, start, unpack, value_of

RANDOM = 4000
PARTS = 24  # each with other settings, where the neuron is adjustable
NARROW = 4
"""Threshold bits at which all potentials are tried."""


def network_of(parameters: dict[str, Any]) -> Network:
    """Configuration that has only to do with neurons."""
    return Network(**{"inputs": 4, "classes": 2, "neurons": 16, "encoder": "events", **parameters["network"]})


def component(parameters: dict[str, Any]) -> LifNeuron:
    """Neuron under test."""
    return LifNeuron(network_of(parameters), adjustable=parameters["adjustable"])


def settled_networks(parameters: dict[str, Any]) -> list[Network]:
    """The network with the settings of each part of the operands; leaks of all sizes."""
    network = network_of(parameters)
    if not parameters["adjustable"]:
        return [network] * 2
    draw = np.random.default_rng(21)
    drawn = [replace(drawn_settings(network, draw), leak_shift=1 + part % 12) for part in range(PARTS)]
    return [settings.applied(network) for settings in drawn]


def every_operand(network: Network) -> dict[str, Int]:
    """All potentials, currents across all of them, thresholds at and around their clamps; counters vary along."""
    low, high = network.threshold_range
    unit = 1 << network.threshold_fraction
    potentials = range(-network.nominal_threshold, 3 * network.nominal_threshold + 1)
    currents = range(-2 * network.nominal_threshold, 3 * network.nominal_threshold)
    thresholds = (low, low + unit - 1, 1 << 14, high)
    operands = np.array(list(itertools.product(potentials, currents, thresholds)))
    index = np.arange(len(operands))
    return {
        "potential": operands[:, 0],
        "current": operands[:, 1],
        "threshold": operands[:, 2],
        "count": index % (network.count.high + 1),
        "post": index % (network.post.high + 1),
        "adaptation": np.zeros_like(index),
        "recall": np.zeros_like(index),
    }


def random_operands(network: Network, leak_shifts: Int) -> dict[str, Int]:
    """Random operands over the whole range of each; currents mostly near the threshold, leaks being as given."""
    draw = np.random.default_rng(network.threshold_bits)
    (low, high), nominal = network.threshold_range, network.nominal_threshold
    adapted = bool(network.adaptation_increment)
    threshold = draw.choice((low, high, 1 << 14, *draw.integers(low, high + 1, 20)), RANDOM)
    adaptation = draw.choice((0, network.adaptation.high, *draw.integers(0, 1 << 15, 20)), RANDOM) * adapted
    theta = effective_threshold(network, threshold, adaptation)
    potential = draw.integers(-nominal, theta + 1)
    edges = draw.choice((0, -1, nominal // 2, -nominal // 2), RANDOM)
    around = np.where(draw.random(RANDOM) < 0.3, edges, draw.integers(-2 * nominal, 2 * nominal, RANDOM))
    near = theta - potential + (potential >> leak_shifts) + around
    wild = draw.integers(network.current.low, network.current.high + 1, RANDOM)
    return {
        "potential": potential,
        "current": np.clip(np.where(draw.random(RANDOM) < 0.8, near, wild), network.current.low, network.current.high),
        "threshold": threshold,
        "count": draw.integers(0, network.count.high + 1, RANDOM),
        "post": draw.integers(0, network.post.high + 1, RANDOM),
        "adaptation": adaptation,
        "recall": draw.integers(0, network.recall.high + 1, RANDOM) * bool(network.recall_bins),
    }


@cocotb.test(timeout_time=2, timeout_unit="ms")
async def ticks(dut: HierarchyObject) -> None:
    """A neuron a cycle, with the pipeline held now and then."""
    parameters = parameters_of_bench()
    network, neuron, networks = network_of(parameters), component(parameters), settled_networks(parameters)
    every = every_operand(network) if network.threshold_bits == NARROW else None
    size = RANDOM if every is None else len(every["potential"])
    parts = np.array_split(np.arange(size), len(networks))
    leaks = np.concatenate([[one.leak_shift] * len(part) for one, part in zip(networks, parts, strict=True)])
    operands = random_operands(network, leaks) if every is None else every
    draw = np.random.default_rng(9)
    flags = {name: draw.random(size) < 0.1 for name in ("first_step", "first_in_bin")}
    recalling = np.arange(size) >= parts[len(parts) // 2][0]
    fresh = {name: ~flags["first_step"] * operands[name] for name in ("potential", "count", "adaptation", "recall")}
    post = ~flags["first_in_bin"] * operands["post"]

    theta = effective_threshold(network, operands["threshold"], fresh["adaptation"])

    def by_part(rule: Callable[[Network, Any], Any]) -> Any:
        """What a rule gives for the operands of each part, with its settings, one after the other."""
        found = [rule(one, part) for one, part in zip(networks, parts, strict=True)]
        return np.concatenate(found, axis=-1)

    ticked = by_part(
        lambda one, part: np.array(
            tick(one, fresh["potential"][part], operands["current"][part], theta[part]), dtype=np.int64
        )
    )
    potential, spikes, hits = ticked[0], ticked[1].astype(np.bool_), ticked[2]
    counts = np.minimum(fresh["count"] + spikes, network.count.high)
    after = {
        "potential": potential,
        "threshold": by_part(lambda one, part: homeostasis(one, operands["threshold"][part], counts[part])),
        "count": counts,
        "post": np.minimum(post + hits, network.post.high),
        "adaptation": adapt(network, fresh["adaptation"], spikes),
        "recall": np.minimum(fresh["recall"] + hits * recalling, network.recall.high),
    }
    layout = neuron.before.shape()
    before, expected = (
        [pack(layout, {name: int(values[name][index]) for name in layout.members}) for index in range(size)]
        for values in (operands, after)
    )
    currents = [pack(shape_of(network.current), current) for current in operands["current"]]

    await start(dut)
    held = 0
    for one, part in zip(networks, parts, strict=True):
        dut.recalling.value = bool(recalling[part[0]])  # this and the settings hold while neurons are under way
        if parameters["adjustable"]:
            dut.settings.value = pack(neuron.settings.shape(), Settings.of(one).values())
        under_way: deque[int | None] = deque()
        for index in [*part.tolist(), *[None] * pipeline.NEURON]:
            if index is not None:
                dut.before.value, dut.current.value = before[index], currents[index]
                for name, values in flags.items():
                    getattr(dut, name).value = bool(values[index])
            if draw.random() < 0.02:
                dut.advance.value = 0
                held += 1
                await RisingEdge(dut.clk)
            dut.advance.value = 1
            await RisingEdge(dut.clk)
            under_way.append(index)
            done = under_way.popleft() if len(under_way) > pipeline.NEURON else None
            if done is not None and (int(dut.after.value), dut.spike.value) != (expected[done], spikes[done]):
                case = {name: int(values[done]) for name, values in (operands | flags).items()}
                found = f"{value_of(layout, dut.after)}, spike {dut.spike.value}"
                raise AssertionError(f"{case}: {found}, not {unpack(layout, expected[done])}, spike {spikes[done]}")

    distance = fresh["potential"] - (fresh["potential"] >> leaks) + operands["current"] - theta
    low, high = network.threshold_range
    corners = Counter(
        {
            "held": held,
            "exactly at the threshold": int((distance == 0).sum()),
            "one below the threshold": int((distance == -1).sum()),
            "upper edge of the window": int((distance == network.nominal_threshold // 2).sum()),
            "lower edge of the window": int((distance == -network.nominal_threshold // 2).sum()),
            "residual clamped": int((distance > theta).sum()),
            "potential clamped": int((potential == -network.nominal_threshold).sum()),
            "threshold clamped below": int((after["threshold"] == low).sum()),
            "threshold clamped above": int((after["threshold"] == high).sum()),
            "count saturates": int(((fresh["count"] == network.count.high) & spikes).sum()),
            "post saturates": int(((post == network.post.high) & (hits > 0)).sum()),
        }
    )
    require(corners, *corners)
    if network.adaptation_increment:
        assert (after["adaptation"] == network.adaptation.high).any()
