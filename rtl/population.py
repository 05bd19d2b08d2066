"""The neurons of a core's layers: their state memories and the tick that sweeps them."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec import pipeline
from golden.spec.config import Hardware, Network
from golden.spec.memmap import packed_neuron
from rtl.delays import delayed
from rtl.memory import HostWindow, LaneMemory
from rtl.neuron import LifNeuron, neuron_layout
from rtl.types import index_shape, settings_layout, shape_of, spike_layout


def neuron_memories(network: Network) -> dict[str, tuple[str, ...]]:
    """Names of the state memories with the fields of a neuron that each holds, from the low bits up."""
    packed = packed_neuron(network).names
    others = (name for name in neuron_layout(network).members if name not in packed)
    return {"neurons": packed, **{f"{name}s": (name,) for name in others}}


class Population(wiring.Component):
    """State of ``layers_per_core`` x N neurons, swept one layer at a time, ``tick_lanes`` neurons a cycle.

    A tick drains the current accumulators, advances every neuron of ``layer``, and sends its spikes in ascending
    order, then the end of the step. Bit-exact with golden.neuron.

    Throughput: one word of neurons a cycle and four more cycles for every word of accumulators; a word with s > 1
    spikes takes s cycles, beside which one more word with spikes may arrive. A tick takes at most N / tick_lanes +
    4 N / lanes + 9 cycles plus those and the stalls of ``o``. Latency: that of a tick.
    Memories: one word a cycle each way, the write follows the read of the same word by 6 cycles.

    Members
    -------
    start, running, done
        ``start`` begins a tick, which is ``running`` from the next cycle on and ``done`` in its last cycle. The
        parameters below hold meanwhile.
    layer, bin, first_step, first_in_bin, recalling, adapt
        What to sweep; ``adapt`` writes the thresholds of homeostasis.
    settings
        With ``adjustable`` only: :func:`~rtl.types.settings_layout`; they hold as well.
    o
        Spikes.
    drain, drain_word, current
        Drain of word 0, 1, ... of the layer's accumulators, see :class:`~rtl.projection.Projection`.
    post_address, recall_address, post_read, post, recall
        Read ports of the postsynaptic eligibility and of the recall hits between ticks, one cycle of latency.
    """

    def __init__(self, network: Network, hardware: Hardware) -> None:
        self._network, self._hardware = network, hardware
        self.columns = network.neurons // hardware.lanes
        layers, lanes, tick_lanes = hardware.layers_per_core, hardware.lanes, hardware.tick_lanes
        post_words = network.bins * layers * network.neurons // tick_lanes
        super().__init__(
            {
                "start": In(1),
                "running": Out(1),
                "done": Out(1),
                "layer": In(index_shape(layers)),
                "bin": In(index_shape(network.bins)),
                "first_step": In(1),
                "first_in_bin": In(1),
                "recalling": In(1),
                "adapt": In(1),
                **({"settings": In(settings_layout(network))} if hardware.adjustable else {}),
                "o": Out(stream.Signature(spike_layout(layers, network.neurons))),
                "drain": Out(1),
                "drain_word": Out(index_shape(network.neurons // lanes)),
                "current": In(data.ArrayLayout(shape_of(network.current), lanes)),
                "post_address": In(index_shape(post_words)),
                "post_read": In(1),
                "post": Out(data.ArrayLayout(shape_of(network.post), tick_lanes)),
                "recall_address": In(index_shape(layers * network.neurons // tick_lanes)),
                "recall": Out(data.ArrayLayout(shape_of(network.recall), tick_lanes)),
                **{f"host_{name}": In(HostWindow) for name in neuron_memories(network)},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._network, self._hardware
        layers, tick_lanes = hardware.layers_per_core, hardware.tick_lanes
        words = network.neurons // tick_lanes
        share = hardware.lanes // tick_lanes

        fields = neuron_layout(network)
        memories: dict[str, LaneMemory] = {}
        entries: dict[str, data.StructLayout] = {}
        for name, members in neuron_memories(network).items():
            copies = network.bins if name == "posts" else 1
            init = [network.initial_threshold] * (layers * network.neurons) if name == "thresholds" else []
            entries[name] = data.StructLayout({member: fields[member].shape for member in members})
            memory = LaneMemory(unsigned(entries[name].size), tick_lanes, copies * layers * words, init)
            memories[name] = m.submodules[name] = memory
            connect(m, flipped(getattr(self, f"host_{name}")), memory.host)
        post_memory = "posts" if "posts" in memories else "neurons"

        # Sweep: issue -> memory output -> neuron pipeline -> write back and spikes.
        word, advance = Signal(range(words + 1)), Signal()
        issue = Signal()

        # A drained word of currents serves several words of neurons.
        drained_currents = Signal(data.ArrayLayout(shape_of(network.current), hardware.lanes), reset_less=True)
        part, parts_left = Signal(index_shape(share)), Signal(range(share + 1))
        drained_words, drains = Signal(range(words // share + 1)), delayed(m, self.drain, 1, pipeline.DRAIN, "drain")
        m.d.comb += [
            # The next word is asked for while the last part of this one leaves.
            self.drain.eq(
                self.running
                & ~Cat(drains).any()
                & (drained_words != words // share)
                & ((parts_left == 0) | ((parts_left == 1) & issue))
            ),
            self.drain_word.eq(drained_words),
        ]
        with m.If(self.drain):
            m.d.sync += drained_words.eq(drained_words + 1)
        with m.If(self.done):
            m.d.sync += drained_words.eq(0)
        with m.If(drains[-1]):
            m.d.sync += [drained_currents.eq(self.current), parts_left.eq(share)]
        with m.Elif(issue):
            m.d.sync += [parts_left.eq(parts_left - 1), part.eq(part + 1)]
        currents = Signal(data.ArrayLayout(shape_of(network.current), tick_lanes), reset_less=True)
        with m.If(advance):
            served = Value.cast(drained_currents)
            if share > 1:
                served = served.word_select(part, len(Value.cast(currents)))
            m.d.sync += Value.cast(currents).eq(served)
        base = Signal(index_shape(layers * words))
        stages = pipeline.TICK
        m.d.comb += [issue.eq((parts_left != 0) & advance), base.eq(self.layer * words + word)]
        with m.If(advance):
            valid = delayed(m, issue, 1, stages, "valid")
        # Words leave in the order in which they entered: a counter follows them.
        leaving_word = Signal(range(words))
        with m.If(valid[-1] & advance):
            m.d.sync += leaving_word.eq(leaving_word + 1)
        with m.If(self.start):
            m.d.sync += [self.running.eq(1), word.eq(0), leaving_word.eq(0)]
        with m.Elif(issue):
            m.d.sync += word.eq(word + 1)

        post_base = self.bin * (layers * words)
        for name, memory in memories.items():
            offset = post_base if name == "posts" else 0
            m.d.comb += [
                memory.read_address.eq(base + offset),
                memory.read_enable.eq(issue),
                memory.write_address.eq(self.layer * words + leaving_word + offset),
                memory.write_enable.eq(valid[-1] & advance & (self.adapt if name == "thresholds" else 1)),
            ]
        with m.If(self.post_read):
            m.d.comb += [
                memories[post_memory].read_address.eq(self.post_address),
                memories[post_memory].read_enable.eq(1),
            ]
            if "recalls" in memories:
                m.d.comb += [
                    memories["recalls"].read_address.eq(self.recall_address),
                    memories["recalls"].read_enable.eq(1),
                ]
        if "recalls" in memories:
            m.d.comb += Value.cast(self.recall).eq(Value.cast(memories["recalls"].read_data))

        spikes = Signal(tick_lanes)
        for lane in range(tick_lanes):
            m.submodules[f"neuron_{lane}"] = neuron = LifNeuron(network, adjustable=hardware.adjustable)
            m.d.comb += [
                neuron.current.eq(currents[lane]),
                neuron.first_step.eq(self.first_step),
                neuron.first_in_bin.eq(self.first_in_bin),
                neuron.recalling.eq(self.recalling),
                neuron.advance.eq(advance),
                spikes[lane].eq(neuron.spike & valid[-1]),
                *([neuron.settings.eq(self.settings)] if hardware.adjustable else []),
            ]
            for name, memory in memories.items():
                before, after = entries[name](memory.read_data[lane]), Signal(entries[name], name=f"{name}_{lane}")
                m.d.comb += [neuron.before[member].eq(before[member]) for member in entries[name].members]
                m.d.comb += [after[member].eq(neuron.after[member]) for member in entries[name].members]
                m.d.comb += memory.write_data[lane].eq(Value.cast(after))
                if name == post_memory:
                    m.d.comb += self.post[lane].eq(before.post)

        # Spikes of a word leave one after the other, then the end of the step. One more word with spikes finds a place
        # behind it; only then everything waits, so that `advance`, which reaches everywhere, is a register.
        waiting_spikes, waiting_word = Signal(tick_lanes), Signal(range(words))
        spare_spikes, spare_word, spare_valid = Signal(tick_lanes), Signal(range(words)), Signal()
        lowest = Signal(range(tick_lanes) if tick_lanes > 1 else 1)
        for lane in reversed(range(tick_lanes)):
            with m.If(waiting_spikes[lane]):
                m.d.comb += lowest.eq(lane)
        remaining_spikes = Signal(tick_lanes)
        m.d.comb += [
            remaining_spikes.eq(Mux(self.o.ready, waiting_spikes & (waiting_spikes - 1), waiting_spikes)),
            advance.eq(~spare_valid),
        ]
        m.d.sync += waiting_spikes.eq(remaining_spikes)
        with m.If(remaining_spikes == 0):
            m.d.sync += [waiting_spikes.eq(Mux(spare_valid, spare_spikes, spikes)), spare_valid.eq(0)]
            with m.If(spare_valid | (spikes != 0)):
                m.d.sync += waiting_word.eq(Mux(spare_valid, spare_word, leaving_word))
        with m.Elif((spikes != 0) & ~spare_valid):
            m.d.sync += [spare_spikes.eq(spikes), spare_word.eq(leaving_word), spare_valid.eq(1)]

        finished = self.running & (word == words) & (waiting_spikes == 0) & ~Cat(valid).any()
        m.d.comb += [
            self.o.valid.eq((waiting_spikes != 0) | finished),
            self.o.payload.layer.eq(self.layer),
            self.o.payload.neuron.eq(waiting_word * tick_lanes + (lowest if tick_lanes > 1 else 0)),
            self.o.payload.last.eq(finished),
            self.done.eq(finished & self.o.ready),
        ]
        with m.If(self.done):
            m.d.sync += self.running.eq(0)
        return m
