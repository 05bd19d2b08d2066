"""Proofs of rtl/receiver.py, rtl/sender.py and rtl/checksum.py: frames are those of golden/spec/frames.py."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Cat, Mux, Signal

from golden.spec.frames import (
    CHIP_NUMBERS,
    ESCAPE,
    FCS_BYTES,
    FCS_POLYNOMIAL,
    FCS_RESIDUE,
    FLAG,
    HOST_NUMBERS,
    STUFFED,
    Kind,
)
from rtl.checksum import FCS_BITS, Checksum
from rtl.receiver import FrameReceiver
from rtl.sender import FrameSender
from sim.formal import contracts
from sim.formal.proof import Bench, Mutant, Proof

ONES = (1 << FCS_BITS) - 1
BUSY = 8
"""Cycles that the checksum covers a byte in."""


def covered(bench: Bench, register: Any, bits: int = 8) -> Any:
    """State of the CRC so many bits later: RFC 1662, C.3, a bit at a time."""
    for bit in range(bits):
        later = Signal(FCS_BITS, name=f"later_{bit}")
        bench.m.d.comb += later.eq((register >> 1) ^ Mux(register[0], FCS_POLYNOMIAL, 0))
        register = later
    return register


def covers(bench: Bench, crc: Any, left: Any, expected: Any, when: Any = 1) -> None:
    """Claim that the register is, or will be when no bit is left, what is expected."""
    bench.claim(left >= -1)
    bench.claim(crc == expected, when=when & (left == -1))
    for bits in range(BUSY):
        bench.claim(covered(bench, crc, bits + 1) == expected, when=when & (left == bits))


def checksum() -> Bench:
    """Compare with the definition, byte by byte, and with a shift by a byte."""
    bench, design = Bench(), Checksum()
    inner, m = bench.add(design), bench.m
    left, plain, byte = inner["signal"], inner["plain"], design.i_byte
    expected, shifted, waited = Signal(FCS_BITS), Signal(FCS_BITS), Signal(4)
    with m.If(design.restart):
        m.d.sync += expected.eq(ONES)
    with m.Elif(byte.ready & design.drop):
        m.d.sync += shifted.eq(expected >> 8)
        m.d.sync += expected.eq(expected >> 8)
    with m.Elif(byte.ready & byte.valid):
        m.d.sync += expected.eq(covered(bench, expected ^ byte.payload))
    covers(bench, design.crc, left, expected, ~plain | (left == -1))
    for bits in range(BUSY):
        bench.claim((design.crc >> bits + 1)[:FCS_BITS] == expected, when=plain & (left == bits))
    bench.claim(byte.ready == (left == -1))
    m.d.sync += waited.eq(Mux(byte.ready, 0, waited + 1))
    bench.claim(waited + left <= BUSY - 1)
    return bench


def receiver(size: int) -> Bench:
    """Take the bytes of the line apart as golden.spec.frames does, and compare at every FLAG."""
    bench = Bench()
    design: Any = FrameReceiver(size)
    inner, m, line, content = bench.add(design), bench.m, design.i_byte, design.o_content
    header = 1 + HOST_NUMBERS * size
    byte, takes = line.payload, line.valid & line.ready
    flag, escape = takes & (byte == FLAG), takes & (byte == ESCAPE)
    bench.assume(bench.waits(line))
    bench.assume(~line.valid, when=bench.before(flag) | ~bench.begun())

    count, escaped, crc, value = Signal(5), Signal(), Signal(FCS_BITS, init=ONES), Signal(8)
    first, position, wish, matches = Signal(8), Signal(8 * size), Signal(8 * size), Signal()
    data = takes & ~flag & ~escape
    m.d.comb += value.eq(byte ^ Mux(escaped, STUFFED, 0))
    with m.If(flag):
        m.d.sync += [count.eq(0), escaped.eq(0), crc.eq(ONES)]
    with m.Elif(escape):
        m.d.sync += escaped.eq(1)
    with m.Elif(data):
        m.d.sync += [escaped.eq(0), crc.eq(covered(bench, crc ^ value)), count.eq(Mux(count.all(), count, count + 1))]
        with m.If(count == 0):
            m.d.sync += [first.eq(value), matches.eq(1)]
        for part in range(size):
            with m.If(count == 1 + part):
                m.d.sync += matches.eq(matches & (value == design.expected.word_select(part, 8)))
            with m.If((count == 1 + size + part) & (first[:3] == Kind.REPEAT)):
                m.d.sync += wish.word_select(part, 8).eq(value)

    left = inner["checksum.signal"]
    bench.claim(~inner["checksum.plain"])
    covers(bench, inner["checksum.crc"], left, crc, ~bench.before(flag) & bench.begun())
    bench.claim(inner["signal"] == Mux(count > header + FCS_BYTES, header + FCS_BYTES + 1, count))
    bench.claim(inner["signal_2"] == escaped)
    bench.claim(design.begins == (count == 0))
    bench.claim(design.ends == (flag & (count != 0)))
    whole = (crc == FCS_RESIDUE) & (count >= header + FCS_BYTES) & ~escaped
    bench.claim(design.intact == whole, when=design.ends)
    bench.claim(design.filled == (count > header + FCS_BYTES), when=design.ends)
    bench.claim(Cat(design.kind, design.conversation) == first, when=count > 0)
    bench.claim(design.fits == matches, when=count > 0)
    bench.claim(design.received == wish)
    # What stands behind the header leaves as it comes.
    bench.claim((content.valid & content.ready) == (data & (count >= header)))
    bench.claim(content.payload == value, when=content.valid)
    bench.claim(bench.waits(content))
    waited = Signal(5)
    m.d.sync += waited.eq(Mux(line.valid & ~line.ready & ~(content.valid & ~content.ready), waited + 1, 0))
    bench.claim(waited + left <= BUSY - 1, when=left >= 0)
    bench.claim(waited <= BUSY)
    if size == 1:
        placed = data & (count == 1)
        with m.If(placed):
            m.d.sync += position.eq(value)
        taken, known, compared = contracts.receiver(bench, design, Mux(placed, value, position), placed, bench.claim)
        bench.claim(known == (count > 1), when=count != 0)
        bench.claim(taken == Mux(count > header, count - header, 0), when=(count != 0) & ~count.all())
        bench.claim(taken >= 31 - header, when=count.all())
        bench.claim(matches == ((count == 1) | (compared == position)), when=count != 0)
    return bench


def sender(size: int) -> Bench:
    """Take the bytes that leave apart as a host does, and compare with the header, the payload and the checksum."""
    bench = Bench()
    design: Any = FrameSender(size)
    inner, m = bench.add(design), bench.m
    line, header, payload = design.o_byte, design.i_header, design.i_payload
    gives, byte = line.valid & line.ready, line.payload
    bench.assume(header.valid, when=bench.before(header.valid & ~header.ready))
    bench.assume(bench.waits(payload))
    bench.assume(~payload.valid, when=design.ended)
    fields = header.payload
    words = [Cat(fields.kind, fields.conversation), fields.position, fields.received, fields.consumed]
    bench.assume(fields.kind <= Kind.CLOSED)

    # Of a frame: bytes of the header, whether its payload has ended, bytes of its FCS.
    last = 1 + CHIP_NUMBERS * size
    inside, escaped, crc, value, upper = Signal(), Signal(), Signal(FCS_BITS), Signal(8), Signal(8)
    headed, paid, closed = Signal(range(last + 1)), Signal(), Signal(range(FCS_BYTES + 1))
    flag, escape = gives & (byte == FLAG), gives & (byte == ESCAPE)
    over = paid | (bench.before(design.paying) & ~design.paying)
    data, paying = gives & ~flag & ~escape, inside & (headed == last) & ~over
    m.d.comb += value.eq(byte ^ Mux(escaped, STUFFED, 0))
    parts = [words[0], *(word[8 * part : 8 * part + 8] for word in words[1:] for part in range(size))]
    due: Any = Mux(over, (~crc >> (8 * closed))[:8], payload.payload)
    for number, part in enumerate(parts):
        # The upper part of a number is that of the time when its lower part left.
        due = Mux(headed == number, upper if size == 2 and number and number % 2 == 0 else part, due)
    with m.If(flag):
        m.d.sync += [inside.eq(~inside), escaped.eq(0), crc.eq(ONES), headed.eq(0), paid.eq(0), closed.eq(0)]
    with m.Elif(escape):
        m.d.sync += escaped.eq(1)
    with m.Elif(data):
        m.d.sync += escaped.eq(0)
        for number, word in enumerate(words[1:]):
            with m.If((headed == 1 + number * size) & (size == 2)):
                m.d.sync += upper.eq(word[8:])
        with m.If(~over):
            m.d.sync += crc.eq(covered(bench, crc ^ value))
        with m.If(headed != last):
            m.d.sync += headed.eq(headed + 1)
        with m.Elif(over):
            m.d.sync += closed.eq(closed + 1)
    with m.If(over & ~flag):
        m.d.sync += paid.eq(1)
    # Between ESCAPE and the byte behind it a number does not go on by 223 to 225, or FLAG may stand in the frame.
    bench.assume((due != FLAG ^ STUFFED) & (due != ESCAPE ^ STUFFED), when=escaped & (headed != last))

    bench.claim(value == due, when=data)
    bench.claim(inside, when=data | escape)
    bench.claim(inside & (headed == last) & over & (closed == FCS_BYTES) & ~escaped, when=flag & inside)
    bench.claim((due == FLAG) | (due == ESCAPE), when=escaped & (headed == last))
    bench.claim((payload.valid & payload.ready) == (data & paying))
    bench.claim(header.ready == (flag & inside))
    bench.claim(line.valid, when=bench.before(line.valid & ~line.ready))
    bench.claim(bench.waits(line), when=~inside | (headed == last))
    begun = contracts.sender(bench, design, bench.claim)

    # It goes on: whenever it has a byte it offers it, as soon as the checksum has covered the one before.
    state, left, index, plain = (inner[name] for name in ("fsm_state", "checksum.signal", "signal", "checksum.plain"))
    waited = Signal(4)
    m.d.sync += waited.eq(Mux(line.valid | ~inside | (paying & ~payload.valid), 0, waited + 1))
    bench.claim(waited + left <= BUSY - 1, when=left >= 0)
    bench.claim(waited <= BUSY)
    bench.claim(line.valid, when=~inside & header.valid)
    bench.claim(~design.paying, when=bench.before(design.paying & design.ended & (left == -1)))

    # What it is doing, for the induction.
    bench.claim(state <= 4)
    bench.claim(inside == (state != 0))
    bench.claim(header.valid, when=inside)
    bench.claim(begun == (state >= 3), when=state != 2)
    bench.claim(inner["escaped"] == escaped)
    bench.claim(payload.valid, when=escaped & paying)
    bench.claim(closed == 0, when=~over)
    bench.claim(~escaped, when=(state == 0) | (state == 4))
    within = Mux(index == 0, 0, 1 + size * (index - 1) + inner["second"])
    bench.claim((headed == within) & (headed != last) & ~over, when=state == 1)
    bench.claim(~inner["second"], when=(index == 0) | (size == 1) | (state != 1))
    bench.claim(upper == inner["signal_2"], when=inner["second"])
    bench.claim((headed == last) & ~over & (index == 0), when=state == 2)
    bench.claim((headed == last) & over & (closed == index), when=state == 3)
    bench.claim((headed == last) & over & (closed == FCS_BYTES), when=state == 4)
    bench.claim(~plain | (left == -1), when=(state == 1) | (state == 2))
    covers(bench, inner["checksum.crc"], left, crc, (state == 1) | (state == 2))
    for bits in range(BUSY + 1):
        held = inner["checksum.crc"] >> bits
        bench.claim(held == crc >> (8 * closed), when=(state == 3) & (left == bits - 1))
    bench.claim(plain | (left == -1), when=state == 3)
    return bench


_RECEIVER = (
    Mutant("stuffed bytes stay stuffed", "rtl.receiver", "value.eq(byte ^ Mux(escaped, STUFFED, 0))", "value.eq(byte)"),
    Mutant("the first byte is not covered", "rtl.receiver", "self.begins & ~taken)", "self.begins)"),
    Mutant("a position is compared stuffed", "rtl.receiver", "value == self.expected", "byte == self.expected"),
)
_SENDER = (
    Mutant("FLAG is not stuffed", "rtl.sender", "((value == FLAG) | (value == ESCAPE))", "(value == ESCAPE)"),
    Mutant(
        "stuffed bytes are covered", "rtl.sender", "i_byte.payload.eq(value)", "i_byte.payload.eq(self.o_byte.payload)"
    ),
)
PROOFS = (
    Proof(
        "checksum",
        "CRC-32 a bit at a time of all bytes since restart; a shift gives it byte by byte; ready within eight cycles",
        checksum,
        2,
        (
            Mutant("a shift covers", "rtl.checksum", "self.crc[0] & ~plain", "self.crc[0]"),
            Mutant("a bit is left out", "rtl.checksum", "[left.eq(7), plain.eq(0)", "[left.eq(6), plain.eq(0)"),
        ),
        further=10,
    ),
    *(
        Proof(
            f"receiver.{size}",
            f"header, payload, checksum and end of every frame, numbers of {size} bytes; i_byte waits for eight cycles",
            partial(receiver, size),
            2,
            mutants,
            further=14,
        )
        for size, mutants in ((1, _RECEIVER), (2, _RECEIVER[:1]))
    ),
    *(
        Proof(
            f"sender.{size}",
            f"what is between FLAGs is header, payload and FCS, stuffed, numbers of {size} bytes; it comes to its end",
            partial(sender, size),
            2,
            mutants,
            further=18,
        )
        for size, mutants in ((1, _SENDER), (2, _SENDER[:1]))
    ),
)
