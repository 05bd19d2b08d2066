"""What became of the samples of a recording, for whoever looks or listens."""

from __future__ import annotations

from amaranth import Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.recording import RIGHT, WRONG
from rtl.types import label_layout, prediction_layout


class Tally(wiring.Component):
    """Compare each prediction with its label, and say so on the line while nobody else speaks.

    Throughput: a sample every two cycles, a byte a cycle. Latency: ``wrong`` a cycle; a byte of the frames none.
    Stalls: no sample waits: what a line that is slower than samples cannot take is left out. ``o_byte`` may change
    while it waits, from a character to the first byte of a frame.

    Parameters
    ----------
    classes
        How many.

    Members
    -------
    label, winner, ends
        Of a sample that ends.
    wrong
        The last prediction was another than its label.
    telling
        Say what became of a sample that ends: golden.spec.recording.RIGHT or WRONG.
    quiet, i_byte, o_byte
        No frame is being sent, and the payload of ``i_byte`` is 0 then; frames, and the line.
    """

    def __init__(self, classes: int) -> None:
        super().__init__(
            {
                "label": In(label_layout(classes)["label"].shape),
                "winner": In(prediction_layout(classes)["winner"].shape),
                "ends": In(1),
                "wrong": Out(1),
                "telling": In(1),
                "quiet": In(1),
                "i_byte": In(stream.Signature(unsigned(8))),
                "o_byte": Out(stream.Signature(unsigned(8))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        told = Signal(init=1)
        with m.If(self.o_byte.ready):
            m.d.sync += told.eq(1)
        with m.If(self.ends):
            m.d.sync += [self.wrong.eq(self.winner != self.label), told.eq(~self.telling)]
        character = self.quiet & ~told
        m.d.comb += [
            self.o_byte.valid.eq(self.i_byte.valid | character),
            self.o_byte.payload.eq(self.i_byte.payload | Mux(character, Mux(self.wrong, WRONG, RIGHT), 0)),
            self.i_byte.ready.eq(self.o_byte.ready),
        ]
        return m
