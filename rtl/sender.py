"""Frames that leave."""

from __future__ import annotations

from amaranth import Module, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec import protocol
from golden.spec.protocol import Answer
from rtl.checksum import CRC_BITS

answer_layout = data.StructLayout({"sequence": 8, "kind": Answer, "length": 8})
"""Header of an answer."""


class FrameSender(wiring.Component):
    """Send an answer as a frame of golden.spec.protocol.

    Throughput: a byte a cycle, as far as the line and the payload allow. Latency: none, SYNC is offered with the
    answer. Stalls: ``o_byte`` holds until taken.

    Members
    -------
    i_answer
        Header; it is taken with the last byte of the frame and holds until then.
    i_payload
        The bytes of its payload, taken only while ``wanted``.
    wanted, remaining
        The payload is being sent; how many bytes of it remain after the next one.
    o_byte
        The line.
    restart, add, byte, crc
        See :class:`~rtl.checksum.Checksum`.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "i_answer": In(stream.Signature(answer_layout)),
                "i_payload": In(stream.Signature(unsigned(8))),
                "wanted": Out(1),
                "remaining": Out(8),
                "o_byte": Out(stream.Signature(unsigned(8))),
                "restart": Out(1),
                "add": Out(1),
                "byte": Out(8),
                "crc": In(CRC_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        answer, sent = self.i_answer.payload, Signal()
        # As in the receiver, the sign tells that no byte remains.
        remaining = Signal(range(-1, protocol.MAX_PAYLOAD))
        m.d.comb += [
            self.remaining.eq(remaining),
            self.byte.eq(self.o_byte.payload),
            sent.eq(self.o_byte.valid & self.o_byte.ready),
        ]

        def send(value: Value | int, *, then: str) -> None:
            m.d.comb += [self.o_byte.valid.eq(1), self.o_byte.payload.eq(value)]
            with m.If(self.o_byte.ready):
                m.next = then

        with m.FSM():
            with m.State("SYNC"):
                with m.If(self.i_answer.valid):
                    m.d.comb += self.restart.eq(1)
                    send(protocol.SYNC, then="SEQUENCE")
            for field, state, successor in (
                (answer.sequence, "SEQUENCE", "KIND"),
                (Value.cast(answer.kind), "KIND", "LENGTH"),
                (answer.length, "LENGTH", "PAYLOAD"),
            ):
                with m.State(state):
                    send(field, then=successor)
                    m.d.comb += self.add.eq(self.o_byte.ready)
                    m.d.sync += remaining.eq(answer.length - 1)
            with m.State("PAYLOAD"):
                m.d.comb += self.add.eq(sent)
                with m.If(remaining[-1]):
                    m.next = "CHECKSUM"
                with m.Else():
                    m.d.comb += [
                        self.wanted.eq(1),
                        self.o_byte.valid.eq(self.i_payload.valid),
                        self.o_byte.payload.eq(self.i_payload.payload),
                        self.i_payload.ready.eq(self.o_byte.ready),
                    ]
                    with m.If(sent):
                        m.d.sync += remaining.eq(remaining - 1)
            with m.State("CHECKSUM"):
                send(self.crc[8:], then="LOW CHECKSUM")
            with m.State("LOW CHECKSUM"):
                send(self.crc[:8], then="SYNC")
                m.d.comb += self.i_answer.ready.eq(self.o_byte.ready)
        return m
