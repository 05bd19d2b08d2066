"""Frames that arrive."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from golden.spec.frames import (
    CONVERSATION_BITS,
    ESCAPE,
    FCS_BYTES,
    FCS_RESIDUE,
    FLAG,
    HOST_NUMBERS,
    STUFFED,
    Kind,
)
from rtl.checksum import Checksum


class FrameReceiver(wiring.Component):
    """Find the frames of golden.spec.frames in the bytes of the line, take their header, and check them.

    Throughput: a byte every ten cycles. Latency: ``ends`` comes ten cycles after FLAG at the latest. Stalls:
    ``i_byte`` waits for the checksum and for ``o_content``, and takes a byte within twelve cycles if that does not
    wait.

    Parameters
    ----------
    size
        Bytes of a number, 1 or 2.

    Members
    -------
    i_byte
        The line. It brings no byte in the cycle after it brought FLAG: the checksum begins anew then.
    expected
        Position that fits.
    kind, conversation, fits, received
        Header of the frame under way: whether its position is the expected one; ``received`` of the last REPEAT.
    o_content
        What stands behind the header: payload, and FCS.
    begins, ends
        Before the first byte of a frame and between frames; a frame has ended, for one cycle.
    intact, filled
        With ``ends``: its FCS is right; it has a payload.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        super().__init__(
            {
                "i_byte": In(stream.Signature(unsigned(8))),
                "expected": In(8 * size),
                "kind": Out(Kind),
                "conversation": Out(CONVERSATION_BITS),
                "fits": Out(1),
                "received": Out(8 * size),
                "o_content": Out(stream.Signature(unsigned(8))),
                "begins": Out(1),
                "ends": Out(1),
                "intact": Out(1),
                "filled": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        m.submodules.checksum = checksum = Checksum()
        # Bytes of the frame so far; it stops where that makes no difference any more.
        header = 1 + HOST_NUMBERS * self._size
        shortest = header + FCS_BYTES
        count, escaped, value = Signal(range(shortest + 2)), Signal(), Signal(8)
        byte, taken = self.i_byte.payload, Signal()
        is_flag, is_escape, in_header = byte == FLAG, byte == ESCAPE, count < header
        is_content = self.i_byte.valid & ~is_flag & ~is_escape
        m.d.comb += [
            value.eq(byte ^ Mux(escaped, STUFFED, 0)),
            self.o_content.payload.eq(value),
            self.o_content.valid.eq(is_content & ~in_header & checksum.i_byte.ready),
            # The checksum covers a byte as it is taken, never before the memory has it.
            taken.eq(is_content & checksum.i_byte.ready & (in_header | self.o_content.ready)),
            checksum.i_byte.payload.eq(value),
            checksum.i_byte.valid.eq(taken),
            self.i_byte.ready.eq(Mux(is_content, taken, is_escape | checksum.i_byte.ready)),
            self.begins.eq(count == 0),
            checksum.restart.eq(self.begins & ~taken),
            self.ends.eq(self.i_byte.valid & is_flag & checksum.i_byte.ready & ~self.begins),
            self.intact.eq((checksum.crc == FCS_RESIDUE) & (count >= shortest) & ~escaped),
            self.filled.eq(count == shortest + 1),
        ]
        with m.If(taken):
            m.d.sync += [count.eq(Mux(self.filled, count, count + 1)), escaped.eq(0)]
            # The position is compared as it comes, and not kept.
            with m.Switch(count):
                with m.Case(0):
                    m.d.sync += [Cat(self.kind, self.conversation).eq(value), self.fits.eq(1)]
                for part in range(self._size):
                    with m.Case(1 + part):
                        m.d.sync += self.fits.eq(self.fits & (value == self.expected.word_select(part, 8)))
                    # Kept for the wish to which it belongs, however many frames follow before that is granted.
                    with m.Case(1 + self._size + part), m.If(self.kind == Kind.REPEAT):
                        m.d.sync += self.received.word_select(part, 8).eq(value)
        with m.Elif(self.i_byte.valid & is_escape):
            m.d.sync += escaped.eq(1)
        with m.Elif(self.i_byte.valid & is_flag & checksum.i_byte.ready):
            m.d.sync += [count.eq(0), escaped.eq(0)]
        return m
