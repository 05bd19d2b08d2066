"""The chip's end of the line: two streams of bytes that lose nothing, repeat nothing and overrun nothing."""

from __future__ import annotations

from amaranth import Cat, Module, Mux, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import exact_log2

from golden.spec.frames import CONVERSATION_BITS, FCS_BYTES, Kind, number_bytes, piece
from rtl.counters import line_layout
from rtl.memory import SCRATCH
from rtl.receiver import FrameReceiver
from rtl.sender import FrameSender


class Link(wiring.Component):
    """Carry a stream of bytes in each direction by the frames of golden.spec.frames.

    What arrives is kept until it is read, and what was sent until its place is written again, each in one half of a
    memory, which the two directions use in turn, one cycle each.

    Throughput: a byte every two cycles at the streams; at the line a byte every ten, to and fro at once. Latency:
    what arrives can be read when its frame has ended; what is sent leaves at once if the line is free. Stalls:
    ``i_byte`` never waits longer than twelve cycles, whatever waits elsewhere; ``i`` waits while its memory is full.
    Overflow: a frame that the memory cannot take is dropped, and not acknowledged.

    Parameters
    ----------
    memory
        Bytes kept for each direction, a power of two, at least golden.spec.frames.LEAST_MEMORY.
    shared
        Others read and write as well: whoever reads has a register of its own, so that ``o`` comes straight from the
        memory, for one cycle, a cycle after ``ready``; and ``quiet`` tells when the line is free.
    monitored
        It tells what is counted of it.

    Members
    -------
    i_byte, o_byte
        The line; see :class:`~rtl.receiver.FrameReceiver` for how dense it may be.
    i, o
        What is to be sent, what has arrived.
    opening
        The host begins anew: nothing is at ``o`` meanwhile.
    troubled
        The last frame that arrived was damaged.
    opened
        Whoever reads has forgotten what it had read, and will send nothing that belongs to it.
    quiet
        Only where it is shared: no frame is being sent, and the payload of ``o_byte`` is 0.
    steps
        Only where it is monitored: steps of the counters of the line, :func:`~rtl.counters.line_layout`.
    """

    def __init__(self, memory: int, *, shared: bool = False, monitored: bool = False) -> None:
        self._memory, self._shared, self._monitored = memory, shared, monitored
        super().__init__(
            {
                "i_byte": In(stream.Signature(unsigned(8))),
                "o_byte": Out(stream.Signature(unsigned(8))),
                "i": In(stream.Signature(unsigned(8))),
                "o": Out(stream.Signature(unsigned(8))),
                "opening": Out(1),
                "opened": In(1),
                "troubled": Out(1),
                **({"quiet": Out(1)} if shared else {}),
                **({"steps": Out(line_layout())} if monitored else {}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        place, size = exact_log2(self._memory), number_bytes(self._memory)
        m.submodules.receiver = receiver = FrameReceiver(size)
        m.submodules.sender = sender = FrameSender(size)
        connect(m, flipped(self.i_byte), receiver.i_byte)
        connect(m, sender.o_byte, flipped(self.o_byte))

        # Positions in the stream of the host: received without a gap, read, and of the frame that arrives; and in
        # that of the chip: written, and sent. The memory is a ring: the place of a byte is the low part of its
        # position.
        received, consumed, arriving = (Signal(8 * size) for _ in range(3))
        written, leaving = Signal(8 * size), Signal(8 * size)
        # An acknowledgement is due; a wish for repetition with it; the host wishes one; a frame is under way.
        due, repeat, again, under_way = Signal(), Signal(), Signal(), Signal()
        stranger = Signal()  # somebody spoke in another conversation
        conversation = Signal(CONVERSATION_BITS)
        is_open, opened, news, told = Signal(), Signal(), Signal(), Signal()

        # Writing and reading never meet in one half.
        phase = Signal()
        m.d.sync += phase.eq(~phase)
        m.submodules.ring = ring = Memory(shape=unsigned(8), depth=2 * self._memory, init=[], attrs=SCRATCH)
        write, read = ring.write_port(), ring.read_port()
        fits, room, overrun = Signal(), Signal(), Signal()
        m.d.comb += [
            # What follows a byte that did not fit is not written either, though there would be room further on.
            fits.eq(((arriving ^ consumed)[: place + 1] != self._memory) & ~overrun),
            room.eq((written ^ leaving)[: place + 1] != self._memory),
            write.addr.eq(Cat(Mux(phase, written[:place], arriving[:place]), phase)),
            write.data.eq(Mux(phase, self.i.payload, receiver.o_content.payload)),
            write.en.eq(Mux(phase, self.i.valid & room & ~self.opening, receiver.o_content.valid & fits)),
            self.i.ready.eq(phase & room & ~self.opening),
            # What does not fit is taken as well, and the frame is refused in the end.
            receiver.o_content.ready.eq(~phase),
            read.addr.eq(Cat(Mux(phase, consumed[:place], leaving[:place]), ~phase)),
        ]
        with m.If(self.i.valid & self.i.ready):
            m.d.sync += written.eq(written + 1)

        # The host's stream.
        m.d.comb += receiver.expected.eq(received)
        with m.If(receiver.begins):
            m.d.sync += [arriving.eq(received), overrun.eq(0)]
        with m.Elif(receiver.o_content.valid & receiver.o_content.ready):
            m.d.sync += [arriving.eq(arriving + 1), overrun.eq(overrun | ~fits)]
        # It is read ahead by one byte, since the memory answers a cycle later.
        fetching = Signal()
        if self._shared:
            m.d.sync += fetching.eq(phase & is_open & (consumed != received) & self.o.ready)
            m.d.comb += [self.o.valid.eq(fetching & ~self.opening), self.o.payload.eq(read.data)]
            m.d.comb += self.quiet.eq(~under_way)
            with m.If(self.o.valid):
                m.d.sync += consumed.eq(consumed + 1)
        else:
            m.d.sync += fetching.eq(phase & is_open & (consumed != received) & (~self.o.valid | self.o.ready))
            with m.If(self.o.ready | self.opening):
                m.d.sync += self.o.valid.eq(0)
            with m.If(fetching & ~self.opening):
                m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(read.data), consumed.eq(consumed + 1)]

        # The stream of the chip. A frame ends where nothing more is written, or at the end of a piece.
        header, byte = sender.i_header, sender.i_payload
        loading, whole = Signal(), Signal()
        ended = (leaving == written) | whole
        m.d.comb += [
            header.payload.conversation.eq(conversation),
            header.payload.position.eq(leaving),
            header.payload.received.eq(received),
            header.payload.consumed.eq(consumed),
            header.valid.eq(under_way),
            sender.ended.eq(ended & ~byte.valid & ~loading),
        ]
        m.d.sync += loading.eq(~phase & sender.paying & ~byte.valid & ~loading & ~ended)
        with m.If(byte.ready):
            m.d.sync += byte.valid.eq(0)
        with m.If(loading):
            m.d.sync += [byte.valid.eq(1), byte.payload.eq(read.data), leaving.eq(leaving + 1)]
            m.d.sync += whole.eq(leaving[: exact_log2(piece(self._memory))].all())
        m.d.comb += news.eq(due | (is_open & ((leaving != written) | (told != consumed[place - 1]))))
        with m.If(under_way):
            with m.If(header.ready):
                m.d.sync += under_way.eq(0)
        with m.Elif(again):
            m.d.sync += [again.eq(0), leaving.eq(receiver.received)]
        with m.Elif(news & ~self.opening):
            m.d.sync += [
                under_way.eq(1),
                whole.eq(0),
                told.eq(consumed[place - 1]),
                repeat.eq(0),
                due.eq(0),
                opened.eq(0),
            ]
            wish = Mux(opened, Kind.OPENED, repeat)
            m.d.sync += [header.payload.kind.eq(Mux(is_open & ~stranger, wish, Kind.CLOSED)), stranger.eq(0)]

        # A frame has come. What it asks for outweighs that a frame is begun now: that tells of none of it.
        same = receiver.conversation == conversation
        with m.If(receiver.ends):
            m.d.sync += self.troubled.eq(~receiver.intact)
            with m.If(~receiver.intact):
                m.d.sync += [due.eq(1), repeat.eq(1)]
            with m.Elif(receiver.kind == Kind.OPEN):
                m.d.sync += conversation.eq(receiver.conversation)
                # One that comes again, however late, is answered again, and not obeyed.
                with m.If(same & is_open):
                    m.d.sync += [due.eq(1), opened.eq(1)]
                with m.Else():
                    m.d.sync += [self.opening.eq(1), is_open.eq(0)]
            with m.Elif(~same):
                m.d.sync += [due.eq(1), stranger.eq(1)]
            with m.Else():
                with m.If(receiver.filled | ~is_open | (receiver.kind == Kind.REPEAT)):
                    m.d.sync += due.eq(1)
                with m.If(receiver.filled & is_open):
                    with m.If(receiver.fits & ~overrun):
                        m.d.sync += received.eq(arriving - FCS_BYTES)
                    with m.Else():
                        m.d.sync += repeat.eq(1)
                with m.If(receiver.kind == Kind.REPEAT):
                    m.d.sync += again.eq(1)

        # Begin anew, once nothing under way belongs to what was before; both streams are at rest then.
        with m.If(self.opening & self.opened & ~under_way):
            m.d.sync += [number.eq(0) for number in (received, consumed, written, leaving, again, told)]
            # A frame that is half here was judged by what held before.
            m.d.sync += [self.opening.eq(0), is_open.eq(1), opened.eq(1), due.eq(1), overrun.eq(1)]

        if self._monitored:
            # A byte is written where there are as many as ever.
            most, waiting = Signal(place + 1), Signal(place + 1)
            frame = header.payload
            m.d.comb += [
                waiting.eq(arriving - consumed),
                self.steps.line_memory.eq(~phase & write.en & (waiting == most)),
                self.steps.line_damaged.eq(receiver.ends & ~receiver.intact),
                self.steps.line_wishes.eq(header.valid & header.ready & (frame.kind == Kind.REPEAT)),
                self.steps.line_repetitions.eq(~under_way & again),
            ]
            m.d.sync += most.eq(most + self.steps.line_memory)
        return m
