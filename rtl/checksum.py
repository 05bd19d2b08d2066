"""The checksum of frames."""

from __future__ import annotations

from amaranth import Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.frames import FCS_BYTES, FCS_POLYNOMIAL

FCS_BITS = 8 * FCS_BYTES


class Checksum(wiring.Component):
    """CRC-32 of the bytes since ``restart``, before its final inversion, one bit a cycle.

    ``r = r ^ byte``, then eight times ``r = (r >> 1) ^ (r[0] ? FCS_POLYNOMIAL : 0)`` (golden.spec.frames). A line
    brings a byte in forty cycles at its fastest, and a bit a cycle takes a third of the logic of a byte.

    Throughput: a byte every nine cycles. Latency: nine cycles. Stalls: ``i_byte`` waits while a byte is being covered.

    Members
    -------
    restart
        Begin anew.
    i_byte
        A byte to cover, taken at once while nothing else is covered.
    drop
        Instead of covering a byte, shift the register by one: its next byte comes to the bottom. Taken like a byte.
    crc
        The register, once ``i_byte`` is ready.
    """

    def __init__(self) -> None:
        super().__init__(
            {
                "restart": In(1),
                "i_byte": In(stream.Signature(unsigned(8))),
                "drop": In(1),
                "crc": Out(FCS_BITS),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # `left` counts down to -1, whose sign tells without a comparison that no bit is left.
        left, plain = Signal(range(-1, 8), init=-1), Signal()
        m.d.comb += self.i_byte.ready.eq(left[-1])
        with m.If(left[-1]):
            with m.If(self.drop):
                m.d.sync += [left.eq(7), plain.eq(1)]
            with m.Elif(self.i_byte.valid):
                m.d.sync += [left.eq(7), plain.eq(0), self.crc[:8].eq(self.crc[:8] ^ self.i_byte.payload)]
        with m.Else():
            feedback = self.crc[0] & ~plain
            m.d.sync += [
                left.eq(left - 1),
                self.crc.eq((self.crc >> 1) ^ (feedback.replicate(FCS_BITS) & FCS_POLYNOMIAL)),
            ]
        with m.If(self.restart):
            m.d.sync += [left.eq(-1), self.crc.eq((1 << FCS_BITS) - 1)]
        return m
