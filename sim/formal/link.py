"""Proofs of rtl/link.py: what arrives is read once, in order and unharmed, and so is what is sent.

The receiver and the sender of frames are left out; contracts.py says what the link may rely on of them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth import Cat, Mux, Signal

from golden.spec.frames import FCS_BYTES, Kind, piece
from rtl.link import Link
from sim.formal import contracts
from sim.formal.proof import Bench, Mutant, Proof

MEMORY, PLACE = 8, 3
"""As small as the rings can be: a frame of four bytes and its FCS. Numbers have one byte, as with 128."""
OPENS, ANSWERS, WAITS = 3, 3, 12
"""Cycles to the exit for what may be read; to a byte for the sender, or the end; for a byte of the line."""


class _Link(Bench):
    """A link whose receiver and sender are contracts, and the registers that stand in frames."""

    def __init__(self, *, shared: bool = False) -> None:
        super().__init__()
        self.design: Any = Link(MEMORY, shared=shared)
        self.inner = self.add(self.design, freed=("receiver", "sender"), seen=("ring",))
        self.receiver, self.sender = self.inner["receiver"], self.inner["sender"]
        self.position = self.free(8, "position")
        self.count, self.known, self.compared = contracts.receiver(
            self, self.receiver, self.position, self.free(1, "placed"), self.assume
        )
        contracts.sender(self, self.sender, self.assume)
        header = self.sender.i_header.payload
        self.received, self.leaving, self.consumed = header.received, header.position, header.consumed
        # Registers that rtl/link.py makes several at once have no names of their own.
        self.arriving, self.written, self.is_open = (self.inner[f"signal_{number}"] for number in (3, 4, 9))
        self.same = self.receiver.conversation == header.conversation
        # All begins anew: the only cycle in which numbers go back.
        self.anew = self.design.opening & self.design.opened & ~self.sender.i_header.valid
        (self.write,) = self.inner["ring"].write_ports
        (self.seen,) = self.inner["ring.seen"]


def arrival(*, shared: bool = False) -> Bench:
    """Follow any position of the host's stream from the frame that brings it to the exit."""
    bench = _Link(shared=shared)
    m, design, receiver, count = bench.m, bench.design, bench.receiver, bench.count
    if shared:
        bench.assume(design.o.ready, when=design.o.valid)  # whoever reads has a register of its own
    received, consumed, opening = bench.received, bench.consumed, design.opening
    content = receiver.o_content

    # What a frame does, from the bytes that it has brought: all fit, or it has no effect.
    overrun, lost, taken = bench.inner["overrun"], Signal(), content.valid & content.ready
    ahead, held, offset, beyond = (Signal(8) for _ in range(4))  # modulo 256, as all numbers
    m.d.comb += [ahead.eq(received + count - consumed), held.eq(received - consumed)]
    no_room = ahead >= MEMORY
    with m.If(receiver.begins):
        m.d.sync += lost.eq(0)
    with m.Elif(taken):
        m.d.sync += lost.eq(lost | no_room)
    with m.If(bench.anew):
        m.d.sync += lost.eq(1)  # what is half here belongs to what was before
    speaks = receiver.ends & receiver.intact & bench.same & bench.is_open & (receiver.kind != Kind.OPEN)
    accepted = speaks & receiver.filled & receiver.fits & ~lost
    bench.claim(bench.position == received, when=accepted)
    bench.claim(bench.compared == received, when=bench.known & ~lost & ~receiver.begins)
    expected = Signal(8)
    m.d.sync += expected.eq(Mux(bench.anew, 0, Mux(accepted, received + count - FCS_BYTES, received)))
    bench.claim(received == expected)
    bench.claim(lost == overrun, when=~receiver.begins)
    bench.claim(bench.arriving == (received + count)[:8], when=~receiver.begins & ~lost)
    bench.claim(held <= MEMORY)
    bench.claim(ahead <= MEMORY, when=~receiver.begins & ~lost)

    # What leaves is what the byte was when it came, if its frame was accepted. Counted at the exit, not in the link.
    number = bench.constant(8, "number")
    came, accounted, left = Signal(8), Signal(8), Signal(8)
    low = number[:PLACE]
    with m.If(taken & (beyond == count) & ~lost & ~no_room):
        m.d.sync += came.eq(content.payload)
    with m.If(accepted & (beyond < count - FCS_BYTES)):
        m.d.sync += accounted.eq(came)
    gives = design.o.valid & design.o.ready & ~opening
    with m.If(bench.anew):
        m.d.sync += left.eq(0)
    with m.Elif(gives):
        m.d.sync += left.eq(left + 1)
    fetching, phase = bench.inner["fetching"], bench.inner["phase"]
    m.d.comb += bench.seen.addr.eq(low)
    m.d.comb += [offset.eq(number - consumed), beyond.eq(number - received)]
    bench.claim(design.o.payload == accounted, when=design.o.valid & ~opening & (left == number))
    bench.claim(consumed == (left + (0 if shared else design.o.valid))[:8], when=~opening)
    bench.claim(bench.seen.data == accounted, when=offset < held)
    arrived = ~receiver.begins & ~lost & (offset < ahead) & (beyond < MEMORY)
    bench.claim(bench.seen.data == came, when=arrived)

    # Nothing that is still to be read is written over, and the memory never meets itself.
    written = bench.write.en & ~bench.write.addr[PLACE]
    bench.claim(bench.write.addr[:PLACE] != low, when=written & (offset < held))
    bench.apart(bench.inner["ring"])

    # It goes on: a byte that may be read is at the exit after a few cycles.
    waited = Signal(3)
    starves = bench.is_open & ~opening & (consumed != received) & ~design.o.valid
    m.d.sync += waited.eq(Mux(starves & (design.o.ready if shared else 1), waited + 1, 0))
    bench.claim(waited <= Mux(fetching, OPENS - 1, phase), when=starves)
    bench.claim(waited <= OPENS)
    bench.claim(~(bench.is_open & opening))
    bench.claim((held != 0) & ~phase, when=fetching & ~opening)
    if not shared:
        bench.claim(~design.o.valid, when=fetching)
        bench.claim(bench.waits(design.o), when=~bench.before(opening))
    return bench


