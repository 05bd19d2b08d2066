"""Winner-take-all teacher."""

from __future__ import annotations

from amaranth import Module, Signal
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.config import Network
from golden.spec.settings import setting_formats
from rtl.arith import times
from rtl.types import index_shape, shape_of, verdict_layout


def potential_layout(network: Network) -> data.StructLayout:
    """Class potential y_c of ``label``; ``last`` with the last class."""
    return data.StructLayout(
        {"label": index_shape(network.classes), "value": shape_of(network.class_potential), "last": 1}
    )


class Teacher(wiring.Component):
    """Compare the class potentials of a sample.

    winner = argmax y, rival = argmax over the classes other than the label, the lowest class among equals. With
    d = y_label - y_rival: update when learning and d < margin, with prototypes always when learning; a = 2 when d <= 0,
    else 1. The margin is a constant, or with ``adjustable`` what the host has set.
    Bit-exact with golden.teacher.class_errors and golden.readout.predict.

    Throughput: one class a cycle. Latency: the verdict is offered four cycles after the last class and holds until
    taken. Stalls: no class is taken from then on. Overflow: none, d has a bit more than y. The verdict's
    payload stands a cycle longer, so that what is made of it can have a register.

    Parameters
    ----------
    network
        Configuration.
    adjustable
        The margin is a setting.

    Members
    -------
    i
        Class potentials y_c, classes ascending, every class once, the final one with ``last``.
    label, learn
        Class of the sample, and whether it is for learning; both hold from the first class to the verdict.
    margin
        With ``adjustable`` only: in readout spikes a neuron; holds likewise.
    o
        The verdict, :func:`verdict_layout`.
    """

    def __init__(self, network: Network, *, adjustable: bool = False) -> None:
        self._network, self._adjustable = network, adjustable
        super().__init__(
            {
                "i": In(stream.Signature(potential_layout(network))),
                "label": In(index_shape(network.classes)),
                "learn": In(1),
                **({"margin": In(shape_of(setting_formats(network)["margin"]))} if adjustable else {}),
                "o": Out(stream.Signature(verdict_layout(network.classes))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        network = self._network
        value = shape_of(network.class_potential)
        best, best_other, of_label = (Signal(value, name=n) for n in ("best", "best_other", "of_label"))
        lead = Signal.like(of_label - best_other)
        winner, rival = (Signal(index_shape(network.classes), name=n) for n in ("winner", "rival"))
        first, first_other = Signal(init=1), Signal(init=1)
        verdict = self.o.payload
        offered = self.i.payload
        with m.FSM():
            with m.State("COMPARE"):
                m.d.comb += self.i.ready.eq(1)
                with m.If(self.i.valid):
                    with m.If(first | (offered.value > best)):
                        m.d.sync += [best.eq(offered.value), winner.eq(offered.label), first.eq(0)]
                    with m.If(offered.label == self.label):
                        m.d.sync += of_label.eq(offered.value)
                    with m.Elif(first_other | (offered.value > best_other)):
                        m.d.sync += [best_other.eq(offered.value), rival.eq(offered.label), first_other.eq(0)]
                    with m.If(offered.last):
                        m.next = "LEAD"
            with m.State("LEAD"):
                m.d.sync += [lead.eq(of_label - best_other), first.eq(1), first_other.eq(1)]
                m.next = "JUDGE"
            with m.State("JUDGE"):
                update = self.learn if network.prototypes else self.learn & (lead < network.margin_potential)
                if self._adjustable and not network.prototypes:
                    # Whole readout spikes decide, since the margin is of whole ones.
                    lead_spikes = lead >> network.readout_bits - 1
                    update = self.learn & (lead_spikes < times(self.margin, network.population))
                m.d.sync += verdict.update.eq(update)
                m.d.sync += verdict.strong.eq(lead <= 0)
                m.next = "VERDICT"
            with m.State("VERDICT"):
                m.d.sync += self.o.valid.eq(1)
                with m.If(self.o.valid & self.o.ready):
                    m.d.sync += self.o.valid.eq(0)
                    m.next = "COMPARE"
        m.d.comb += [verdict.winner.eq(winner), verdict.rival.eq(rival), verdict.label.eq(self.label)]
        return m
