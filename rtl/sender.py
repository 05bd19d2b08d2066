"""Frames that leave."""

from __future__ import annotations

from amaranth import Array, Cat, Module, Mux, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.frames import CHIP_NUMBERS, CONVERSATION_BITS, ESCAPE, FCS_BYTES, FLAG, STUFFED, Kind
from rtl.checksum import Checksum


def header_layout(size: int) -> data.StructLayout:
    """Header of a frame of the chip, see golden.spec.frames; numbers have ``size`` bytes."""
    first = {"kind": Kind, "conversation": CONVERSATION_BITS}
    return data.StructLayout({**first, **dict.fromkeys(("position", "received", "consumed"), 8 * size)})


class FrameSender(wiring.Component):
    """Send frames of golden.spec.frames.

    Throughput: a byte every ten cycles, as far as the line and the payload allow. Latency: none, FLAG is offered with
    the header. Stalls: ``o_byte`` is offered until taken; its payload holds but for a number that changes meanwhile.

    Parameters
    ----------
    size
        Bytes of a number, 1 or 2.

    Members
    -------
    i_header
        A frame to send; it is taken when all of it has been sent. Its numbers may change meanwhile: each is taken when
        its turn comes.
    i_payload, paying, ended
        Its payload, byte by byte; it is the payload's turn; nothing remains of it.
    o_byte
        The line.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        super().__init__(
            {
                "i_header": In(stream.Signature(header_layout(size))),
                "i_payload": In(stream.Signature(unsigned(8))),
                "paying": Out(1),
                "ended": In(1),
                "o_byte": Out(stream.Signature(unsigned(8))),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checksum = checksum = Checksum()
        header = self.i_header.payload
        words = Array((Cat(header.kind, header.conversation), header.position, header.received, header.consumed))
        index, escaped = Signal(range(1 + CHIP_NUMBERS)), Signal()
        word = words[index]
        # The upper part of a number is taken with the lower, since the number may change before it leaves.
        upper, second = Signal(8), Signal()
        # A byte that may need stuffing; it is there; it has been sent.
        value, wanted, sent = Signal(8), Signal(), Signal()
        special = ((value == FLAG) | (value == ESCAPE)) & ~escaped
        flag = Signal()

        idle = checksum.i_byte.ready
        m.d.comb += [
            self.o_byte.valid.eq(flag | (wanted & idle)),
            self.o_byte.payload.eq(Mux(flag, FLAG, Mux(special, ESCAPE, value ^ Mux(escaped, STUFFED, 0)))),
            sent.eq(wanted & idle & self.o_byte.ready & ~special),
            checksum.i_byte.payload.eq(value),
        ]
        with m.If(wanted & idle & self.o_byte.ready):
            m.d.sync += escaped.eq(special)

        with m.FSM():
            with m.State("FLAG"):
                m.d.comb += [flag.eq(self.i_header.valid), checksum.restart.eq(1)]
                m.d.sync += index.eq(0)
                with m.If(self.i_header.valid & self.o_byte.ready):
                    m.next = "HEADER"
            with m.State("HEADER"):
                m.d.comb += [wanted.eq(1), value.eq(Mux(second, upper, word[:8])), checksum.i_byte.valid.eq(sent)]
                with m.If(sent):
                    m.d.sync += [upper.eq(word[8:]), second.eq(~second & (index != 0) & (self._size == 2))]
                    with m.If(second | (index == 0) | (self._size == 1)):
                        m.d.sync += index.eq(index + 1)
                        with m.If(index == CHIP_NUMBERS):
                            m.next = "PAYLOAD"
            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.paying.eq(1),
                    wanted.eq(self.i_payload.valid),
                    value.eq(self.i_payload.payload),
                    checksum.i_byte.valid.eq(sent),
                    self.i_payload.ready.eq(sent),
                ]
                with m.If(self.ended & idle):
                    m.next = "FCS"
            with m.State("FCS"):
                m.d.comb += [wanted.eq(1), value.eq(~checksum.crc[:8]), checksum.drop.eq(sent)]
                with m.If(sent):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == FCS_BYTES - 1):
                        m.next = "END"
            with m.State("END"):
                m.d.comb += [flag.eq(1), self.i_header.ready.eq(self.o_byte.ready)]
                with m.If(self.o_byte.ready):
                    m.next = "FLAG"
        return m