def departure(*, shared: bool = False) -> Bench:
    """Follow any position of the chip's stream from its writing to whatever frame asks for it."""
    bench = _Link(shared=shared)
    m, design, sender = bench.m, bench.design, bench.sender
    written, leaving, anew = bench.written, bench.leaving, bench.anew
    header, byte = sender.i_header, sender.i_payload
    takes, gives = design.i.valid & design.i.ready, byte.valid & byte.ready

    # Positions are counted where bytes pass; of those that the memory still holds any is followed.
    number = bench.constant(8, "number")
    entered, stored, known = Signal(8), Signal(8), Signal()
    behind, unsent, first, sent = (Signal(8) for _ in range(4))
    with m.If(anew):
        m.d.sync += [entered.eq(0), known.eq(0)]
    with m.Elif(takes):
        m.d.sync += entered.eq(entered + 1)
        with m.If(entered == number):
            m.d.sync += [stored.eq(design.i.payload), known.eq(1)]
    m.d.comb += [
        bench.seen.addr.eq(Cat(number[:PLACE], 1)),
        behind.eq(entered - number),
        unsent.eq(entered - leaving),
    ]
    held = known & (behind != 0) & (behind <= MEMORY)
    bench.claim(written == entered)
    bench.claim(bench.seen.data == stored, when=held)

    # A frame carries bytes one after the other, from the position in its header on, no more than a piece.
    begins = bench.before(header.valid) < header.valid
    with m.If(begins):
        m.d.sync += [first.eq(leaving), sent.eq(gives)]
    with m.Elif(gives):
        m.d.sync += sent.eq(sent + 1)
    at, loaded = Signal(8), Signal(8)
    m.d.comb += [at.eq(first + sent), loaded.eq(leaving - first)]
    under_way = bench.before(header.valid) & header.valid
    bench.claim(loaded == (sent + byte.valid)[:8], when=under_way)
    bench.claim(first % piece(MEMORY) + loaded <= piece(MEMORY), when=under_way)
    value, honest = Signal(8), Signal()
    loading = bench.inner["signal_15"]
    with m.If(loading):
        m.d.sync += [value.eq(stored), honest.eq(held & (number == leaving))]
    bench.claim(byte.payload == value, when=byte.valid & honest)
    bench.claim(at == number, when=byte.valid & honest)
    # It ends where nothing more is written, or at the end of a piece.
    edge = leaving % piece(MEMORY) == 0
    bench.claim(bench.inner["whole"] == (edge & (loaded != 0)), when=under_way)
    bench.claim((leaving == written) | (edge & (loaded != 0)), when=sender.paying & sender.ended)
    bench.claim(sender.paying, when=byte.valid | loading)
    bench.claim(~bench.inner["whole"] & (unsent != 0) & ~byte.valid & bench.inner["phase"], when=loading)

    # What has not been sent is not written over, if the host asks only for what it may.
    over, ahead = bench.write.en & bench.write.addr[PLACE], Signal(8)
    m.d.comb += ahead.eq(number - leaving)
    bench.claim(bench.write.addr[:PLACE] != number[:PLACE], when=over & (ahead < unsent) & (unsent <= MEMORY))
    bench.claim(bench.write.addr[:PLACE] == entered[:PLACE], when=over)
    bench.apart(bench.inner["ring"])

    # It goes on: whoever sends is heard every other cycle while there is room, and the sender gets bytes or the end.
    waited, starved = Signal(3), Signal(3)
    with m.If(design.i.ready | design.opening | (unsent[: PLACE + 1] == MEMORY)):
        m.d.sync += waited.eq(0)
    with m.Else():
        m.d.sync += waited.eq(waited + 1)
    starves = sender.paying & ~byte.valid & ~sender.ended
    m.d.sync += starved.eq(Mux(starves, starved + 1, 0))
    bench.claim(waited <= 1)
    bench.claim(starved <= Mux(loading, ANSWERS - 1, ~bench.inner["phase"]), when=starves)
    bench.claim(starved <= ANSWERS)
    return bench


