"""Functional coverage: what random networks must have met, and how often they have.

A point is a corner of the rule in a sample (sim/crosscheck/corners.py counts them), a property of a network or its
hardware, or an event inside the gateware (sim/crosscheck/events.py). Not among them is a broadcast beyond +-127: it
takes 32 modulators that agree, which no seed in 2^32 gives two neurons; the bench of the broadcast drives it there
(sim/benches).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from golden.spec.config import Network, Preset

CORNERS = (
    "spike at the threshold itself",
    "potential at the edge of the window",
    "potential clamped from below",
    "residual clamped to the threshold",
    "current at its largest sum",
    "readout potential at its largest sum",
    "presynaptic eligibility saturates",
    "negative presynaptic eligibility saturates",
    "presynaptic eligibility of the readout saturates",
    "postsynaptic eligibility saturates",
    "count saturates",
    "trace saturates",
    "adaptation saturates",
    "hits of the recall saturate",
    "spike of an axon without synapses",
    "spike of a neuron without links",
    "eligible axon without synapses",
    "spike that the readout does not hear",
    "threshold clamped from below",
    "threshold clamped from above",
    "layer weight saturates from above",
    "layer weight saturates from below",
    "readout weight saturates from above",
    "readout weight saturates from below",
    "absent synapse in an updated row",
    "product beyond 16 bits",
    "draw of 0",
    "draw of all ones",
    "modulator of 0",
    "modulator at its largest",
    "broadcast of 0",
    "broadcast at its largest",
    "negative factor of a centred input",
    "negative spike",
    "teacher content",
    "teacher content by just the margin",
    "weak error",
    "strong error",
    "strong error at no lead",
    "classes tie for the prediction",
    "classes tie for the rival",
    "vacant prototype chosen",
    "settled prototype chosen",
    "prototypes of the label tie",
    "no class has a prototype",
    "silent sample",
    "every neuron spikes in every step",
    "sample in the first half of a pair learned",
    "sample in the second half of a pair learned",
    "sample without learning between two that learn",
)
"""Corners of the rule, counted in what the reference did."""

_OF_NETWORK: dict[str, Callable[[Network], bool]] = {
    "one layer": lambda n: n.layers == 1,
    "three layers or more": lambda n: n.layers >= 3,
    "two neurons": lambda n: n.neurons == 2,
    "neurons that are no power of two": lambda n: n.neurons & n.neurons - 1 != 0,
    "one input": lambda n: n.inputs == 1,
    "odd number of inputs": lambda n: n.inputs > 1 and n.inputs % 2 == 1,
    "two classes": lambda n: n.classes == 2,
    "odd number of classes": lambda n: n.classes % 2 == 1,
    "population of one": lambda n: n.population == 1,
    "population that is no power of two": lambda n: n.population & n.population - 1 != 0,
    "two steps": lambda n: n.steps == 2,
    "steps that bins do not divide": lambda n: n.steps % n.bins != 0,
    "a bin for every step": lambda n: n.bins == n.steps,
    "no recurrence": lambda n: n.recurrence == "none",
    "ring": lambda n: n.recurrence == "ring",
    "dense recurrence": lambda n: n.recurrence == "dense",
    "fixed recurrence": lambda n: n.recurrence == "fixed",
    "receptive fields": lambda n: n.input_grid > 1,
    "bundles": lambda n: n.bundle > 1,
    "links between layers": lambda n: n.layers > 1 and 0 < n.forward_fan_in < n.neurons,
    "every link rewired": lambda n: n.rewire_percent == 100,
    "random links": lambda n: n.links == "random",
    "levels": lambda n: n.encoder == "levels",
    "events": lambda n: n.encoder == "events",
    "signed input": lambda n: n.signed_input,
    "centred input": lambda n: n.centred_input,
    "centred input with events": lambda n: n.centred_input and n.encoder == "events",
    "trace": lambda n: n.trace_shift > 0,
    "trace in bins": lambda n: n.trace_shift > 0 and n.bins > 1,
    "trace of increment 0": lambda n: n.trace_shift > 0 and n.trace_increment == 0,
    "adaptation": lambda n: n.adaptation_increment > 0,
    "recall": lambda n: n.recall_bins > 0,
    "recall with a trace": lambda n: n.recall_bins > 0 and n.trace_shift > 0,
    "late readout": lambda n: 0 < n.readout_steps < n.steps,
    "prototypes": lambda n: n.prototypes,
    "frozen layers that learn by errors": lambda n: not n.prototypes and not n.plastic_layers,
    "plain rounding": lambda n: n.rounding == "plain",
    "no feedback": lambda n: n.feedback == "zero",
    "one-to-one modulators": lambda n: n.modulators == n.classes,
    "one modulator": lambda n: n.modulators == 1,
    "32 modulators": lambda n: n.modulators == 32,
    "weights of 3 bits": lambda n: n.weight_bits == 3,
    "weights of 16 bits": lambda n: n.weight_bits == 16,
    "links of 3 bits": lambda n: n.readout_bits == 3,
    "links of 16 bits": lambda n: n.readout_bits == 16,
    "threshold of 12 bits": lambda n: n.threshold_bits == 12,
    "eligibility of 8 bits": lambda n: n.pre_bits == 8 and n.post_bits == 8,
    "margin 0": lambda n: n.margin == 0,
}

_OF_HARDWARE: dict[str, Callable[[Preset], bool]] = {
    "one lane": lambda p: p.hardware.lanes == 1,
    "a layer in one word": lambda p: p.hardware.lanes == p.network.neurons,
    "words that are no power of two": lambda p: (
        (p.network.neurons // p.hardware.lanes) & (p.network.neurons // p.hardware.lanes - 1) != 0
    ),
    "tick lanes fewer than lanes": lambda p: p.hardware.tick_lanes < p.hardware.lanes,
    "more link lanes than readout neurons": lambda p: p.hardware.link_lanes > p.network.readouts,
    "links that end within a word": lambda p: p.network.readouts % p.hardware.link_lanes != 0,
    "axon lanes": lambda p: p.hardware.axon_lanes > 1,
    "several layers in one core": lambda p: p.hardware.layers_per_core > 1,
    "several cores": lambda p: p.hardware.layers_per_core < p.network.layers,
    "several cores of several layers": lambda p: 1 < p.hardware.layers_per_core < p.network.layers,
    "spike queue": lambda p: p.hardware.spike_queue > 0,
    "spike queue that is no power of two": lambda p: p.hardware.spike_queue & p.hardware.spike_queue - 1 != 0,
    "sums handed on": lambda p: p.hardware.forward_sums,
    "single port": lambda p: p.hardware.single_port,
    "single port and sums handed on": lambda p: p.hardware.single_port and p.hardware.forward_sums,
    "settings in registers": lambda p: p.hardware.adjustable,
    "monitored": lambda p: p.hardware.monitored,
}

NETWORKS, HARDWARE = tuple(_OF_NETWORK), tuple(_OF_HARDWARE)
"""Properties of networks, and of hardware together with its network."""


def properties(preset: Preset) -> Counter[str]:
    """Points of ``NETWORKS`` and ``HARDWARE`` that a preset hits."""
    found = [name for name, holds in _OF_NETWORK.items() if holds(preset.network)]
    return Counter([*found, *(name for name, holds in _OF_HARDWARE.items() if holds(preset))])
