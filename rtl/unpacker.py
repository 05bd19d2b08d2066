"""Bytes of a sample become its transfers."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from golden.spec.network import LEVEL_BITS
from golden.spec.protocol import END_OF_STEP_BIT
from rtl.types import index_shape, input_layout


class SampleUnpacker(wiring.Component):
    """Unpack the contents of one sample after the other (golden.spec.protocol).

    With encoder ``levels`` a byte holds two levels, the lower half first, or one where levels are signed; ``last``
    comes with the level of the last input. With encoder ``events`` two bytes, the low one first, are a
    transfer; the sample ends with the last
    timestep. Bytes that come while no sample is open are taken and dropped.

    Throughput: one transfer a cycle. Latency: none, outputs are combinational from ``i``; they hold while ``i`` does.

    Parameters
    ----------
    network
        Configuration.

    Members
    -------
    start
        Open a sample.
    open
        The sample is incomplete.
    i, o
        Bytes and transfers.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(
            {
                "start": In(1),
                "open": Out(1),
                "i": In(stream.Signature(unsigned(8))),
                "o": Out(stream.Signature(input_layout(network.inputs))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network = self._network
        levels = network.encoder == "levels"
        units = network.inputs if levels else network.steps  # levels, or timesteps
        unit, second = Signal(index_shape(units)), Signal()
        final = unit == units - 1
        counts, ends, passed = Signal(), Signal(), Signal()
        m.d.comb += [
            passed.eq(self.o.valid & self.o.ready),
            ends.eq(counts & final),
        ]
        if levels:
            m.d.comb += [
                self.o.valid.eq(self.i.valid & self.open),
                self.o.payload.value.eq(
                    self.i.payload[: LEVEL_BITS + 1]
                    if network.signed_input
                    else Mux(second, self.i.payload[LEVEL_BITS:], self.i.payload[:LEVEL_BITS])
                ),
                self.o.payload.last.eq(final),
                counts.eq(1),
                self.i.ready.eq(~self.open | (self.o.ready & (second | final | network.signed_input))),
            ]
            with m.If(passed):
                m.d.sync += second.eq(~second)
        else:
            low = Signal(8)
            m.d.comb += [
                self.o.valid.eq(self.i.valid & self.open & second),
                self.o.payload.value.eq(Cat(low, self.i.payload)),
                self.o.payload.last.eq(self.i.payload[END_OF_STEP_BIT - 8]),
                counts.eq(self.o.payload.last),
                self.i.ready.eq(~self.open | ~second | self.o.ready),
            ]
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += [low.eq(self.i.payload), second.eq(~second)]
        with m.If(passed & counts):
            m.d.sync += unit.eq(unit + 1)
        with m.If(passed & ends):
            m.d.sync += self.open.eq(0)
        with m.If(self.start):
            m.d.sync += [self.open.eq(1), unit.eq(0), second.eq(0)]
        return m
