"""A learning core: one or more recurrent layers of LIF neurons on one plastic projection."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth import Array, Cat, Module, Mux, Signal, Value, ValueLike
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Network, Preset
from golden.spec.fanout import core_adjacency, core_fan_out, core_weights, replayed
from golden.spec.seeds import rounding_seeds
from golden.spec.topology import topology
from golden.spec.training import SHIFT
from rtl.control import CoreControl
from rtl.eligibility import EligibilityShape
from rtl.lists import SpikeLists
from rtl.memory import HostWindow
from rtl.modulators import Broadcast
from rtl.population import Population, neuron_memories
from rtl.projection import Projection, ProjectionShape, projection_steps
from rtl.streams import Buffer
from rtl.types import event_layout, index_shape, lesson_layout, settings_layout, shape_of, spike_layout

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

    Throughput: in delivery one word of weights a cycle (:class:`~rtl.projection.Projection`), beside which a tick
    takes N / tick_lanes + 4 N / lanes + 9 cycles (:class:`~rtl.population.Population`). In learning, for each bin, L
    N / tick_lanes + 7 cycles of broadcast for the L layers, then ``axon_lanes`` axons a cycle without eligibility and
    one word a cycle that is changed, two with ``single_port``. Latency: golden.cycles.model predicts every sample
    exactly. Stalls: ``i`` waits for delivery, which waits as :class:`~rtl.control.CoreControl` says; ``o`` holds
    until taken, and a tick waits for the spikes of the one before to have left. Overflow: none, sums are exact.

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
    settings
        With ``adjustable`` only: :func:`~rtl.types.settings_layout`; they hold during a sample.
    resting
        Between two samples, nothing under way: the host may use the memories.
    operations, updates
        Only where it is monitored, see :class:`~rtl.projection.Projection`.
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
                **({"settings": In(settings_layout(network))} if hardware.adjustable else {}),
                "resting": Out(1),
                **{f"host_{name}": In(HostWindow) for name in core_memories(network)},
                **(projection_steps(hardware.lanes) if hardware.monitored else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._preset.network, self._preset.hardware
        drawn = topology(network)
        layers = range(self._first, self._first + hardware.layers_per_core)
        double_buffered = len(layers) == 1
        columns = network.neurons // hardware.lanes

        fan_out = core_fan_out(self._preset, self._index)
        m.submodules.projection = projection = Projection(
            ProjectionShape(
                fan_out=fan_out,
                groups=tuple(network.axons(k) for k in layers),
                plastic=tuple(network.plastic_axons(k) for k in layers),
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
                forward_sums=hardware.forward_sums,
                counted=hardware.monitored,
            ),
        )
        if hardware.monitored:
            m.d.comb += [self.operations.eq(projection.operations), self.updates.eq(projection.updates)]
        m.submodules.population = population = Population(network, hardware)
        m.submodules.broadcast = broadcast = Broadcast(
            network, hardware, [row for k in layers for row in drawn.feedback[k]]
        )
        owners = {"feedback": broadcast} | dict.fromkeys(neuron_memories(network), population)
        for name in core_memories(network):
            connect(m, flipped(getattr(self, f"host_{name}")), getattr(owners.get(name, projection), f"host_{name}"))

        m.submodules.control = control = CoreControl(network, len(layers), adjustable=hardware.adjustable)
        bins = Array(map(network.bin_of, range(network.steps)))
        firsts = Array(t == 0 or network.bin_of(t) != network.bin_of(t - 1) for t in range(network.steps))
        recalls = Array(map(network.recalls, range(network.bins)))
        tick_bin = Signal(index_shape(network.bins))
        m.d.comb += tick_bin.eq(bins[control.tick_step])

        # Accumulators: of the layers in turn, or two banks that change places.
        drained: Value = control.tick_layer * columns + population.drain_word
        if double_buffered:
            drained = Cat(population.drain_word, control.tick_bank)

        # What learns.
        adapts: ValueLike = (self.learn & control.last_step) if network.plastic_layers else 0
        updates: ValueLike = self.i_lesson.payload.update if network.plastic_layers else 0
        if hardware.adjustable:
            frozen = self.settings.frozen[layers.start : layers.stop]
            adapts = self.learn & control.last_step & ~frozen.bit_select(control.tick_layer, 1)
            updates = self.i_lesson.payload.update & ~frozen.all()
            m.d.comb += [population.settings.eq(self.settings), control.frozen.eq(frozen)]

        # Ports that hold during an operation.
        m.d.comb += [
            projection.i_bin.eq(bins[control.step]),
            projection.bank.eq(control.bank),
            projection.bin.eq(control.lesson_bin),
            projection.group.eq(control.layer),
            projection.first_step.eq(control.step == 0),
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
            broadcast.bin.eq(control.lesson_bin),
            broadcast.recalling.eq(recalls[control.lesson_bin]),
            broadcast.modulators.eq(self.i_lesson.payload.modulators),
            population.recalling.eq(recalls[tick_bin]),
            population.layer.eq(control.tick_layer),
            population.bin.eq(tick_bin),
            population.first_step.eq(control.tick_step == 0),
            population.first_in_bin.eq(firsts[control.tick_step]),
            population.adapt.eq(adapts),
        ]

        # Behind the buffer readers may take their time, but not longer than until the next tick: a step that has been
        # observed in full still stands in the memories.
        m.submodules.exit = exit_buffer = Buffer(self.o.payload.shape())
        connect(m, population.o, exit_buffer.i)
        connect(m, exit_buffer.o, flipped(self.o))
        self._connect_control(m, control, projection, population, broadcast, exit_buffer, updates)
        self._connect_axons(m, control, projection, population)
        return m

    def _connect_control(
        self,
        m: Module,
        control: CoreControl,
        projection: Projection,
        population: Population,
        broadcast: Broadcast,
        exit_buffer: Buffer,
        updates: ValueLike,
    ) -> None:
        """Tell the control what has happened, and the units what to do."""
        m.d.comb += [
            control.delivered.eq(projection.idle),
            control.settled.eq(projection.settled),
            control.swept.eq(projection.swept),
            control.cleared.eq(projection.cleared),
            control.ticking.eq(population.running),
            control.exit_full.eq(exit_buffer.o.valid),
            control.broadcast_done.eq(broadcast.done),
            control.lesson.eq(self.i_lesson.valid),
            control.update.eq(updates),
            projection.settle.eq(control.settle),
            projection.sweep.eq(control.sweep),
            projection.turn.eq(control.turn),
            population.start.eq(control.start_tick),
            broadcast.start.eq(control.start_broadcast),
            self.i_lesson.ready.eq(control.turn),
            self.resting.eq(control.resting & projection.idle),
        ]

    def _connect_axons(self, m: Module, control: CoreControl, projection: Projection, population: Population) -> None:
        """Lead spikes from below, or from the lists of the core's own, into the projection."""
        network, share = self._preset.network, self._preset.hardware.layers_per_core
        with m.If(control.streaming):
            m.d.comb += [
                projection.i.payload.axon.eq(self.i.payload.spike.axon),
                projection.i.valid.eq(self.i.valid & ~self.i.payload.last),
                self.i.ready.eq(projection.i.ready | self.i.payload.last),
                control.step_ends.eq(self.i.valid & self.i.payload.last),
            ]
            if network.signed_input and self._index == 0:
                m.d.comb += projection.i.payload.negative.eq(self.i.payload.spike.negative)
        # Lists of spikes are needed where a layer hears itself or another one of its core.
        kept = replayed(self._preset, self._index)
        layers = range(self._first, self._first + share)
        bases = [sum(network.axons(k) for k in layers[:local]) for local in range(share)]
        own_bases = [base + network.forward_axons(k) for base, k in zip(bases, layers, strict=True)]
        base = Mux(control.own, Array(own_bases)[control.layer], Array(bases)[control.layer])
        chosen = {
            "lists": control.replay,
            "own_lists": control.replay & control.own,
            "below_lists": control.replay & ~control.own,
        }
        done = []
        for name, wanted in kept.items():
            m.submodules[name] = lists = SpikeLists(wanted, sum(network.axons(k) for k in layers))
            m.d.comb += [
                lists.record.eq(population.o.valid & population.o.ready & ~population.o.payload.last),
                lists.layer.eq(control.tick_layer),
                lists.neuron.eq(population.o.payload.neuron),
                lists.clear.eq(control.start_tick),
                lists.clear_layer.eq(control.layer),
                lists.clear_all.eq(control.forget),
                lists.replay.eq(chosen[name]),
                lists.base.eq(base),
                lists.source.eq(Mux(control.own, control.layer, control.layer - 1)),
            ]
            with m.If(chosen[name]):
                m.d.comb += [
                    projection.i.payload.axon.eq(lists.o.payload),
                    projection.i.valid.eq(lists.o.valid),
                    lists.o.ready.eq(projection.i.ready),
                ]
            done.append(lists.done)
        if done:
            m.d.comb += control.replayed.eq(reduce(or_, done))
