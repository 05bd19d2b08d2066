"""Lists of the latest spikes of a core's layers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

from amaranth import Array, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out

from rtl.memory import SCRATCH
from rtl.types import index_shape


class SpikeLists(wiring.Component):
    """Remember which neurons of each layer spiked in its latest step, and replay them.

    A layer hears itself in the next step, and the layer below it in the same one.

    Throughput: one spike a cycle each way. Latency: the first spike of a replay comes two cycles after ``replay``,
    since a register stands between the memory and whoever takes the axon, who looks at it before it is ready. Stalls:
    ``o`` holds while it waits. Memory: no word is read while it is written, since the user replays a list only when it
    is complete. Overflow: a neuron spikes once a step, so a list has room for all.

    Parameters
    ----------
    wanted
        Whether the list of a layer takes a neuron: ``wanted[layer][neuron]``. Spikes of others are not recorded, so
        that those without synapses take no time in a replay.
    axons
        Axons that ``o`` counts.

    Members
    -------
    record, layer, neuron
        Append a spike to the list of a layer.
    clear, clear_layer, clear_all
        Empty the list of a layer, or all lists.
    replay, source, base
        While ``replay`` is high the list of layer ``source`` is sent.
    o
        Axons: ``base`` and the neurons of the list.
    done
        All have been taken; the user lowers ``replay`` with the next clock edge, or replays another list from it on.
    """

    def __init__(self, wanted: Sequence[Sequence[bool]], axons: int) -> None:
        self._wanted = wanted
        self._layers, self._neurons = len(wanted), len(wanted[0])
        layer, neuron, axon = index_shape(self._layers), index_shape(self._neurons), index_shape(axons)
        super().__init__(
            {
                "record": In(1),
                "layer": In(layer),
                "neuron": In(neuron),
                "clear": In(1),
                "clear_layer": In(layer),
                "clear_all": In(1),
                "replay": In(1),
                "source": In(layer),
                "base": In(axon),
                "o": Out(stream.Signature(axon)),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        layers, neurons = self._layers, self._neurons
        m.submodules.entries = entries = Memory(
            shape=index_shape(neurons), depth=max(2, neurons * layers), init=[], attrs=SCRATCH
        )
        read, write = entries.read_port(), entries.write_port()
        counts = Array(Signal(range(neurons + 1), name=f"spikes_{k}") for k in range(layers))
        record, layer, neuron = self._recorded(m)
        m.d.comb += [
            write.addr.eq(layer * neurons + counts[layer]),
            write.data.eq(neuron),
            write.en.eq(record),
        ]
        with m.If(record):
            m.d.sync += counts[layer].eq(counts[layer] + 1)
        with m.If(self.clear):
            m.d.sync += counts[self.clear_layer].eq(0)
        with m.If(self.clear_all):
            m.d.sync += [count.eq(0) for count in counts]

        # Cursor -> memory output -> axon.
        cursor, read_valid = Signal(range(neurons + 1)), Signal()
        fetches, moves = Signal(), Signal()
        exhausted = cursor == counts[self.source]
        m.d.comb += [
            moves.eq(~self.o.valid | self.o.ready),
            fetches.eq(self.replay & (~read_valid | moves)),
            read.addr.eq(self.source * neurons + cursor),
            read.en.eq(fetches & ~exhausted),
            self.done.eq(self.replay & exhausted & ~read_valid & ~self.o.valid),
        ]
        with m.If(moves):
            m.d.sync += [self.o.valid.eq(read_valid), self.o.payload.eq(read.data + self.base)]
        with m.If(fetches):
            m.d.sync += read_valid.eq(~exhausted)
            with m.If(~exhausted):
                m.d.sync += cursor.eq(cursor + 1)
        with m.If(self.done):
            m.d.sync += cursor.eq(0)
        return m

    def _recorded(self, m: Module) -> tuple[Value, Value, Value]:
        """What is appended to which list: a spike as it comes, or a cycle later where a table says who is wanted.

        A tick ends a cycle after its last spike at the earliest, so its lists are complete when it has ended.
        """
        if all(map(all, self._wanted)):
            return self.record, self.layer, self.neuron
        m.submodules.wanted = table = Memory(
            shape=1, depth=self._layers * self._neurons, init=[*chain.from_iterable(self._wanted)]
        )
        read = table.read_port()
        looked, layer, neuron = Signal(), Signal.like(self.layer), Signal.like(self.neuron)
        m.d.comb += [read.addr.eq(self.layer * self._neurons + self.neuron), read.en.eq(self.record)]
        m.d.sync += [looked.eq(self.record), layer.eq(self.layer), neuron.eq(self.neuron)]
        return looked & read.data, layer, neuron
