"""What the link relies on of the receiver and the sender of frames: assumed where it is proven, proven of the two."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from amaranth import Mux, Signal

from golden.spec.frames import FCS_BYTES
from sim.formal.proof import Bench

MOST = 31
"""Bytes behind a header are counted as far as this."""
Say = Callable[..., None]


def receiver(bench: Bench, design: Any, position: Any, placed: Any, say: Say) -> tuple[Signal, Signal, Signal]:
    """Of :class:`~rtl.receiver.FrameReceiver`.

    Returns the bytes behind the header that have been taken, whether the position has, and what it was compared with.

    Parameters
    ----------
    bench, design
        Where it stands, and what.
    position, placed
        Position that stands in the frame, and the cycle in which it comes.
    say
        Assume or claim.
    """
    content, m = design.o_content, bench.m
    count, expected, known = Signal(range(MOST + 1), name="content"), Signal(8, name="compared"), Signal(name="known")
    with m.If(design.begins):
        m.d.sync += [count.eq(0), known.eq(0)]
    with m.Elif(content.valid & content.ready):
        m.d.sync += count.eq(Mux(count == MOST, MOST, count + 1))
    with m.If(placed):
        m.d.sync += [known.eq(1), expected.eq(design.expected)]
    say(~content.valid & ~design.ends & ~placed, when=design.begins)
    say(~content.valid, when=design.ends)
    say(design.begins, when=bench.before(design.ends))
    say(design.filled == (count > FCS_BYTES), when=design.ends)
    # The position comes once, before all that stands behind the header.
    say(~known, when=placed)
    say(known, when=content.valid | (~design.begins & (count != 0)))
    say(position == bench.before(position), when=known)
    say(design.fits == (expected == position), when=design.ends & known)
    return count, known, expected


def sender(bench: Bench, design: Any, say: Say) -> Signal:
    """Of :class:`~rtl.sender.FrameSender`: it takes a header after its payload, whose end it waits for.

    Returns whether it has begun to take the payload.
    """
    header, byte, m = design.i_header, design.i_payload, bench.m
    paid = Signal(name="paid")
    falls = bench.before(design.paying) & ~design.paying
    with m.If(design.paying):
        m.d.sync += paid.eq(1)
    with m.If(header.ready):
        m.d.sync += paid.eq(0)
    say(header.valid & paid & ~design.paying, when=header.ready)
    say(header.valid, when=design.paying)
    say(design.paying & byte.valid, when=byte.ready)
    say(bench.before(design.ended), when=falls)
    say(~paid | bench.before(design.paying), when=design.paying)
    return paid
