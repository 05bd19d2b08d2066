"""Bytes of a sample become its transfers."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from golden.spec.network import LEVEL_BITS
from golden.spec.protocol import FLAG_BIT, RUN_LIMIT, SIGNED_RUN_BASE, SIGNED_RUN_LIMIT, event_bytes
from rtl.types import index_shape, input_layout


class SampleUnpacker(wiring.Component):
    """Unpack the contents of one sample after the other (golden.spec.protocol).

    With encoder ``levels`` a number is a level, or begins a run of zeros; ``last`` comes with the level of the last
    input, and a run ends there. With encoder ``events`` each event is a transfer; the sample ends with the last
    timestep.

    Throughput: one transfer a cycle, and a cycle for each run. Latency: none, outputs are combinational from ``i``;
    they hold while ``i`` does. Stalls: no byte is taken while no sample is open.

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
    refused
        A level or an axon that is not there; it is not passed on.
    i, o
        Bytes and transfers.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(
            {
                "start": In(1),
                "open": Out(1),
                "refused": Out(1),
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
        final, passed, ends = unit == units - 1, Signal(), Signal()
        m.d.comb += passed.eq(self.o.valid & self.o.ready)
        with m.If(passed & ends):
            m.d.sync += unit.eq(unit + 1)
            with m.If(final):
                m.d.sync += self.open.eq(0)
        if levels:
            m.d.comb += [ends.eq(1), self.o.payload.last.eq(final)]
            self._levels(m, second, passed & final)
        else:
            self._events(m, second)
            m.d.comb += [ends.eq(self.o.payload.last)]
        with m.If(self.start):
            m.d.sync += [self.open.eq(1), unit.eq(0), second.eq(0)]
        return m

    def _levels(self, m: Module, second: Signal, done: Signal) -> None:
        """Zeros left of a run leave before the next number; what a number says is spent when the last level leaves."""
        begun = Signal()
        if self._network.signed_input:
            zeros = Signal(range(SIGNED_RUN_LIMIT + 1))
            number, last_part = self.i.payload, 1
            is_run = ~number[7] & number[LEVEL_BITS:7].any()
            illegal = number[7] & (number < 256 - SIGNED_RUN_BASE)
            m.d.comb += self.refused.eq(self.open & self.i.valid & (zeros == 0) & illegal)
            length, is_level = number[:7] - SIGNED_RUN_BASE, ~is_run & ~self.refused
        else:
            zeros = Signal(range(RUN_LIMIT + 1))
            number, last_part = Mux(second, self.i.payload[LEVEL_BITS:], self.i.payload[:LEVEL_BITS]), second
            length, is_level = number + 1, (number != 0) & ~begun
            is_run = begun
        running, taken = zeros != 0, Signal()
        m.d.comb += [
            self.o.valid.eq(self.open & (running | (self.i.valid & is_level))),
            self.o.payload.value.eq(
                Mux(running, 0, number if not self._network.signed_input else number[: LEVEL_BITS + 1])
            ),
            # A number is taken when it has become a level, a run, or the announcement of a run.
            taken.eq(self.open & self.i.valid & ~running & Mux(is_level, self.o.ready, ~self.refused)),
            # A run that ends the sample may have been the lower half of a byte.
            self.i.ready.eq((taken & (last_part | done)) | (running & done & second)),
        ]
        with m.If(running & self.o.ready & self.open):
            m.d.sync += zeros.eq(zeros - 1)
        with m.If(taken):
            with m.If(is_run):
                m.d.sync += zeros.eq(length)
            if not self._network.signed_input:
                m.d.sync += [second.eq(~second), begun.eq(~begun & (number == 0))]
        with m.If(self.start):
            m.d.sync += [zeros.eq(0), begun.eq(0)]

    def _events(self, m: Module, second: Signal) -> None:
        network, wide = self._network, event_bytes(self._network) == 2
        low = Signal(8)
        value = Cat(low, self.i.payload[:FLAG_BIT]) if wide else self.i.payload[:FLAG_BIT]
        whole = self.open & self.i.valid & (second | (not wide))
        last = self.i.payload[FLAG_BIT]
        m.d.comb += [
            self.refused.eq(whole & ~last & (value >= network.inputs)),
            self.o.valid.eq(whole & ~self.refused),
            self.o.payload.value.eq(value),
            self.o.payload.last.eq(last),
            self.i.ready.eq(self.open & (self.o.ready | ~(second | (not wide))) & ~self.refused),
        ]
        if wide:
            with m.If(self.i.valid & self.i.ready):
                m.d.sync += [low.eq(self.i.payload), second.eq(~second)]
