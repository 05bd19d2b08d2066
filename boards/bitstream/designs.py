"""Designs of many shapes that the estimate is calibrated with, each a preset with some fields changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from golden.spec.config import Preset
from golden.spec.presets import PRESETS

MEASURED_ON = {"ice40": "icebreaker", "ecp5": "ulx3s-85f"}
"""Board that a chip family is measured on. Designs may be larger than its chip: packing does not mind."""
_BOTH, _ICE40, _ECP5 = tuple(MEASURED_ON), ("ice40",), ("ecp5",)


@dataclass(frozen=True)
class Design:
    """A design.

    Attributes
    ----------
    name, base
        What it is called, and the preset that it begins as.
    network, hardware
        The fields in which it differs from that preset.
    families
        Chip families that it is measured for.
    """

    name: str
    base: str
    network: Mapping[str, Any] = field(default_factory=dict)
    hardware: Mapping[str, Any] = field(default_factory=dict)
    families: tuple[str, ...] = _BOTH

    @property
    def preset(self) -> Preset:
        """The preset, under the name of the design."""
        base = PRESETS[self.base]
        network, hardware = replace(base.network, **self.network), replace(base.hardware, **self.hardware)
        return replace(base, name=self.name, network=network, hardware=hardware)


CALIBRATED = (
    Design("digits", "digits"),
    Design("mnist-small", "mnist-small"),
    Design(
        "events-ring-trace",
        "tiny",
        dict(
            encoder="events",
            inputs=12,
            steps=24,
            bins=3,
            classes=3,
            neurons=32,
            layers=1,
            centred_input=False,
            ring_degree=6,
            population=4,
            readout_fan_in=16,
            modulators=3,
            weight_bits=8,
            readout_bits=8,
            threshold_bits=8,
            trace_shift=2,
            trace_increment=4,
            post_bits=3,
        ),
        dict(lanes=4, tick_lanes=1),
    ),
    Design(
        "three-cores",
        "digits",
        dict(
            layers=3,
            neurons=64,
            recurrence="none",
            weight_bits=6,
            readout_bits=6,
            modulators=4,
            classes=10,
            centred_input=False,
            forward_amplitude=13,
        ),
        dict(lanes=2, layers_per_core=1, single_port=False),
    ),
    Design(
        "dense-20",
        "digits",
        dict(
            layers=1,
            neurons=64,
            recurrence="dense",
            weight_bits=10,
            readout_bits=10,
            threshold_bits=9,
            modulators=8,
            classes=20,
        ),
        dict(lanes=16, tick_lanes=4, link_lanes=2, layers_per_core=1, single_port=True),
    ),
    Design(
        "adaptive",
        "cue",
        dict(neurons=32, bins=8, inputs=20, readout_fan_in=32),
        dict(lanes=4, tick_lanes=2, link_lanes=2, axon_lanes=2),
    ),
    Design(
        "small",
        "tiny",
        dict(
            layers=1,
            recurrence="none",
            neurons=16,
            classes=2,
            population=1,
            modulators=2,
            homeostasis_gain=0,
            homeostasis_decay=0,
            centred_input=False,
            weight_bits=6,
        ),
        dict(lanes=1, tick_lanes=1),
    ),
    Design(
        "folded-three",
        "digits",
        dict(layers=3, neurons=32),
        dict(lanes=8, tick_lanes=2, link_lanes=2, axon_lanes=2, layers_per_core=3),
    ),
    Design(
        "signed",
        "digits",
        dict(layers=1, neurons=128, recurrence="none", centred_input=False, signed_input=True, readout_fan_in=64),
        dict(lanes=16, tick_lanes=2, link_lanes=8, axon_lanes=2, spike_queue=64, layers_per_core=1, single_port=False),
    ),
    Design(
        "wide",
        "digits",
        dict(weight_bits=12, readout_bits=12, threshold_bits=11, neurons=64),
        dict(lanes=8, tick_lanes=4, link_lanes=4, axon_lanes=4),
    ),
    # On ECP5 nextpnr counts 11 block RAMs, and the estimate 10.
    Design(
        "two-cores",
        "digits",
        dict(neurons=96, modulators=16),
        dict(lanes=4, layers_per_core=1, single_port=False),
        families=_ICE40,
    ),
    # On iCE40 nextpnr counts 33 multipliers, and the estimate 40.
    Design(
        "events-dense-bins",
        "fsdd",
        dict(
            inputs=32,
            neurons=64,
            readout_fan_in=64,
            classes=6,
            population=4,
            weight_bits=10,
            readout_bits=8,
            threshold_bits=9,
            readout_amplitude=50,
        ),
        dict(lanes=16, tick_lanes=8, link_lanes=8, axon_lanes=2),
        families=_ECP5,
    ),
    Design(
        "trace-wide",
        "mnist-rows",
        dict(neurons=64, readout_fan_in=32, classes=12, population=2),
        dict(lanes=8, tick_lanes=1, link_lanes=1, axon_lanes=4),
    ),
    Design("cue", "cue"),
    Design("tiny", "tiny"),
    Design("mnist-rows", "mnist-rows", families=_ECP5),
    Design("fsdd", "fsdd", families=_ECP5),
    Design("mnist-large", "mnist-large", families=_ECP5),
    Design("mnist-classes", "mnist-classes", families=_ECP5),
)