def conversation() -> Bench:
    """State what opens a conversation, what does not, and that whoever is owed an answer gets it."""
    bench = _Link()
    m, design, receiver, header = bench.m, bench.design, bench.receiver, bench.sender.i_header
    due, again, stranger, opened = (bench.inner[name] for name in ("signal_5", "signal_7", "stranger", "signal_10"))
    heard, is_open, opening = receiver.ends & receiver.intact, bench.is_open, design.opening
    opens = heard & (receiver.kind == Kind.OPEN)
    own, new = opens & bench.same & is_open, opens & ~(bench.same & is_open)
    numbers = (bench.received, bench.consumed, bench.leaving, bench.written)

    # It begins anew when the host asks for it with another number, and then once everybody has forgotten.
    bench.claim(opening == bench.before((new | opening) & ~bench.anew))
    bench.claim(is_open == bench.before((is_open & ~new) | bench.anew), when=bench.begun())
    bench.claim(header.payload.conversation == bench.before(receiver.conversation), when=bench.before(opens))
    bench.claim(header.payload.conversation == bench.before(header.payload.conversation), when=~bench.before(opens))
    for number in numbers:
        bench.claim(number == 0, when=bench.before(bench.anew))
    for number in (bench.consumed, bench.written):
        grown = (number - bench.before(number))[:8]
        bench.claim(grown <= 1, when=bench.begun() & ~bench.before(bench.anew))
    bench.claim(~(is_open & opening))
    # An OPEN of the conversation that there is comes again: it is answered again, and that is all.
    bench.claim(~opening & is_open & due & opened, when=bench.before(own))
    bench.claim(bench.received == bench.before(bench.received), when=bench.before(own))

    # An answer is owed to all but an acknowledgement; a frame that begins later than the question gives it.
    silent = heard & is_open & bench.same & ~opens & ~receiver.filled & (receiver.kind != Kind.REPEAT)
    owed, waited, begins = Signal(), Signal(3), bench.before(header.valid) < header.valid
    with m.If(receiver.ends & ~silent & ~new):
        m.d.sync += owed.eq(1)
    with m.Elif(~header.valid & ~again & due & ~opening):
        m.d.sync += owed.eq(0)
    m.d.sync += waited.eq(Mux(owed & ~header.valid & ~opening, waited + 1, 0))
    bench.claim(due, when=owed)
    bench.claim(waited <= 3)
    # Whom it does not listen to it tells so, and a wish for repetition is granted between two frames.
    deaf = bench.before(~is_open | stranger)
    bench.claim((header.payload.kind == Kind.CLOSED) == deaf, when=begins & bench.begun())
    bench.claim(
        bench.leaving == bench.before(receiver.received), when=bench.before(again & ~header.valid & ~bench.anew)
    )
    bench.claim(design.troubled == bench.before(~receiver.intact), when=bench.before(receiver.ends))
    return bench


