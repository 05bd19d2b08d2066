"""The sequencer: one sample after the other, from its label to its prediction."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from rtl.types import label_layout, prediction_layout, verdict_layout


class SampleSequencer(wiring.Component):
    """Take a label, let T steps of spikes enter, hand the verdict on as lessons, and offer the prediction.

    A sample begins when its label is taken, which is when all units rest and the host claims nothing. Its verdict is
    offered as a lesson until all have taken it, which they do when everything it causes is done; then the verdict is
    taken, and the prediction offered.

    Throughput: one sample at a time; the sequencer itself adds three cycles to it (label, verdict, prediction).
    Latency: a prediction is offered two cycles after the last unit has taken its lesson. Stalls: ``i_label`` waits
    for rest; ``o_prediction`` holds until taken, and no sample begins before.

    Parameters
    ----------
    network
        Configuration.

    Members
    -------
    i_label, o_prediction
        Class and learn flag of the sample; winner, and whether weights were updated.
    i_verdict, o_lesson
        The teacher's verdict, and the same for the fork to all units; :func:`~rtl.types.verdict_layout`.
    resting
        All units are between two samples.
    claimed
        The host has an access, which comes before the next sample.
    idle
        No sample is under way and all units rest.
    step_enters
        The end of a step of the sample enters the first core.
    open
        Steps of the sample may enter: ``running``, and not beyond the last one.
    label, learn
        Of the sample under way.
    running
        A sample is under way, until the lesson is taken.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(
            {
                "i_label": In(stream.Signature(label_layout(network.classes))),
                "o_prediction": Out(stream.Signature(prediction_layout(network.classes))),
                "i_verdict": In(stream.Signature(verdict_layout(network.classes))),
                "o_lesson": Out(stream.Signature(verdict_layout(network.classes))),
                "resting": In(1),
                "claimed": In(1),
                "idle": Out(1),
                "step_enters": In(1),
                "open": Out(1),
                "label": Out(label_layout(network.classes)["label"].shape),
                "learn": Out(1),
                "running": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        verdict, prediction = self.i_verdict.payload, self.o_prediction.payload
        steps, learned = Signal(range(self._network.steps + 1)), Signal()
        m.d.comb += [
            self.open.eq(self.running & (steps != self._network.steps)),
            self.o_lesson.payload.eq(verdict),
        ]
        with m.FSM():
            with m.State("REST"):
                m.d.comb += self.idle.eq(self.resting)
                with m.If(self.i_label.valid & self.resting & ~self.claimed):
                    m.d.comb += self.i_label.ready.eq(1)
                    m.d.sync += [self.label.eq(self.i_label.payload.label), self.learn.eq(self.i_label.payload.learn)]
                    m.d.sync += steps.eq(0)
                    m.next = "RUN"
            with m.State("RUN"):
                m.d.comb += [
                    self.running.eq(1),
                    self.o_lesson.valid.eq(self.i_verdict.valid & ~learned),
                    self.i_verdict.ready.eq(learned),
                ]
                # A register: that the last has taken its lesson depends on all of them.
                m.d.sync += learned.eq(self.o_lesson.valid & self.o_lesson.ready)
                with m.If(self.step_enters):
                    m.d.sync += steps.eq(steps + 1)
                with m.If(learned):
                    m.d.sync += [prediction.winner.eq(verdict.winner), prediction.updated.eq(verdict.update)]
                    m.next = "PREDICT"
            with m.State("PREDICT"):
                m.d.comb += self.o_prediction.valid.eq(1)
                with m.If(self.o_prediction.ready):
                    m.next = "REST"
        return m
