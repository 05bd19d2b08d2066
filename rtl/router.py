"""The spike router: walks fan-out tables, one word of synapses a cycle."""

from __future__ import annotations

from amaranth import Module, ShapeLike, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.fanout import FanOut
from rtl.streams import Buffer
from rtl.types import index_shape


class SpikeRouter(wiring.Component):
    """Turn an axon into the words of its synapses.

    For axon i the words ``starts[i] .. starts[i+1] - 1`` leave in ascending order as (address, target), ``target``
    being the word of consecutive neurons that the synapses reach (golden.spec.fanout), the ``first`` of them marked.
    The same walk delivers spikes and finds the synapses that learning changes.

    Throughput: one word a cycle without bubbles. An axon without any word is dropped when its row has been looked up,
    which happens while the row before it is walked and so costs nothing unless several follow each other. Latency:
    six cycles from axon to first word. Stalls: the output may wait at any time; the walk then holds its place.
    Nothing is lost or duplicated, and since the output depends on nothing but its consumer, the router cannot deadlock.

    Parameters
    ----------
    fan_out
        The tables; they are constant memories.
    tag
        Shape that travels with an axon to each of its words.

    Members
    -------
    i
        Axons with their tags.
    o
        Words with the tags of their axons.
    idle
        Nothing is under way inside.
    """

    def __init__(self, fan_out: FanOut, tag: ShapeLike) -> None:
        self._fan_out, self._tag = fan_out, tag
        self._address = index_shape(fan_out.words)
        self._target = index_shape(max(fan_out.targets) + 1)
        word = {"address": self._address, "target": self._target, "first": 1, "tag": tag}
        super().__init__(
            {
                "i": In(stream.Signature(data.StructLayout({"axon": index_shape(fan_out.axons), "tag": tag}))),
                "o": Out(stream.Signature(data.StructLayout(word))),
                "idle": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        fan_out = self._fan_out
        length = unsigned(fan_out.longest_row.bit_length())
        row_layout = data.StructLayout({"start": self._address, "length": length})
        starts = zip(fan_out.starts, fan_out.starts[1:], strict=False)
        rows_init = [{"start": start if end > start else 0, "length": end - start} for start, end in starts]

        m.submodules.entrance = entrance = Buffer(self.i.payload.shape())
        connect(m, flipped(self.i), entrance.i)
        axon = entrance.o

        # Row lookup: request -> memory output -> registered row.
        m.submodules.rows = rows = Memory(shape=row_layout, depth=max(2, fan_out.axons), init=rows_init)
        rows_read = rows.read_port()
        looked_valid, looked_tag = Signal(), Signal(self._tag, reset_less=True)
        row_valid, row_tag, row = Signal(), Signal(self._tag, reset_less=True), Signal(row_layout, reset_less=True)
        looked_moves, row_moves = Signal(), Signal()
        m.d.comb += [
            looked_moves.eq(~looked_valid | row_moves),
            rows_read.en.eq(looked_moves & axon.valid),
            rows_read.addr.eq(axon.payload.axon),
            axon.ready.eq(looked_moves),
        ]
        with m.If(looked_moves):
            m.d.sync += [looked_valid.eq(axon.valid), looked_tag.eq(axon.payload.tag)]
        with m.If(row_moves):
            m.d.sync += [
                row_valid.eq(looked_valid & (rows_read.data.length != 0)),
                row_tag.eq(looked_tag),
                row.eq(rows_read.data),
            ]

        # Walk: the words of one row after the other.
        address, remaining, first, tag = Signal(self._address), Signal(length), Signal(), Signal(self._tag)
        step, finishing = Signal(), Signal()
        m.d.comb += [finishing.eq((remaining == 0) | ((remaining == 1) & step)), row_moves.eq(~row_valid | finishing)]
        with m.If(step):
            m.d.sync += [address.eq(address + 1), remaining.eq(remaining - 1), first.eq(0)]
        with m.If(finishing & row_valid):
            m.d.sync += [address.eq(row.start), remaining.eq(row.length), first.eq(1), tag.eq(row_tag)]

        # Target lookup, with a register behind the memory.
        targets_init = [fan_out.targets[word] for word in range(fan_out.words)]
        m.submodules.targets = targets = Memory(shape=self._target, depth=max(2, fan_out.words), init=targets_init)
        targets_read = targets.read_port()
        found_valid, found_address, found_first = Signal(), Signal(self._address, reset_less=True), Signal()
        found_tag = Signal(self._tag, reset_less=True)
        found_moves = Signal()
        m.submodules.exit = exit_buffer = Buffer(self.o.payload.shape())
        connect(m, exit_buffer.o, flipped(self.o))
        m.d.comb += [
            exit_buffer.i.valid.eq(found_valid),
            exit_buffer.i.payload.address.eq(found_address),
            exit_buffer.i.payload.target.eq(targets_read.data),
            exit_buffer.i.payload.first.eq(found_first),
            exit_buffer.i.payload.tag.eq(found_tag),
            found_moves.eq(~found_valid | exit_buffer.i.ready),
            step.eq(found_moves & (remaining != 0)),
            targets_read.en.eq(step),
            targets_read.addr.eq(address),
        ]
        with m.If(found_moves):
            m.d.sync += [
                found_valid.eq(remaining != 0),
                found_address.eq(address),
                found_first.eq(first),
                found_tag.eq(tag),
            ]
        under_way = axon.valid | looked_valid | row_valid | (remaining != 0) | found_valid | self.o.valid
        m.d.comb += self.idle.eq(~under_way)
        return m
