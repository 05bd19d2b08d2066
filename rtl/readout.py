"""The readout population behind the small-world links."""

from __future__ import annotations

from amaranth import Array, Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.fifo import SyncFIFOBuffered
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from golden.spec import pipeline
from golden.spec.config import Preset
from golden.spec.fanout import readout_fan_out
from golden.spec.network_formats import STRONG_ERROR
from golden.spec.seeds import rounding_seeds
from golden.spec.topology import topology
from golden.spec.training import SHIFT
from rtl.core import PROJECTION_MEMORIES
from rtl.delays import delayed
from rtl.eligibility import EligibilityShape
from rtl.memory import HostWindow
from rtl.projection import Projection, ProjectionShape, projection_steps
from rtl.prototypes import Prototypes
from rtl.streams import Merge
from rtl.teacher import potential_layout
from rtl.types import index_shape, shape_of, spike_layout, verdict_layout


class Readout(wiring.Component):
    """Integrate the spikes of all layers over the sample, sum by class, learn from the verdict.

    o_r += sum of w_ir over the spikes i of every step; y_c = sum of o over the class. No leak, no clamp. When taught,
    g_r is +a, -a or 0 by the class of r. Prototypes have thresholds: y_c is the largest o - q of the class, and g_r is
    1 for the chosen neuron of the label alone. Bit-exact with golden.readout, golden.prototypes and the readout part of
    golden.network.ReferenceNetwork.

    Throughput: one word of links a cycle; summing takes one cycle a readout neuron and six more a class, with
    prototypes seven. Latency: the first class is offered when its neurons are summed, which begins when the last step
    has ended and all is added. Stalls: ``i`` waits for the words of the spikes before, ``o`` holds until taken and the
    next class waits for it. Overflow: none, o and y have room for the worst sample (``Network.readout_potential``,
    ``class_potential``).

    ``spike_queue`` spikes of each core may wait here, so that a tick ends although the links of its spikes take longer.
    The end of a step is kept thrice there, and is what two of the three say: a bit that flips costs a spike, where a
    single mark that is lost, or comes about, would keep the readout waiting for ever.

    Handshake: the verdict is taken in the cycle in which everything it causes is done. After a reset accumulators and
    eligibility registers are cleared before the readout comes to rest.

    Parameters
    ----------
    preset
        Configuration.

    Members
    -------
    i
        Spike streams of the cores.
    o
        Class potentials in ascending order of class.
    i_verdict
        What to learn.
    label
        Class of the sample, from the last of its spikes to the verdict; with prototypes only.
    shift
        Learning rate.
    frozen
        With ``adjustable`` only: the readout does not learn; holds during a sample.
    resting
        Between two samples, nothing under way.
    summing
        All spikes of the sample have been added, for observation.
    operations, updates, events, queued
        Only where it is monitored: see :class:`~rtl.projection.Projection`; a spike has been listened to; more spikes
        of a core than ever wait in its queue, for one cycle for each.
    """

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        network, hardware = preset.network, preset.hardware
        self._cores = network.layers // hardware.layers_per_core
        self._spike = spike_layout(hardware.layers_per_core, network.neurons)
        super().__init__(
            {
                "i": In(stream.Signature(self._spike)).array(self._cores),
                "o": Out(stream.Signature(potential_layout(network))),
                "i_verdict": In(stream.Signature(verdict_layout(network.classes))),
                "shift": In(shape_of(SHIFT)),
                **({"frozen": In(1)} if hardware.adjustable else {}),
                "resting": Out(1),
                "summing": Out(1),
                **{f"host_{name}": In(HostWindow) for name in PROJECTION_MEMORIES},
                **({"label": In(index_shape(network.classes))} if network.prototypes else {}),
                **({"host_thresholds": In(HostWindow)} if network.prototypes else {}),
                **(projection_steps(hardware.link_lanes) if hardware.monitored else {}),
                **({"events": Out(1), "queued": Out(self._cores)} if hardware.monitored else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._preset.network, self._preset.hardware
        lanes = hardware.link_lanes
        drawn = topology(network)
        fan_out = readout_fan_out(self._preset)
        columns = fan_out.columns
        m.submodules.links = links = Projection(
            ProjectionShape(
                fan_out=fan_out,
                groups=(network.readout_axons,),
                plastic=(network.readout_axons,),
                columns=columns,
                eligibility=EligibilityShape(network.pre, lanes=hardware.axon_lanes, every=network.prototypes),
                weight=network.readout_weight,
                current=network.readout_potential,
                gated=network.readout_gated,
                weights=fan_out.image(drawn.readout, drawn.readout_weights, network.absent_link),
                generators=rounding_seeds(network)[-1:],
                rounding=network.rounding,
                attraction=network.prototype_shift if network.prototypes else None,
                forward_sums=hardware.forward_sums,
                counted=hardware.monitored,
            ),
        )
        if hardware.monitored:
            m.d.comb += [self.operations.eq(links.operations), self.updates.eq(links.updates)]
        m.submodules.merge = merge = Merge(self._spike, self._cores)
        for name in PROJECTION_MEMORIES:
            connect(m, flipped(getattr(self, f"host_{name}")), getattr(links, f"host_{name}"))
        for index in range(self._cores):
            if not hardware.spike_queue:
                connect(m, flipped(self.i[index]), merge.i[index])
                continue
            spike = self.i[index].payload
            queue = SyncFIFOBuffered(width=self._spike.size + 2, depth=hardware.spike_queue)
            m.submodules[f"queue_{index}"] = queue
            m.d.comb += [
                queue.w_data.eq(Cat(spike, spike.last, spike.last)),
                queue.w_en.eq(self.i[index].valid),
                self.i[index].ready.eq(queue.w_rdy),
                Value.cast(merge.i[index].payload).eq(queue.r_data),
                merge.i[index].valid.eq(queue.r_rdy),
                queue.r_en.eq(merge.i[index].ready),
            ]
            taken = self._spike(queue.r_data[: self._spike.size])
            first, second = queue.r_data[self._spike.size :]
            m.d.comb += merge.i[index].payload.last.eq((first & second) | (taken.last & (first | second)))
            if hardware.monitored:
                most = Signal.like(queue.level, name=f"most_queued_{index}", reset_less=True)
                m.d.comb += self.queued[index].eq(queue.level > most)
                m.d.sync += most.eq(most + self.queued[index])

        verdict = self.i_verdict.payload
        share = exact_log2(lanes)
        if network.prototypes:
            m.submodules.prototypes = prototypes = Prototypes(network)
            connect(m, flipped(self.host_thresholds), prototypes.host_thresholds)
        # Gated learning signal of a word of readout neurons, one cycle after it is asked for. The last word may reach
        # beyond the last neuron, where all synapses are absent.
        class_of = [r % network.classes for r in range(columns * lanes)]
        classes_of = Array(Array(class_of[lane::lanes]) for lane in range(lanes))
        strength = Mux(verdict.strong, STRONG_ERROR, 1)
        for lane in range(lanes):
            if network.prototypes:
                of_word = links.gated_target == prototypes.chosen >> share
                of_lane = prototypes.chosen[:share] == lane if share else 1
                m.d.sync += links.gated[lane].eq(of_word & of_lane)
                continue
            label = Signal(index_shape(network.classes), name=f"class_{lane}")
            m.d.comb += label.eq(classes_of[lane][links.gated_target])
            m.d.sync += links.gated[lane].eq(
                Mux(label == verdict.label, strength, Mux(label == verdict.rival, -strength, 0))
            )

        # Class sums, one class at a time: accumulator -> selected value -> running sum. Neurons of all classes share a
        # word, so words are read for every class and cleared when the last neuron has been.
        neuron, busy = Signal(range(network.readouts + network.classes)), Signal()
        value, value_valid = Signal(shape_of(network.readout_potential)), Signal()
        issued, member = Signal(index_shape(network.population)), Signal(index_shape(network.population))
        begun, label = Signal(range(network.classes + 1)), Signal(index_shape(network.classes))
        total = Signal(shape_of(network.class_potential))
        issue = self.summing & ~busy & (begun != network.classes)
        selected = delayed(m, neuron, neuron.shape(), pipeline.DRAIN, "selected")
        selected_valid = delayed(m, issue, 1, pipeline.DRAIN, "selected_valid")
        m.d.comb += [
            links.drain_address.eq(neuron >> share),
            links.drain.eq(issue),
            links.keep.eq(1),
        ]
        m.d.sync += [
            value_valid.eq(selected_valid[-1]),
            value.eq(links.current[selected[-1][:share]] if share else links.current[0]),
        ]
        with m.If(issue):
            m.d.sync += [neuron.eq(neuron + network.classes), issued.eq(issued + 1)]
            with m.If(issued == network.population - 1):
                m.d.sync += [issued.eq(0), busy.eq(1), begun.eq(begun + 1), neuron.eq(begun + 1)]
                m.d.comb += links.clear.eq(begun == network.classes - 1)
        summed: Value = total + value
        added: Value = value_valid
        if network.prototypes:
            m.d.comb += [
                prototypes.neuron.eq(selected[-1]),
                prototypes.read.eq(selected_valid[-1]),
                prototypes.value.eq(value),
                prototypes.valid.eq(value_valid),
                prototypes.own.eq(label == self.label),
                prototypes.first.eq(member == 0),
                prototypes.shift.eq(self.shift),
            ]
            summed = Mux((member == 0) | (prototypes.lead > total), prototypes.lead, total)
            added = prototypes.lead_valid
        with m.If(added):
            m.d.sync += [member.eq(member + 1), total.eq(summed)]
            with m.If(member == network.population - 1):
                m.d.sync += [member.eq(0), total.eq(0), label.eq(label + 1)]
                m.d.sync += [
                    self.o.valid.eq(1),
                    self.o.payload.label.eq(label),
                    self.o.payload.value.eq(summed),
                    self.o.payload.last.eq(label == network.classes - 1),
                ]
        with m.If(self.o.valid & self.o.ready):
            m.d.sync += [self.o.valid.eq(0), busy.eq(0)]

        ends = network.layers * network.steps
        ended = Signal(range(ends + 1))
        event = merge.o.payload
        axon = (merge.source * hardware.layers_per_core + event.layer) * network.neurons + event.neuron
        m.d.comb += [
            links.i.payload.axon.eq(axon),
            links.shift.eq(self.shift),
        ]
        # Each layer is at a step of its own; where the readout listens at the end only, that step is counted.
        listening: Value = Const(1, 1)
        if network.readout_steps:
            layer = Signal(index_shape(network.layers))
            m.d.comb += layer.eq(merge.source * hardware.layers_per_core + event.layer)
            passed = Array(Signal(range(network.steps + 1), name=f"passed_{k}") for k in range(network.layers))
            listening = passed[layer] >= network.steps - network.readout_steps
            with m.If(merge.o.valid & merge.o.ready & event.last):
                m.d.sync += passed[layer].eq(Mux(passed[layer] == network.steps - 1, 0, passed[layer] + 1))

        if hardware.monitored:
            m.d.comb += self.events.eq(links.i.valid & links.i.ready)
        with m.FSM() as control:
            with m.State("CLEAR"):
                with m.If(links.cleared):
                    m.next = "COLLECT"
            with m.State("COLLECT"):
                m.d.comb += [
                    links.i.valid.eq(merge.o.valid & ~event.last & listening),
                    merge.o.ready.eq(links.i.ready | event.last | ~listening),
                ]
                with m.If(merge.o.valid & event.last):
                    m.d.sync += ended.eq(ended + 1)
                    with m.If(ended == ends - 1):
                        m.d.sync += ended.eq(0)
                        m.next = "SETTLE"
            with m.State("SETTLE"):
                with m.If(links.idle):
                    m.d.sync += [neuron.eq(0), begun.eq(0), label.eq(0)]
                    m.next = "SUM"
            with m.State("SUM"):
                m.d.comb += self.summing.eq(1)
                with m.If(self.o.valid & self.o.ready & self.o.payload.last):
                    m.next = "AWAIT VERDICT"
            with m.State("AWAIT VERDICT"):
                with m.If(self.i_verdict.valid & links.cleared):
                    with m.If(verdict.update & ~self.frozen if hardware.adjustable else verdict.update):
                        if network.prototypes:
                            m.d.comb += prototypes.learn.eq(1)
                        m.next = "SWEEP"
                    with m.Else():
                        m.d.comb += [links.turn.eq(1), self.i_verdict.ready.eq(1)]
                        m.next = "COLLECT"
            with m.State("SWEEP"):
                m.d.comb += links.sweep.eq(1)
                with m.If(links.swept):
                    m.d.comb += [links.turn.eq(1), self.i_verdict.ready.eq(1)]
                    m.next = "COLLECT"
        m.d.comb += self.resting.eq(control.ongoing("COLLECT") & (ended == 0) & links.idle & ~merge.o.valid)
        return m
