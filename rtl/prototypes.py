"""Thresholds of the prototypes: who has found a place, who is nearest, and who learns."""

from __future__ import annotations

from amaranth import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Network
from golden.spec.training import SHIFT
from rtl.memory import HostWindow, LaneMemory
from rtl.types import index_shape, shape_of


class Prototypes(wiring.Component):
    """Compare readout potentials with the thresholds of their neurons, and let the chosen threshold follow.

    ``lead`` = o - q where q >= 0, else the lowest code of its format. Of the neurons that are ``own`` the one with the
    largest o - q, the lowest among equals, is ``chosen``; when told to learn, its threshold becomes
    q + ((o - 2 q + 2^s) >> (s + 1)). Bit-exact with golden.prototypes.

    Throughput: a neuron a cycle. Latency: ``lead`` follows ``value`` by one cycle; a threshold is written in the third
    cycle from ``learn`` on, and none is read meanwhile. Stalls: none. Overflow: none, the format of o has room for q. A
    reset keeps thresholds (golden/SPEC.md, "What a reset does"). Memories: a word a cycle each way, never both.

    Parameters
    ----------
    network
        Configuration.

    Members
    -------
    neuron, read
        Neuron whose potential comes in the next cycle.
    value, valid
        Its o.
    own, first
        Beside ``lead``: the neuron is one of the label's, and the first of them.
    lead, lead_valid
        What its class compares.
    chosen
        Neuron that learns; it holds until the next sample.
    learn, shift
        Let its threshold follow, with this learning rate.
    host_thresholds
        Window.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        neuron = index_shape(network.readouts)
        super().__init__(
            {
                "neuron": In(neuron),
                "read": In(1),
                "value": In(shape_of(network.readout_potential)),
                "valid": In(1),
                "own": In(1),
                "first": In(1),
                "lead": Out(shape_of(network.class_potential)),
                "lead_valid": Out(1),
                "chosen": Out(neuron),
                "learn": In(1),
                "shift": In(shape_of(SHIFT)),
                "host_thresholds": In(HostWindow),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network = self._network
        potential = shape_of(network.readout_potential)
        m.submodules.thresholds = thresholds = LaneMemory(
            potential, 1, network.readouts, [network.vacant_threshold] * network.readouts
        )
        connect(m, flipped(self.host_thresholds), thresholds.host)
        m.d.comb += [thresholds.read_address.eq(self.neuron), thresholds.read_enable.eq(self.read)]

        # o - q of a neuron, and with it what the chosen one is remembered by.
        neuron, distance = Signal.like(self.neuron), Signal.like(self.lead)
        value, threshold, vacant = Signal(potential), Signal(potential), Signal()
        coming = Signal.like(self.neuron)
        with m.If(self.read):
            m.d.sync += coming.eq(self.neuron)
        m.d.sync += [
            self.lead_valid.eq(self.valid),
            neuron.eq(coming),
            value.eq(self.value),
            threshold.eq(thresholds.read_data[0]),
            vacant.eq(thresholds.read_data[0] < 0),
            distance.eq(self.value - thresholds.read_data[0]),
        ]
        m.d.comb += self.lead.eq(Mux(vacant, network.class_potential.low, distance))
        nearest, its_value, its_threshold = Signal.like(distance), Signal(potential), Signal(potential)
        with m.If(self.lead_valid & self.own & (self.first | (distance > nearest))):
            m.d.sync += [
                nearest.eq(distance),
                self.chosen.eq(neuron),
                its_value.eq(value),
                its_threshold.eq(threshold),
            ]

        # Difference with half a step, then the step.
        different, followed = Signal(), Signal()
        difference = Signal.like(its_value - 2 * its_threshold + (1 << self.shift))
        after = Signal(potential)
        m.d.sync += [
            different.eq(self.learn),
            followed.eq(different),
            difference.eq(its_value - 2 * its_threshold + (1 << self.shift)),
            after.eq(its_threshold + (difference >> self.shift + 1)),
        ]
        m.d.comb += [
            thresholds.write_address.eq(self.chosen),
            thresholds.write_enable.eq(followed),
            thresholds.write_data[0].eq(after),
        ]
        return m
