"""A learning core: one or more recurrent layers of LIF neurons on one plastic projection."""

from __future__ import annotations

from amaranth import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Network, Preset
from golden.spec.fanout import core_adjacency, core_fan_out, core_weights
from golden.spec.seeds import rounding_seeds
from golden.spec.topology import topology
from golden.spec.training import SHIFT
from rtl.eligibility import EligibilityShape
from rtl.lists import SpikeLists
from rtl.memory import HostWindow
from rtl.modulators import Broadcast
from rtl.population import Population, neuron_memories
from rtl.projection import Projection, ProjectionShape
from rtl.streams import Buffer
from rtl.types import event_layout, index_shape, lesson_layout, shape_of, spike_layout

PROJECTION_MEMORIES = ("weights", "currents", "eligibility", "generators")


def core_memories(network: Network) -> tuple[str, ...]:
    """Memories of a core that the host can use."""
    return (*PROJECTION_MEMORIES, *neuron_memories(network), "feedback")


class Core(wiring.Component):
    """Consecutive recurrent layers, one after the other within a step.

    For each step and each of its layers: deliver the layer's own spikes of the step before and the spikes from below
    (the stream ``i`` for the first layer, the layer below for the others), then tick. While the neurons tick, spikes
    that do not wait for them are delivered already: those of the next step from the stream, or the own spikes of the
    next layer. After the last step the core waits for its lesson, broadcasts the modulators and sweeps the eligible
    axons, bin by bin and layer by layer, unless the teacher is content. Bit-exact with
    golden.network.ReferenceNetwork.

    Handshake: the lesson is taken in the cycle in which everything it causes is done. The core accepts spikes
    of the next sample right after. ``o`` must be drained; a core depends on nothing behind it otherwise. After a reset
    accumulators and eligibility registers are cleared before the core comes to rest.

    Parameters
    ----------
    preset
        Configuration.
    index
        Which core: it holds layers ``index * layers_per_core`` and following.

    Members
    -------
    i
        Spikes from below, ended by ``last`` once a step.
    o
        Spikes of the core's layers; every layer ends its step with ``last``.
    i_lesson
        What to learn.
    learn
        The sample under way is for training: thresholds adapt.
    shift
        Learning rate.
    resting
        Between two samples, nothing under way: the host may use the memories.
    """

    def __init__(self, preset: Preset, index: int) -> None:
        self._preset, self._index = preset, index
        network, hardware = preset.network, preset.hardware
        self._first = index * hardware.layers_per_core
        below = event_layout(network.forward_axons(self._first), negative=network.signed_input and index == 0)
        super().__init__(
            {
                "i": In(stream.Signature(below)),
                "o": Out(stream.Signature(spike_layout(hardware.layers_per_core, network.neurons))),
                "i_lesson": In(stream.Signature(lesson_layout(network))),
                "learn": In(1),
                "shift": In(shape_of(SHIFT)),
                "resting": Out(1),
                **{f"host_{name}": In(HostWindow) for name in core_memories(network)},
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._preset.network, self._preset.hardware
        drawn = topology(network)
        layers = range(self._first, self._first + hardware.layers_per_core)
        negative = network.signed_input and self._index == 0
        neurons, recurrent = network.neurons, network.recurrent
        double_buffered = len(layers) == 1
        columns = neurons // hardware.lanes

        fan_out = core_fan_out(self._preset, self._index)
        m.submodules.projection = projection = Projection(
            ProjectionShape(
                fan_out=fan_out,
                groups=tuple(network.axons(k) for k in layers),
                columns=columns,
                eligibility=EligibilityShape.of_layer(network, self._first, hardware.axon_lanes),
                weight=network.weight,
                current=network.current,
                gated=network.gated,
                weights=fan_out.image(
                    core_adjacency(self._preset, self._index), core_weights(self._preset, self._index), network.absent
                ),
                generators=rounding_seeds(network)[layers.start : layers.stop],
                rounding=network.rounding,
                single_port=hardware.single_port,
                double_buffered=double_buffered,
            ),
        )
        m.submodules.population = population = Population(network, hardware)
        m.submodules.broadcast = broadcast = Broadcast(
            network, hardware, [row for k in layers for row in drawn.feedback[k]]
        )
        owners = {"feedback": broadcast} | dict.fromkeys(neuron_memories(network), population)
        for name in core_memories(network):
            connect(m, flipped(getattr(self, f"host_{name}")), getattr(owners.get(name, projection), f"host_{name}"))

        # Position in the sample: of the delivery, and of the tick, which comes after it.
        step, layer = Signal(range(network.steps)), Signal(range(len(layers)) if len(layers) > 1 else 1)
        tick_step, tick_layer = Signal.like(step), Signal.like(layer)
        bins = Array(map(network.bin_of, range(network.steps)))
        firsts = Array(t == 0 or network.bin_of(t) != network.bin_of(t - 1) for t in range(network.steps))
        tick_bin, lesson_bin = Signal(index_shape(network.bins)), Signal(index_shape(network.bins))
        recalls = Array(map(network.recalls, range(network.bins)))
        m.d.comb += tick_bin.eq(bins[tick_step])

        # Accumulators: of the layers in turn, or two banks that change places.
        bank, tick_bank = Signal(), Signal()
        drained: Value = tick_layer * columns + population.drain_word
        if double_buffered:
            drained = Cat(population.drain_word[: (columns - 1).bit_length()], tick_bank)

        # Ports that hold during an operation.
        m.d.comb += [
            projection.i_bin.eq(bins[step]),
            projection.bank.eq(bank),
            projection.first_step.eq(step == 0),
            projection.shift.eq(self.shift),
            projection.gated.eq(broadcast.gated),
            broadcast.read_target.eq(projection.gated_target),
            projection.drain.eq(population.drain),
            projection.drain_address.eq(drained),
            population.current.eq(projection.current),
            population.post_address.eq(broadcast.post_address),
            population.post_read.eq(broadcast.post_read),
            broadcast.post.eq(population.post),
            population.recall_address.eq(broadcast.recall_address),
            broadcast.recall.eq(population.recall),
            broadcast.recalling.eq(recalls[lesson_bin]),
            broadcast.modulators.eq(self.i_lesson.payload.modulators),
            population.recalling.eq(recalls[tick_bin]),
            population.layer.eq(tick_layer),
            population.bin.eq(tick_bin),
            population.first_step.eq(tick_step == 0),
            population.first_in_bin.eq(firsts[tick_step]),
            population.adapt.eq(self.learn & (tick_step == network.steps - 1) if network.plastic_layers else 0),
        ]

        # Behind the buffer readers may take their time, but not longer than until the next tick: a step that has been
        # observed in full still stands in the memories.
        m.submodules.exit = exit_buffer = Buffer(self.o.payload.shape())
        connect(m, population.o, exit_buffer.i)
        connect(m, exit_buffer.o, flipped(self.o))
        # Lists of spikes are needed where a layer hears itself or another one of its core.
        lists = SpikeLists(len(layers), neurons) if recurrent or len(layers) > 1 else None
        own = Signal()
        if lists is not None:
            m.submodules.lists = lists
            bases = [sum(network.axons(k) for k in layers[:local]) for local in range(len(layers))]
            own_bases = [base + network.forward_axons(k) for base, k in zip(bases, layers, strict=True)]
            m.d.comb += [
                lists.record.eq(population.o.valid & population.o.ready & ~population.o.payload.last),
                lists.layer.eq(tick_layer),
                lists.neuron.eq(population.o.payload.neuron),
                lists.clear.eq(population.start),
                lists.clear_layer.eq(layer),
                lists.source.eq(Mux(own, layer, layer - 1)),
            ]
            base = Mux(own, Array(own_bases)[layer], Array(bases)[layer])
            with m.If(lists.replay):
                m.d.comb += [
                    projection.i.payload.axon.eq(lists.o.payload + base),
                    projection.i.valid.eq(lists.o.valid),
                    lists.o.ready.eq(projection.i.ready),
                ]

        learning = self.i_lesson.payload.update if network.plastic_layers else 0
        m.d.comb += [projection.bin.eq(lesson_bin), broadcast.bin.eq(lesson_bin), projection.group.eq(layer)]
        last_layer = layer == len(layers) - 1

        # Spikes from the stream come first, since a tick may be under way that the own spikes wait for; upper layers
        # of a core take their own first, while the layer below them ticks.
        with m.FSM() as control:
            with m.State("CLEAR"):
                with m.If(projection.cleared):
                    m.next = "STREAM"
            with m.State("STREAM"):
                m.d.comb += [
                    projection.i.payload.axon.eq(self.i.payload.spike.axon),
                    projection.i.valid.eq(self.i.valid & ~self.i.payload.last),
                    self.i.ready.eq(projection.i.ready | self.i.payload.last),
                ]
                if negative:
                    m.d.comb += projection.i.payload.negative.eq(self.i.payload.spike.negative)
                with m.If(self.i.valid & self.i.payload.last):
                    m.next = "OWN SPIKES" if recurrent else "SETTLE"
            if lists is not None and recurrent:
                with m.State("OWN SPIKES"):
                    m.d.comb += [own.eq(1), lists.replay.eq(~(population.running & (tick_layer == layer)))]
                    with m.If(lists.done):
                        m.next = "SETTLE"
                        if len(layers) > 1:
                            with m.If(layer != 0):
                                m.next = "LAYER BELOW"
            if lists is not None and len(layers) > 1:
                with m.State("LAYER BELOW"):
                    m.d.comb += lists.replay.eq(~(population.running & (tick_layer == layer - 1)))
                    with m.If(lists.done):
                        m.next = "SETTLE"
            with m.State("SETTLE"):
                with m.If(projection.idle):
                    m.next = "TRACES" if network.trace_shift else "TICK"
            if network.trace_shift:
                with m.State("TRACES"):
                    m.d.comb += projection.settle.eq(1)
                    with m.If(projection.settled):
                        m.next = "TICK"
            with m.State("TICK"):
                with m.If(~population.running & ~exit_buffer.o.valid):
                    m.d.comb += population.start.eq(1)
                    m.d.sync += [tick_step.eq(step), tick_layer.eq(layer)]
                    m.d.sync += [tick_bank.eq(bank), bank.eq(~bank)]
                    with m.If(~last_layer):
                        m.d.sync += layer.eq(layer + 1)
                        if len(layers) > 1:
                            m.next = "OWN SPIKES" if recurrent else "LAYER BELOW"
                    with m.Else():
                        m.d.sync += layer.eq(0)
                        with m.If(step != network.steps - 1):
                            m.d.sync += step.eq(step + 1)
                            m.next = "STREAM"
                        with m.Else():
                            m.d.sync += step.eq(0)
                            m.next = "AWAIT LESSON"
            with m.State("AWAIT LESSON"):
                with m.If(self.i_lesson.valid & ~population.running & projection.cleared):
                    # No spikes are left over for the next sample.
                    if lists is not None:
                        m.d.comb += lists.clear_all.eq(1)
                    with m.If(learning):
                        m.d.comb += broadcast.start.eq(1)
                        m.next = "BROADCAST"
                    with m.Else():
                        m.d.comb += [projection.turn.eq(1), self.i_lesson.ready.eq(1)]
                        m.next = "STREAM"
            with m.State("BROADCAST"):
                with m.If(broadcast.done):
                    m.next = "SWEEP"
            with m.State("SWEEP"):
                m.d.comb += projection.sweep.eq(1)
                with m.If(projection.swept):
                    m.next = "SWEPT"
            with m.State("SWEPT"):
                m.next = "SWEEP"
                with m.If(~last_layer):
                    m.d.sync += layer.eq(layer + 1)
                with m.Else():
                    m.d.sync += layer.eq(0)
                    with m.If(lesson_bin != network.bins - 1):
                        m.d.sync += lesson_bin.eq(lesson_bin + 1)
                        m.d.comb += broadcast.start.eq(1)
                        m.next = "BROADCAST"
                    with m.Else():
                        m.d.sync += lesson_bin.eq(0)
                        m.d.comb += [projection.turn.eq(1), self.i_lesson.ready.eq(1)]
                        m.next = "STREAM"
        m.d.comb += self.resting.eq(control.ongoing("STREAM") & (step == 0) & projection.idle)
        return m
