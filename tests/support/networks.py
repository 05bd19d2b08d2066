"""Small networks of every kind, and samples that reach their corners."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.spec.config import Network
from golden.spec.generator import Generator, Purpose

SHIFTS = (3, 2)
SAMPLES = 24

BASE: dict[str, Any] = dict(
    inputs=9,
    classes=3,
    neurons=8,
    population=2,
    weight_bits=4,
    readout_bits=4,
    threshold_bits=4,
    input_amplitude=7,
    forward_amplitude=7,
    recurrent_amplitude=7,
    readout_amplitude=3,
    readout_fan_in=3,
    ring_degree=4,
    modulators=3,
    margin=2,
)
EVENTS: dict[str, Any] = dict(encoder="events", steps=11)
TRACE: dict[str, Any] = dict(trace_shift=2, trace_increment=5, trace_bits=3)
ADAPTATION: dict[str, Any] = dict(adaptation_increment=40, adaptation_decay=3, adaptation_shift=4)

VARIANTS: dict[str, dict[str, Any]] = {
    "ring": {},
    "two layers": dict(layers=2),
    "three dense layers": dict(layers=3, recurrence="dense"),
    "no recurrence": dict(recurrence="none", layers=2),
    "fixed recurrence": dict(recurrence="fixed", layers=2),
    "fixed recurrence, trace, bins": dict(**EVENTS, **TRACE, recurrence="fixed", bins=3),
    "random modulators": dict(modulators=5, layers=2),
    "zero feedback": dict(feedback="zero"),
    "frozen layers": dict(plastic_layers=False, layers=2),
    "prototypes": dict(plastic_layers=False, readout_rule="prototype", pre_bits=2, population=4, layers=2),
    "prototypes, plain rounding": dict(
        plastic_layers=False, readout_rule="prototype", pre_bits=1, rounding="plain", readout_fan_in=8
    ),
    "plain rounding": dict(rounding="plain", layers=2, modulators=5),
    "bundles": dict(bundle=4, ring_degree=4, forward_fan_in=3, layers=3),
    "bundles of a ring": dict(bundle=2, ring_degree=2),
    "sparse layers": dict(forward_fan_in=2, layers=2, recurrence="none"),
    "random links": dict(links="random", layers=2),
    "windows": dict(inputs=16, input_grid=2, input_window=3, layers=2),
    "wide gaps": dict(inputs=36, neurons=72, input_grid=3, input_window=2, ring_degree=2, rewire_percent=60),
    "swift homeostasis": dict(homeostasis_gain=255, homeostasis_decay=1200, layers=2),
    "rising thresholds": dict(encoder="events", steps=60, count_bits=6, homeostasis_gain=255, homeostasis_decay=0),
    "narrow registers": dict(pre_bits=1, count_bits=1, post_bits=1),
    "post counts": dict(post_bits=4, layers=2),
    "centred input": dict(centred_input=True, layers=2),
    "centred windows": dict(centred_input=True, inputs=16, input_grid=2, input_window=3, pre_bits=3),
    "centred events": dict(**EVENTS, centred_input=True, recurrence="none"),
    "trace": dict(**TRACE, layers=2),
    "trace without recurrence": dict(**TRACE, recurrence="none"),
    "events": dict(**EVENTS),
    "events in bins": dict(**EVENTS, bins=4, post_bits=3, pre_bits=2, layers=3),
    "events, trace, bins": dict(**EVENTS, **TRACE, bins=3, post_bits=2, layers=2),
    "events, dense, frozen": dict(**EVENTS, recurrence="dense", plastic_layers=False),
    "signed input": dict(signed_input=True, layers=2),
    "signed windows": dict(signed_input=True, inputs=16, input_grid=2, input_window=3, pre_bits=3),
    "readout window": dict(**EVENTS, readout_steps=4, layers=2, pre_bits=2),
    "readout window of levels": dict(readout_steps=1, pre_bits=2),
    "adaptation": dict(**EVENTS, **ADAPTATION, layers=2),
    "saturated adaptation": dict(
        encoder="events", steps=60, adaptation_increment=8191, adaptation_decay=15, adaptation_shift=12
    ),
    "recall": dict(**EVENTS, **ADAPTATION, bins=5, recall_bins=2, post_bits=3, readout_steps=4),
    "recall, trace, layers": dict(
        **EVENTS, **TRACE, **ADAPTATION, bins=4, recall_bins=1, post_bits=6, layers=2, recurrence="none"
    ),
    "long recall": dict(
        encoder="events",
        steps=48,
        neurons=24,
        bins=4,
        recall_bins=2,
        post_bits=4,
        adaptation_increment=20,
        adaptation_decay=5,
        adaptation_shift=4,
        input_amplitude=5,
        homeostasis_decay=1,
        margin=6,
    ),
    "recall without adaptation": dict(**EVENTS, bins=3, recall_bins=2, post_bits=4, modulators=5),
    "widest": dict(
        encoder="events",
        steps=60,
        bins=2,
        layers=2,
        weight_bits=16,
        readout_bits=16,
        threshold_bits=12,
        pre_bits=8,
        post_bits=8,
        count_bits=10,
        input_amplitude=2000,
        forward_amplitude=2000,
        recurrent_amplitude=2000,
        readout_amplitude=3000,
    ),
    "sums that just fit 16 bits": dict(
        **EVENTS,
        layers=2,
        bins=2,
        weight_bits=13,
        readout_bits=13,
        threshold_bits=11,
        pre_bits=8,
        post_bits=8,
        input_amplitude=4095,
        forward_amplitude=4095,
        recurrent_amplitude=4095,
        readout_amplitude=4095,
    ),
    "blocks of columns": dict(neurons=120, layers=2, population=24, readout_fan_in=5, ring_degree=6, rewire_percent=50),
    "products beyond 16 bits": dict(
        encoder="events", steps=240, weight_bits=12, pre_bits=8, post_bits=8, input_amplitude=40, modulators=5, layers=2
    ),
    "widest, adaptive": dict(
        encoder="events",
        steps=60,
        bins=6,
        weight_bits=16,
        readout_bits=16,
        threshold_bits=12,
        pre_bits=8,
        post_bits=8,
        recall_bins=3,
        adaptation_increment=8191,
        adaptation_decay=12,
        adaptation_shift=1,
        input_amplitude=12000,
        recurrent_amplitude=12000,
    ),
}


def network_of(variant: str) -> Network:
    return Network(**BASE | VARIANTS[variant])


def stimulus(network: Network) -> tuple[NDArray[np.integer], NDArray[np.uint8]]:
    """Random samples, one of them empty and two full, with random labels."""
    draw = Generator(7, Purpose.STIMULUS)
    shape = (SAMPLES, network.inputs) if network.encoder == "levels" else (SAMPLES, network.steps, network.inputs)
    low, high = (-15 if network.signed_input else 0, 15) if network.encoder == "levels" else (0, 1)
    values = [low + draw.below(high - low + 1) for _ in range(int(np.prod(shape)))]
    samples = np.array(values, dtype=np.int8 if low else np.uint8).reshape(shape)
    samples[3], samples[4], samples[5] = 0, high, low or high
    return samples, np.array([draw.below(network.classes) for _ in range(SAMPLES)], dtype=np.uint8)
