"""Stream plumbing: buffer, fork and round-robin merge."""

from __future__ import annotations

from amaranth import Module, Mux, ShapeLike, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2


class Buffer(wiring.Component):
    """Hold up to two transfers, so that neither ``i.ready`` nor ``o.valid`` depends on the other end in a cycle.

    Throughput: one transfer a cycle. Latency: one cycle. Stalls: a third transfer waits. It cuts the path of
    ``ready`` through a pipeline.

    Parameters
    ----------
    shape
        Payload.

    Members
    -------
    i, o
        The stream, before and behind.
    """

    def __init__(self, shape: ShapeLike) -> None:
        self._shape = shape
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape))})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        spare, spare_valid = Signal(self._shape, reset_less=True), Signal()
        arrives, moves = self.i.valid & self.i.ready, ~self.o.valid | self.o.ready
        m.d.comb += self.i.ready.eq(~spare_valid)
        with m.If(moves):
            m.d.sync += [self.o.valid.eq(spare_valid | self.i.valid), spare_valid.eq(0)]
            m.d.sync += self.o.payload.eq(Mux(spare_valid, Value.cast(spare), Value.cast(self.i.payload)))
        with m.Elif(arrives):
            m.d.sync += spare_valid.eq(1)
        # Whether it is wanted is known late, and it costs nothing to keep what is not.
        with m.If(~spare_valid):
            m.d.sync += spare.eq(self.i.payload)
        return m


class Fork(wiring.Component):
    """Copy one stream to several; a payload is taken once every consumer has taken it.

    Each consumer may take the payload at its own time; it sees it once. Throughput: one transfer a cycle while all
    are ready. Latency: none, the outputs are combinational. ``valid`` of an output never waits for its ``ready``.

    Parameters
    ----------
    shape
        Payload.
    copies
        Consumers.

    Members
    -------
    i
        The stream; taken in the cycle in which the last consumer takes it.
    o
        One copy a consumer.
    """

    def __init__(self, shape: ShapeLike, copies: int) -> None:
        self._copies = copies
        super().__init__({"i": In(stream.Signature(shape)), "o": Out(stream.Signature(shape)).array(copies)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        taken = Signal(self._copies)
        complete = Signal(self._copies)
        for index in range(self._copies):
            output = self.o[index]
            m.d.comb += [
                output.valid.eq(self.i.valid & ~taken[index]),
                output.payload.eq(self.i.payload),
                complete[index].eq(taken[index] | output.ready),
            ]
            m.d.sync += taken[index].eq(self.i.valid & complete[index] & ~self.i.ready)
        m.d.comb += self.i.ready.eq(self.i.valid & complete.all())
        return m


class Merge(wiring.Component):
    """Merge several streams into one, round robin, with the index of the source.

    A source that has offered keeps its turn until it is taken, so payloads hold. Throughput: one transfer a cycle.
    Latency: one cycle (the output is registered).

    Parameters
    ----------
    shape
        Payload.
    sources
        Producers.

    Members
    -------
    i
        One stream a producer.
    o, source
        All of them, and whose the payload is.
    """

    def __init__(self, shape: ShapeLike, sources: int) -> None:
        self._sources = sources
        super().__init__(
            {
                "i": In(stream.Signature(shape)).array(sources),
                "o": Out(stream.Signature(shape)),
                "source": Out(max(1, ceil_log2(sources))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        move = Signal()
        m.d.comb += move.eq(~self.o.valid | self.o.ready)
        turn, chosen, any_valid = Signal.like(self.source), Signal.like(self.source), Signal()
        candidates = [Value.cast(self.i[index].valid) for index in range(self._sources)]
        m.d.comb += chosen.eq(turn)
        # The source whose turn it is comes last in this chain of overrides, so it wins.
        for distance in reversed(range(self._sources)):
            for start in range(self._sources):
                index = (start + distance) % self._sources
                with m.If((turn == start) & candidates[index]):
                    m.d.comb += [chosen.eq(index), any_valid.eq(1)]
        for index in range(self._sources):
            with m.If((chosen == index) & move):
                m.d.comb += self.i[index].ready.eq(1)
                with m.If(candidates[index]):
                    m.d.sync += [self.o.payload.eq(self.i[index].payload), self.source.eq(index)]
        with m.If(move):
            m.d.sync += self.o.valid.eq(any_valid)
            with m.If(any_valid):
                m.d.sync += turn.eq(Mux(chosen == self._sources - 1, 0, chosen + 1))
        return m
