"""Frames that arrive: found, stored and checked."""

from __future__ import annotations

from amaranth import Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out
from amaranth.utils import ceil_log2

from golden.spec import protocol
from rtl.checksum import CRC_BITS
from rtl.memory import SCRATCH


class FrameReceiver(wiring.Component):
    """Find a frame of golden.spec.protocol in the bytes of the line, store its payload, and check it.

    Bytes before SYNC are dropped. A frame whose CRC is wrong, or that stops short, is given up once the line has been
    quiet, and then stands without being intact.

    Throughput: a byte a cycle. Latency: a frame stands two cycles after its last byte; its payload is offered from the
    cycle after, a byte every two cycles. Stalls: no byte is taken while a frame stands. Memory: 512 bytes, never read
    while it is written; no payload is longer than 255 bytes and its CRC.

    Parameters
    ----------
    quiet_cycles
        Silence after which a broken frame is given up, rounded up to a power of two.

    Members
    -------
    i_byte
        The line.
    sequence, kind, length
        Header of the frame that stands.
    stands, intact
        A frame has come; it is whole and its CRC right.
    release
        The frame has been answered: look for the next one.
    o_payload, ended
        The payload of an intact frame, byte by byte; nothing remains of it.
    restart, add, byte, crc
        See :class:`~rtl.checksum.Checksum`.
    """

    def __init__(self, quiet_cycles: int) -> None:
        self._quiet_bits = ceil_log2(quiet_cycles)
        super().__init__(
            {
                "i_byte": In(stream.Signature(unsigned(8))),
                "sequence": Out(8),
                "kind": Out(8),
                "length": Out(8),
                "stands": Out(1),
                "intact": Out(1),
                "release": In(1),
                "o_payload": Out(stream.Signature(unsigned(8))),
                "ended": Out(1),
                "restart": Out(1),
                "add": Out(1),
                "byte": Out(8),
                "crc": In(CRC_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # The payload and its CRC arrive at `cursor`; the payload is read again from there when the frame stands.
        # `remaining` counts down to -1, whose sign tells without a comparison that no byte remains.
        cursor, remaining = Signal(9), Signal(range(-1, protocol.MAX_PAYLOAD + protocol.CRC_BYTES))
        advance, fresh, exhausted = Signal(), Signal(), remaining[-1]
        m.submodules.frame = frame = Memory(shape=unsigned(8), depth=512, init=[], attrs=SCRATCH)
        write, read = frame.write_port(), frame.read_port()
        arrives = self.i_byte.valid & self.i_byte.ready
        m.d.comb += [
            write.addr.eq(cursor),
            write.data.eq(self.i_byte.payload),
            read.addr.eq(cursor),
            read.en.eq(~write.en),
            self.o_payload.payload.eq(read.data),
            self.byte.eq(self.i_byte.payload),
        ]
        # One cycle after the cursor has moved the memory shows the byte there.
        m.d.sync += fresh.eq(~advance)
        with m.If(advance):
            m.d.sync += [cursor.eq(cursor + 1), remaining.eq(remaining - 1)]

        quiet = Signal(self._quiet_bits)
        gave_up = quiet.all() & ~self.i_byte.valid
        m.d.sync += quiet.eq(quiet + 1)
        with m.If(arrives):
            m.d.sync += quiet.eq(0)

        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += [self.i_byte.ready.eq(1), self.restart.eq(1)]
                m.d.sync += [cursor.eq(0), self.intact.eq(0)]
                with m.If(self.i_byte.valid & (self.i_byte.payload == protocol.SYNC)):
                    m.next = "SEQUENCE"
            for state, field, successor in (
                ("SEQUENCE", self.sequence, "KIND"),
                ("KIND", self.kind, "LENGTH"),
                ("LENGTH", self.length, "PAYLOAD"),
            ):
                with m.State(state):
                    m.d.comb += [self.i_byte.ready.eq(1), self.add.eq(arrives)]
                    m.d.sync += remaining.eq(self.i_byte.payload + protocol.CRC_BYTES - 1)
                    with m.If(arrives):
                        m.d.sync += field.eq(self.i_byte.payload)
                        m.next = successor
                    with m.Elif(gave_up):
                        m.next = "STANDS"
            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.i_byte.ready.eq(~exhausted),
                    self.add.eq(arrives),
                    write.en.eq(arrives),
                    advance.eq(arrives),
                ]
                with m.If(exhausted):
                    # A message that ends with its own CRC has the CRC zero.
                    with m.If(self.crc == 0):
                        m.d.sync += [cursor.eq(0), remaining.eq(self.length - 1), fresh.eq(0), self.intact.eq(1)]
                        m.next = "STANDS"
                    with m.Else():
                        m.next = "DISCARD"
                with m.Elif(gave_up):
                    m.next = "STANDS"
            with m.State("DISCARD"):
                m.d.comb += self.i_byte.ready.eq(1)
                with m.If(gave_up):
                    m.next = "STANDS"
            with m.State("STANDS"):
                m.d.comb += [
                    self.stands.eq(1),
                    self.o_payload.valid.eq(fresh & ~exhausted),
                    self.ended.eq(fresh & exhausted),
                    advance.eq(self.o_payload.valid & self.o_payload.ready),
                ]
                with m.If(self.release):
                    m.next = "HUNT"
        return m
