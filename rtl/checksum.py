"""The checksum of frames."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from golden.spec.protocol import CRC_POLYNOMIAL, CRC_START

CRC_BITS = 16


def crc_step(crc: Value, byte: Value) -> Value:
    """CRC-16 of golden.spec.protocol after one more byte: eight steps of its shift register at once."""
    for position in reversed(range(8)):
        feedback = crc[CRC_BITS - 1] ^ byte[position]
        crc = Cat(Const(0, 1), crc[: CRC_BITS - 1]) ^ Mux(feedback, CRC_POLYNOMIAL, 0)
    return crc


class Checksum(wiring.Component):
    """CRC-16 of the bytes since ``restart``: of those that arrive, or of those that are sent, which never overlap.

    Bit-exact with golden.spec.protocol.checksum. Throughput: a byte a cycle. Latency: one cycle. Stalls: none.

    Members
    -------
    restart
        Begin anew; it comes before ``add``.
    add, byte
        Cover a byte.
    crc
        Of the bytes covered before this cycle; zero for bytes that end with their own CRC.
    """

    def __init__(self) -> None:
        super().__init__({"restart": In(1), "add": In(1), "byte": In(8), "crc": Out(CRC_BITS)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        with m.If(self.restart):
            m.d.sync += self.crc.eq(CRC_START)
        with m.Elif(self.add):
            m.d.sync += self.crc.eq(crc_step(self.crc, self.byte))
        return m
