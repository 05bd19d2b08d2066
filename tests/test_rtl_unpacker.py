"""Contents of samples: what the host packs, the gateware unpacks, under random stalls, and leaves the next byte
alone."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from amaranth.sim import Simulator

from boards.host.contents import packed
from golden.spec.config import Network
from golden.spec.presets import preset_named
from rtl.unpacker import SampleUnpacker

TINY = preset_named("tiny").network
LEVELS = replace(TINY, inputs=64)
ODD = replace(TINY, inputs=49, centred_input=False)
SIGNED = replace(ODD, signed_input=True)
EVENTS = replace(preset_named("cue").network, inputs=40, steps=32, bins=1, readout_steps=0, recall_bins=0)
WIDE_EVENTS = replace(EVENTS, inputs=300)
NEXT = 0xA7
"""First byte of what follows a sample."""


def samples_of(network: Network, seed: int) -> np.ndarray:
    """Samples of many densities, the emptiest and the fullest among them."""
    draws = np.random.default_rng(seed)
    shape = (network.inputs,) if network.encoder == "levels" else (network.steps, network.inputs)
    found = []
    for density in (0.0, 0.02, 0.1, 0.5, 0.9, 1.0):
        chosen = draws.random(shape) < density
        values = draws.integers(1, 16, shape) if network.encoder == "levels" else np.ones(shape, int)
        if network.signed_input:
            values *= draws.choice([-1, 1], shape)
        found.append(values * chosen)
    return np.array(found)


def expected(network: Network, sample: np.ndarray) -> list[tuple[int, int]]:
    """Transfers of a sample: value and last."""
    if network.encoder == "levels":
        return [(int(level) & 31, int(place == len(sample) - 1)) for place, level in enumerate(sample)]
    return [pair for step in sample for pair in (*((int(axon), 0) for axon in np.flatnonzero(step)), (-1, 1))]


def transfers(network: Network, contents: list[bytes], seed: int) -> tuple[list[tuple[int, int]], list[int], bool]:
    """Transfers of contents that follow one another; bytes that were left over before the next sample; refused."""
    unpacker, stalls = SampleUnpacker(network), random.Random(seed)
    found: list[tuple[int, int]] = []
    left: list[int] = []
    refused = False

    async def bench(context: Any) -> None:
        nonlocal refused
        for content in contents:
            context.set(unpacker.start, 1)
            await context.tick()
            context.set(unpacker.start, 0)
            waiting = [*content, NEXT]
            while context.get(unpacker.open) and not refused:
                context.set(unpacker.i.payload, waiting[0])
                context.set(unpacker.i.valid, stalls.random() < 0.7)
                context.set(unpacker.o.ready, stalls.random() < 0.7)
                refused = bool(context.get(unpacker.refused))
                if context.get(unpacker.o.valid) and context.get(unpacker.o.ready):
                    last = context.get(unpacker.o.payload.last)
                    value = -1 if last and network.encoder == "events" else context.get(unpacker.o.payload.value)
                    found.append((value, last))
                if context.get(unpacker.i.valid) and context.get(unpacker.i.ready):
                    del waiting[0]
                await context.tick()
            context.set(unpacker.i.payload, waiting[0])
            context.set(unpacker.i.valid, 1)
            await context.delay(1e-8)
            assert context.get(unpacker.i.ready) == 0, "a byte is taken although no sample is open"
            left.append(len(waiting))
            context.set(unpacker.i.valid, 0)

    simulator = Simulator(unpacker)
    simulator.add_clock(1e-6)
    simulator.add_testbench(bench)
    simulator.run()
    return found, left, refused


@pytest.mark.parametrize(
    "network", [LEVELS, ODD, SIGNED, EVENTS, WIDE_EVENTS], ids=["even", "odd", "signed", "events", "wide"]
)
@pytest.mark.parametrize("seed", [1, 2])
def test_unpacks_what_was_packed(network: Network, seed: int) -> None:
    samples = samples_of(network, seed)
    found, left, refused = transfers(network, [packed(network, sample) for sample in samples], seed)
    assert found == [transfer for sample in samples for transfer in expected(network, sample)]
    assert left == [1] * len(samples) and not refused


def test_a_run_ends_with_the_sample() -> None:
    """A run of 16 zeros where two are left, and the half of a byte behind it."""
    level, run = 5, 0x0F
    contents = bytes([level | level << 4] * 23 + [level | 0 << 4, run])  # 47 levels, then a run
    found, left, _ = transfers(ODD, [contents, contents], 1)
    assert len(found) == 2 * ODD.inputs and left == [1, 1]
    contents = bytes([level | level << 4] * 23 + [0 | run << 4])  # 46 levels
    found, left, _ = transfers(ODD, [contents, contents], 1)
    assert len(found) == 2 * ODD.inputs and left == [1, 1]


@pytest.mark.parametrize("byte", [0x80, 0xEF, 0xF0])
def test_refuses_levels_that_are_not_there(byte: int) -> None:
    found, _, refused = transfers(SIGNED, [bytes((3, byte))], 1)
    assert refused and found == [(3, 0)]


@pytest.mark.parametrize(("network", "event"), [(EVENTS, b"\x28"), (EVENTS, b"\x7f"), (WIDE_EVENTS, b"\x2c\x01")])
def test_refuses_axons_that_are_not_there(network: Network, event: bytes) -> None:
    found, _, refused = transfers(network, [event], 1)
    assert refused and not found