def line() -> Bench:
    """Count how long a byte of the line waits, with the receiver that there is."""
    bench = Bench()
    design: Any = Link(MEMORY)
    inner = bench.add(design, freed=("sender",))
    contracts.sender(bench, inner["sender"], bench.assume)
    left, waited = inner["receiver.checksum.signal"], Signal(5)
    bench.m.d.sync += waited.eq(Mux(design.i_byte.valid & ~design.i_byte.ready, waited + 1, 0))
    # While the checksum is busy, then until it is the turn of the receiver to write.
    bench.claim(waited + left <= 7, when=left >= 0)
    bench.claim(left >= -1)
    bench.claim(waited <= 9 - inner["phase"])
    bench.claim(waited <= WAITS)
    return bench


_ARRIVAL = (
    Mutant(
        "a frame that does not fit is taken", "rtl.link", "with m.If(receiver.fits & ~overrun):", "with m.If(~overrun):"
    ),
    Mutant("a damaged frame is taken", "rtl.link", "with m.If(~receiver.intact):", "with m.If(0):"),
    Mutant("the FCS is taken as well", "rtl.link", "received.eq(arriving - FCS_BYTES)", "received.eq(arriving)"),
    Mutant("a byte is read too early", "rtl.link", "(consumed != received) & (~", "(consumed != arriving) & (~"),
    Mutant("halves are mixed up", "rtl.link", "leaving[:place]), ~phase)", "leaving[:place]), phase)"),
)
_DEPARTURE = (
    Mutant("unsent bytes are written over", "rtl.link", "room.eq((written ^ leaving)", "room.eq((written ^ ~leaving)"),
    Mutant("a frame has no end", "rtl.link", "ended = (leaving == written) | whole", "ended = leaving == written"),
    Mutant("a byte is left out", "rtl.link", "leaving.eq(leaving + 1)", "leaving.eq(leaving + 2)"),
    Mutant("the other half is sent", "rtl.link", "loading.eq(~phase & sender", "loading.eq(phase & sender"),
)
_CONVERSATION = (
    Mutant("an OPEN that comes again begins anew", "rtl.link", "with m.If(same & is_open):", "with m.If(0):"),
    Mutant("nobody answers before an OPEN", "rtl.link", "receiver.filled | ~is_open |", "receiver.filled |"),
    Mutant(
        "numbers outlive a conversation",
        "rtl.link",
        "(received, consumed, written, leaving,",
        "(received, consumed, leaving,",
    ),
    Mutant(
        "a question is lost while a frame begins",
        "rtl.link",
        "with m.If(receiver.ends):",
        "with m.If(receiver.ends & ~news):",
    ),
)
PROOFS = (
    Proof(
        "link.arrival",
        "bytes at o are those of intact, fitting frames, once and in order; none is written over; three cycles to o",
        arrival,
        2,
        _ARRIVAL,
        further=22,
    ),
    Proof(
        "link.arrival.shared",
        "the same where others read the memory as well",
        partial(arrival, shared=True),
        2,
        _ARRIVAL[:1],
        further=22,
    ),
    Proof(
        "link.departure",
        "a frame carries the bytes of i from its position on, no more than a piece; none unsent is written over",
        departure,
        2,
        _DEPARTURE,
        further=22,
    ),
    Proof(
        "link.conversation",
        "an OPEN with another number alone begins anew, and once all have forgotten; what is owed is answered",
        conversation,
        4,
        _CONVERSATION,
        further=6,
    ),
    Proof(
        "link.line",
        "i_byte waits no longer than nine cycles (twelve are promised)",
        line,
        3,
        (
            Mutant(
                "ESCAPE waits for what never comes",
                "rtl.receiver",
                "is_escape | checksum.i_byte.ready",
                "is_flag & checksum.i_byte.ready",
            ),
        ),
        further=12,
    ),
)
