"""Input coding: levels to evenly spread spikes."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from golden.spec.network import LEVEL_BITS, LEVEL_STEPS
from rtl.memory import SCRATCH
from rtl.types import axon_layout, event_layout, index_shape, input_layout


class LevelEncoder(wiring.Component):
    """Take a sample of levels, then send spike_i(t) = |level_i| > rev4(t), with its sign, for 16 steps.

    Throughput: a level a cycle in, those of zero are not stored; a step costs one cycle a stored level, whether it
    spikes or not, plus three for its end. Latency: three cycles from the last level to the first spike. Stalls: the
    next sample is taken when the last step has been sent; ``o`` holds until taken. Memory: one of ``inputs`` words,
    never read while it is written. Bit-exact with golden.encoder.encode_levels.

    Parameters
    ----------
    inputs
        Axons.
    negative
        Levels are -15..15 and spikes signed, instead of 0..15.

    Members
    -------
    i
        Levels of axon 0, 1, ..., the final one with ``last``.
    o
        Spikes in ascending order, and the end of each step.
    """

    def __init__(self, inputs: int, *, negative: bool = False) -> None:
        self._inputs, self._negative = inputs, negative
        super().__init__(
            {
                "i": In(stream.Signature(input_layout(inputs))),
                "o": Out(stream.Signature(event_layout(inputs, negative=negative))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        axon = index_shape(self._inputs)
        spike = axon_layout(self._inputs, negative=self._negative)
        entry = data.StructLayout({"spike": spike, "level": LEVEL_BITS})
        m.submodules.entries = entries = Memory(shape=entry, depth=max(2, self._inputs), init=[], attrs=SCRATCH)
        read, write = entries.read_port(), entries.write_port()
        position, stored, cursor = Signal(axon), Signal(range(self._inputs + 1)), Signal(range(self._inputs + 1))
        # Stages: entry read -> spike held. Whether an entry spikes never holds up the memory.
        step, read_valid, moves = Signal(range(LEVEL_STEPS)), Signal(), Signal()
        next_spike, spike_valid = Signal(spike, reset_less=True), Signal()
        level = Signal(LEVEL_BITS)
        offered = self.i.payload.value[: LEVEL_BITS + 1].as_signed()
        m.d.comb += level.eq(Mux(offered < 0, -offered, offered) if self._negative else offered)
        spikes = read.data.level > Cat(*reversed([step[bit] for bit in range(LEVEL_BITS)]))
        ended = (cursor == stored) & ~read_valid & ~spike_valid
        m.d.comb += [
            write.addr.eq(stored),
            write.data.spike.axon.eq(position),
            write.data.level.eq(level),
            read.addr.eq(cursor),
            self.o.payload.spike.eq(next_spike),
        ]
        if self._negative:
            m.d.comb += write.data.spike.negative.eq(offered < 0)
        with m.FSM():
            with m.State("TAKE"):
                m.d.comb += [self.i.ready.eq(1), write.en.eq(self.i.valid & (level != 0))]
                with m.If(self.i.valid):
                    m.d.sync += position.eq(position + 1)
                    with m.If(level != 0):
                        m.d.sync += stored.eq(stored + 1)
                    with m.If(self.i.payload.last):
                        m.d.sync += position.eq(0)
                        m.next = "SEND"
            with m.State("SEND"):
                m.d.comb += [
                    self.o.payload.last.eq(ended),
                    self.o.valid.eq(spike_valid | ended),
                    moves.eq(~spike_valid | self.o.ready),
                    read.en.eq(moves & (cursor != stored)),
                ]
                with m.If(moves):
                    m.d.sync += spike_valid.eq(read_valid & spikes)
                    with m.If(read_valid):
                        m.d.sync += next_spike.eq(read.data.spike)
                    m.d.sync += read_valid.eq(cursor != stored)
                    with m.If(cursor != stored):
                        m.d.sync += cursor.eq(cursor + 1)
                with m.If(ended & self.o.ready):
                    m.d.sync += [cursor.eq(0), read_valid.eq(0), step.eq(step + 1)]
                    with m.If(step == LEVEL_STEPS - 1):
                        m.d.sync += stored.eq(0)
                        m.next = "TAKE"
        return m
