"""LevelEncoder against golden.encoder.encode_levels."""

from __future__ import annotations

import random
from collections import Counter

import cocotb
import numpy as np
from cocotb.handle import HierarchyObject

from golden.encoder import encode_levels
from rtl.encoder import LevelEncoder
from sim.benches.support.harness import parameters_of_bench, require
from sim.benches.support.streams import RandomStalls, StreamSink, StreamSource, start


def component(inputs: int, negative: bool) -> LevelEncoder:
    """Encoder under test."""
    return LevelEncoder(inputs, negative=negative)


@cocotb.test(timeout_time=300, timeout_unit="us")
async def samples(dut: HierarchyObject) -> None:
    """All levels, none, the highest everywhere, and random ones, back to back."""
    parameters = parameters_of_bench()
    inputs, negative = parameters["inputs"], parameters["negative"]
    draw, corners = random.Random(5), Counter[str]()
    levels = [
        list(range(inputs)),
        [0] * inputs,
        [15] * inputs,
        [0] * (inputs - 1) + [1],
        list(range(15, 15 - inputs, -1)),
    ]
    levels += [[draw.choice((0, draw.randrange(16))) for _ in range(inputs)] for _ in range(10)]
    if negative:
        levels += [[-level for level in sample] for sample in levels]
        levels += [[draw.randrange(-15, 16) for _ in range(inputs)] for _ in range(5)]
    encoder = component(inputs, negative)
    await start(dut)
    source = StreamSource(dut, "i", encoder.i.payload.shape(), RandomStalls("i"))
    sink = StreamSink(dut, "o", encoder.o.payload.shape(), RandomStalls("o"))
    cocotb.start_soon(
        source.send(
            {"value": level & 31, "last": index == inputs - 1}
            for sample in levels
            for index, level in enumerate(sample)
        )
    )
    for number, sample in enumerate(levels):
        for step, spikes in enumerate(encode_levels(np.array(sample))):
            for axon in np.flatnonzero(spikes):
                expected = {"axon": axon, **({"negative": sample[axon] < 0} if negative else {})}
                event = await sink.get()
                assert event == {"spike": expected, "last": 0}, f"sample {number}, step {step}: {event}, not {expected}"
            event = await sink.get()
            assert event["last"], f"sample {number}, step {step}: {event}, not the end of the step"
            corners["no spike in a step"] += not spikes.any()
            corners["every input spikes"] += bool(spikes.all())
            corners["end of a step waits"] += sink.waits[-1] > 0
            corners["end of the sample waits"] += step == 15 and sink.waits[-1] > 0
    require(corners, "no spike in a step", "every input spikes", "end of a step waits", "end of the sample waits")
