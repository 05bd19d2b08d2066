"""The processor: cores, readout, teacher and modulators behind streams."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth import Cat, Module, Signal, Value
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Preset
from golden.spec.counters import LINE
from golden.spec.topology import topology
from rtl.core import Core
from rtl.counters import Counters, line_layout
from rtl.encoder import LevelEncoder
from rtl.host import HostPort, window_name, windowed_regions
from rtl.modulators import Modulators
from rtl.readout import Readout
from rtl.sequencer import SampleSequencer
from rtl.streams import Buffer, Fork
from rtl.teacher import Teacher
from rtl.types import (
    input_layout,
    label_layout,
    prediction_layout,
    request_layout,
    response_shape,
    spike_layout,
    verdict_layout,
)


class Processor(wiring.Component):
    """K recurrent layers that learn on chip, with everything a sample needs.

    A sample is a label at ``i_label`` and its contents at ``i_sample``; one prediction answers it at
    ``o_prediction`` when all learning from it is done. Bit-exact with golden.network.ReferenceNetwork whatever the
    lanes, the cores, and the stalls on any stream.

    Host accesses are served between samples, in order. A sample may be sent ahead while the one before learns.

    Throughput and latency: one sample after the other; golden.cycles.model predicts the cycles of each exactly from
    what spikes in it, when nothing stalls. Stalls: every stream may wait at any time, and holds its payload
    meanwhile; results do not depend on it. Spikes that are not taken at ``o_spikes`` stop their core. Overflow: as
    golden/SPEC.md says. A reset keeps weights, thresholds, generators, learning rates and settings ("What a reset
    does" there).

    Parameters
    ----------
    preset
        Configuration.
    judged
        Tell whether predictions are right.

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
    label
        Only where they are judged: class that the sample of the prediction was said to have.
    line
        Only where it is monitored: what happens at the link, :func:`~rtl.counters.line_layout`.
    """

    def __init__(self, preset: Preset, *, judged: bool = False) -> None:
        self._preset, self._judged = preset, judged
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
                "o_response": Out(stream.Signature(response_shape)),
                "running": Out(1),
                "teaching": Out(1),
                **({"label": Out(label_layout(network.classes)["label"].shape)} if judged else {}),
                **({"line": In(line_layout())} if hardware.monitored else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network, hardware = self._preset.network, self._preset.hardware

        m.submodules.sequencer = sequencer = SampleSequencer(network)
        m.submodules.host = host = HostPort(self._preset)
        m.submodules.readout = readout = Readout(self._preset)
        m.submodules.teacher = teacher = Teacher(network, adjustable=hardware.adjustable)
        m.submodules.modulators = modulators = Modulators(network, topology(network).modulation)
        m.submodules.lessons = lessons = Fork(verdict_layout(network.classes), self._cores + 1)
        connect(m, flipped(self.i_request), host.i_request)
        connect(m, host.o_response, flipped(self.o_response))
        connect(m, flipped(self.i_label), sequencer.i_label)
        connect(m, sequencer.o_prediction, flipped(self.o_prediction))
        connect(m, readout.o, teacher.i)
        connect(m, teacher.o, sequencer.i_verdict)
        connect(m, sequencer.o_lesson, lessons.i)
        connect(m, lessons.o[0], readout.i_verdict)
        m.d.comb += [
            teacher.label.eq(sequencer.label),
            teacher.learn.eq(sequencer.learn),
            readout.shift.eq(host.readout_shift),
            *([readout.label.eq(sequencer.label)] if network.prototypes else []),
            modulators.label.eq(teacher.o.payload.label),
            modulators.rival.eq(teacher.o.payload.rival),
            modulators.strong.eq(teacher.o.payload.strong),
            self.running.eq(sequencer.running),
            self.teaching.eq(teacher.o.valid),
            *([self.label.eq(sequencer.label)] if self._judged else []),
        ]

        if hardware.adjustable:
            frozen = host.settings.frozen
            m.d.comb += [
                teacher.learn.eq(sequencer.learn & ~frozen.all()),
                teacher.margin.eq(host.settings.margin),
                readout.frozen.eq(frozen[network.layers]),
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
                core.learn.eq(sequencer.learn),
                core.shift.eq(host.layer_shift),
                *([core.settings.eq(host.settings)] if hardware.adjustable else []),
                core.i_lesson.payload.update.eq(lesson.payload.update),
                core.i_lesson.payload.modulators.eq(modulators.modulators),
                core.i_lesson.valid.eq(lesson.valid),
                lesson.ready.eq(core.i_lesson.ready),
            ]
            if index:
                # Only the top layer of the core below feeds this one.
                below = m.submodules[f"spikes{index - 1}"].o[2]
                top = below.payload.layer == hardware.layers_per_core - 1
                m.d.comb += [
                    core.i.payload.spike.axon.eq(below.payload.neuron),
                    core.i.payload.last.eq(below.payload.last),
                    core.i.valid.eq(below.valid & top),
                    below.ready.eq(core.i.ready | ~top),
                ]
            cores.append(core)
        self._connect_input(m, sequencer, cores[0])
        owners = {f"core{index}": core for index, core in enumerate(cores)} | {"readout": readout}
        if hardware.monitored:
            m.submodules.counters = owners["monitor"] = counters = Counters(self._preset)
            self._connect_counters(m, counters, sequencer, cores, readout)
        self._connect_windows(m, host, owners)

        # Registered, which shortens the longest path: a sample ends several cycles after all have come to rest, and
        # they leave rest long before it ends.
        resting = Signal()
        m.d.sync += resting.eq(readout.resting & Cat(core.resting for core in cores).all())
        m.d.comb += [
            sequencer.resting.eq(resting),
            sequencer.claimed.eq(host.claims),
            host.allowed.eq(sequencer.idle & counters.settled if hardware.monitored else sequencer.idle),
        ]
        return m

    def _connect_input(self, m: Module, sequencer: SampleSequencer, first: Core) -> None:
        """Lead the sample into the first core while it is open.

        A buffer keeps the memory of the encoder out of the path of ``ready``.
        """
        network, entry = self._preset.network, first.i
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
            entry.valid.eq(feed.o.valid & sequencer.open),
            feed.o.ready.eq(entry.ready & sequencer.open),
            sequencer.step_enters.eq(entry.valid & entry.ready & entry.payload.last),
        ]

    def _connect_counters(
        self, m: Module, counters: Counters, sequencer: SampleSequencer, cores: list[Core], readout: Readout
    ) -> None:
        """Tell the counters what happens; they are registers away from it, and slow nothing down."""
        entry, verdict = cores[0].i, sequencer.o_prediction
        predicted = Signal()  # in the first cycle of a prediction
        m.d.sync += predicted.eq(sequencer.running)
        ended = verdict.valid & predicted
        steps: dict[str, Value] = {
            "cycles": sequencer.running,
            "samples_learned": ended & sequencer.learn,
            "samples_predicted": ended & ~sequencer.learn,
            "samples_updated": ended & verdict.payload.updated,
            "input_events": entry.valid & entry.ready & ~entry.payload.last,
            "readout_events": readout.events,
            "readout_operations": readout.operations,
            "readout_updates": readout.updates,
            **{name: self.line[name] for name in LINE},
        }
        share = self._preset.hardware.layers_per_core
        for index, core in enumerate(cores):
            spikes = core.o.valid & core.o.ready & ~core.o.payload.last
            for layer in range(share):
                of_layer = core.o.payload.layer == layer if share > 1 else 1
                steps[f"layer{index * share + layer}_spikes"] = spikes & of_layer
            steps |= {f"core{index}_operations": core.operations, f"core{index}_updates": core.updates}
            steps |= {f"core{index}_queue": readout.queued[index]} if self._preset.hardware.spike_queue else {}
        taken = Signal(counters.steps.shape(), reset_less=True)
        m.d.sync += [taken[name].eq(step) for name, step in steps.items()]
        m.d.comb += [
            counters.steps.eq(taken),
            counters.i_potential.valid.eq(readout.o.valid & readout.o.ready),
            counters.i_potential.payload.eq(readout.o.payload),
            counters.active.eq(~sequencer.idle),
        ]

    def _connect_windows(self, m: Module, host: HostPort, owners: Mapping[str, wiring.Component]) -> None:
        """Connect the window of every hosted memory with its memory."""
        for region in windowed_regions(self._preset):
            unit, memory = region.name.split(".")
            connect(m, getattr(host, window_name(region)), getattr(owners[unit], f"host_{memory}"))
