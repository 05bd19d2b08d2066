"""The processor: cores, readout, teacher and modulators behind streams."""

from __future__ import annotations

from functools import reduce
from operator import or_

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Preset
from golden.spec.memmap import CONTROL, ELEMENT_BITS, HOSTED, REGION_BITS, Control, regions
from golden.spec.topology import topology
from rtl.core import PROJECTION_MEMORIES, Core, core_memories
from rtl.encoder import LevelEncoder
from rtl.memory import HOST_BITS, HOST_LATENCY, HostWindow
from rtl.modulators import Modulators
from rtl.readout import Readout
from rtl.streams import Buffer, Fork
from rtl.teacher import Teacher, verdict_layout
from rtl.types import input_layout, label_layout, prediction_layout, spike_layout

request_layout = data.StructLayout(
    {"write": 1, "region": REGION_BITS, "element": ELEMENT_BITS, "data": unsigned(HOST_BITS)}
)
"""A host access: write ``data`` to an element, or read it. Only reads are answered."""


class Processor(wiring.Component):
    """K recurrent layers that learn on chip, with everything a sample needs.

    A sample is a label at ``i_label`` and its contents at ``i_sample``; one prediction answers it at
    ``o_prediction`` when all learning from it is done. Bit-exact with golden.network.ReferenceNetwork whatever the
    lanes, the cores, and the stalls on any stream.

    Host accesses are served between samples, in order. A sample may be sent ahead while the one before learns.

    Parameters
    ----------
    preset
        Configuration.

    Members
    -------
    i_sample
        Levels or events, see :func:`~rtl.types.input_layout`.
    i_label
        Class and learn flag; the sample starts when it is taken.
    o_prediction
        Winner, and whether weights were updated.
    o_spikes
        Spikes of each core, for observation; they must be drained.
    i_request, o_response
        Host accesses by region and element (golden.spec.memmap).
    running, teaching
        A sample is under way; its verdict is being carried out.
    """

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        network, hardware = preset.network, preset.hardware
        self._cores = network.layers // hardware.layers_per_core
        self._spike = spike_layout(hardware.layers_per_core, network.neurons)
        super().__init__(
            {
                "i_sample": In(stream.Signature(input_layout(network.inputs))),
                "i_label": In(stream.Signature(label_layout(network.classes))),
                "o_prediction": Out(stream.Signature(prediction_layout(network.classes))),
                "o_spikes": Out(stream.Signature(self._spike)).array(self._cores),
                "i_request": In(stream.Signature(request_layout)),
                "o_response": Out(stream.Signature(unsigned(HOST_BITS))),
                "running": Out(1),
                "teaching": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._preset.network, self._preset.hardware
        share = hardware.layers_per_core
        verdict_shape = verdict_layout(network)

        m.submodules.readout = readout = Readout(self._preset)
        m.submodules.teacher = teacher = Teacher(network)
        m.submodules.modulators = modulators = Modulators(network, topology(network).modulation)
        m.submodules.lessons = lessons = Fork(verdict_shape, self._cores + 1)
        connect(m, readout.o, teacher.i)
        connect(m, lessons.o[0], readout.i_verdict)

        label, learn = Signal.like(self.i_label.payload.label), Signal()
        layer_shift, readout_shift = Signal(4), Signal(4)
        m.d.comb += [
            teacher.label.eq(label),
            teacher.learn.eq(learn),
            readout.shift.eq(readout_shift),
            modulators.label.eq(teacher.o.payload.label),
            modulators.rival.eq(teacher.o.payload.rival),
            modulators.strong.eq(teacher.o.payload.strong),
        ]

        cores = []
        for index in range(self._cores):
            m.submodules[f"core{index}"] = core = Core(self._preset, index)
            m.submodules[f"spikes{index}"] = spikes = Fork(self._spike, 2 + (index < self._cores - 1))
            connect(m, core.o, spikes.i)
            connect(m, spikes.o[0], readout.i[index])
            connect(m, spikes.o[1], flipped(self.o_spikes[index]))
            lesson = lessons.o[index + 1]
            m.d.comb += [
                core.learn.eq(learn),
                core.shift.eq(layer_shift),
                core.i_lesson.payload.update.eq(lesson.payload.update),
                core.i_lesson.payload.modulators.eq(modulators.modulators),
                core.i_lesson.valid.eq(lesson.valid),
                lesson.ready.eq(core.i_lesson.ready),
            ]
            if index:
                # Only the top layer of the core below feeds this one.
                below = m.submodules[f"spikes{index - 1}"].o[2]
                top = below.payload.layer == share - 1
                m.d.comb += [
                    core.i.payload.spike.axon.eq(below.payload.neuron),
                    core.i.payload.last.eq(below.payload.last),
                    core.i.valid.eq(below.valid & top),
                    below.ready.eq(core.i.ready | ~top),
                ]
            cores.append(core)

        # The sample reaches the first core while it is open, and not beyond its last step. The buffer keeps the memory
        # of the encoder out of the path of `ready`.
        gate, steps = Signal(), Signal(range(network.steps + 1))
        entry = cores[0].i
        m.submodules.feed = feed = Buffer(entry.payload.shape())
        if network.encoder == "levels":
            m.submodules.encoder = encoder = LevelEncoder(network.inputs, negative=network.signed_input)
            connect(m, flipped(self.i_sample), encoder.i)
            connect(m, encoder.o, feed.i)
        else:
            m.d.comb += [
                feed.i.payload.spike.eq(self.i_sample.payload.value),
                feed.i.payload.last.eq(self.i_sample.payload.last),
                feed.i.valid.eq(self.i_sample.valid),
                self.i_sample.ready.eq(feed.i.ready),
            ]
        m.d.comb += [
            entry.payload.eq(feed.o.payload),
            entry.valid.eq(feed.o.valid & gate),
            feed.o.ready.eq(entry.ready & gate),
        ]

        host = self._host(m, readout, cores, layer_shift, readout_shift)
        # Registered, which shortens the longest path: a sample ends several cycles after all have come to rest, and
        # they leave rest long before it ends.
        resting = Signal()
        m.d.sync += resting.eq(readout.resting & Cat(core.resting for core in cores).all())
        waited, value = Signal(range(HOST_LATENCY + 2)), Signal.like(host.value)
        m.d.sync += value.eq(host.value)
        winner, updated = Signal.like(self.o_prediction.payload.winner), Signal()
        learned = Signal()
        m.d.comb += [
            gate.eq(self.running & (steps != network.steps)),
            self.teaching.eq(teacher.o.valid),
            lessons.i.payload.eq(teacher.o.payload),
            self.o_prediction.payload.winner.eq(winner),
            self.o_prediction.payload.updated.eq(updated),
        ]
        with m.FSM():
            with m.State("REST"):
                with m.If(self.i_request.valid & resting):
                    m.next = "HOST READ"
                with m.Elif(self.i_label.valid & resting):
                    m.d.comb += self.i_label.ready.eq(1)
                    m.d.sync += [label.eq(self.i_label.payload.label), learn.eq(self.i_label.payload.learn)]
                    m.d.sync += steps.eq(0)
                    m.next = "RUN"
            with m.State("RUN"):
                m.d.comb += [
                    self.running.eq(1),
                    lessons.i.valid.eq(teacher.o.valid & ~learned),
                    teacher.o.ready.eq(learned),
                ]
                # A register: that the last has taken its lesson depends on all of them.
                m.d.sync += learned.eq(lessons.i.valid & lessons.i.ready)
                with m.If(entry.valid & entry.ready & entry.payload.last):
                    m.d.sync += steps.eq(steps + 1)
                with m.If(learned):
                    m.d.sync += [winner.eq(teacher.o.payload.winner), updated.eq(teacher.o.payload.update)]
                    m.next = "PREDICT"
            with m.State("PREDICT"):
                m.d.comb += self.o_prediction.valid.eq(1)
                with m.If(self.o_prediction.ready):
                    m.next = "REST"
            with m.State("HOST READ"):
                m.d.comb += host.select.eq(1)
                m.d.sync += waited.eq(waited + 1)
                with m.If(waited == HOST_LATENCY + 1):  # two more, for the registers before and behind the windows
                    m.d.sync += waited.eq(0)
                    m.next = "HOST FINISH"
            with m.State("HOST FINISH"):
                m.d.comb += [host.select.eq(1), host.commit.eq(self.i_request.payload.write)]
                m.d.sync += self.o_response.payload.eq(value)
                with m.If(self.i_request.payload.write):
                    m.next = "HOST DONE"
                with m.Else():
                    m.next = "HOST ANSWER"
            with m.State("HOST DONE"):
                m.d.comb += self.i_request.ready.eq(1)
                m.next = "REST"
            with m.State("HOST ANSWER"):
                m.d.comb += self.o_response.valid.eq(1)
                with m.If(self.o_response.ready):
                    m.d.comb += self.i_request.ready.eq(1)
                    m.next = "REST"
        return m

    def _host(
        self, m: Module, readout: Readout, cores: list[Core], layer_shift: Signal, readout_shift: Signal
    ) -> wiring.PureInterface:
        """Decode host accesses onto the windows of all memories; return the bus that the sequencer drives."""
        bus = HostWindow.create(path=("host",))
        request = self.i_request.payload
        windows = {
            f"core{index}.{name}": getattr(core, f"host_{name}")
            for index, core in enumerate(cores)
            for name in core_memories(self._preset.network)
            if name in HOSTED
        }
        windows |= {
            f"readout.{name}": getattr(readout, f"host_{name}") for name in PROJECTION_MEMORIES if name in HOSTED
        }
        m.d.comb += [bus.element.eq(request.element), bus.data.eq(request.data)]
        # Which window answers is a register for each, beside the window.
        answers: list[Value] = []
        for region in regions(self._preset):
            if region.number == CONTROL or not region.hosted:
                continue
            window, chosen = windows.pop(region.name), Signal(name=f"chosen_{region.name.replace('.', '_')}")
            m.d.sync += [
                chosen.eq(request.region == region.number),
                window.select.eq(bus.select & (request.region == region.number)),
                window.commit.eq(bus.commit & (request.region == region.number)),
            ]
            m.d.comb += [window.element.eq(bus.element), window.data.eq(bus.data)]
            answers.append(Mux(chosen, window.value, 0))
        committed, identity = Signal(), Const(int(self._preset.network.digest[:8], 16), HOST_BITS)
        m.d.sync += committed.eq(bus.commit)
        values = {Control.IDENTITY: identity, Control.LAYER_SHIFT: layer_shift, Control.READOUT_SHIFT: readout_shift}
        for element, value in values.items():
            chosen = Signal(name=f"chosen_control_{element}")
            m.d.sync += chosen.eq((request.region == CONTROL) & (request.element == element))
            answers.append(Mux(chosen, value, 0))
            if isinstance(value, Signal):
                with m.If(chosen & committed):
                    m.d.sync += value.eq(bus.data)
        m.d.comb += bus.value.eq(reduce(or_, answers))
        if windows:
            raise AssertionError(f"memories without an address: {sorted(windows)}")
        return bus
