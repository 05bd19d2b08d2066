"""The link: frames of golden.spec.protocol on one side, the processor's streams on the other."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, ResetInserter, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.memory import Memory
from amaranth.lib.wiring import In, Out, connect, flipped
from amaranth.utils import ceil_log2

from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.memmap import REGION_BITS, regions
from golden.spec.protocol import Answer, Command, Fault
from rtl.memory import HOST_BITS, SCRATCH
from rtl.processor import request_layout
from rtl.streams import Buffer
from rtl.types import index_shape, input_layout, label_layout, prediction_layout
from rtl.unpacker import SampleUnpacker


def crc_step(crc: Value, byte: Value) -> Value:
    """CRC-16 of golden.spec.protocol after one more byte: eight steps of its shift register at once."""
    for position in reversed(range(8)):
        feedback = crc[15] ^ byte[position]
        crc = Cat(Const(0, 1), crc[:15]) ^ Mux(feedback, protocol.CRC_POLYNOMIAL, 0)
    return crc


class Link(wiring.Component):
    """Obey the frames of a host.

    A frame is stored, checked, obeyed, answered; golden.spec.protocol says what each does. A frame that is not intact
    changes nothing.

    Throughput: at most four cycles a payload byte, plus the stalls of the processor. From the end of a frame to the
    end of its answer no byte is taken at ``i_byte``, since the host waits for the answer. All streams hold their
    payload while they wait; no ``valid`` depends on its ``ready``. Memories: one of 512 bytes, never read while it is
    written.

    Parameters
    ----------
    preset
        Configuration.
    quiet_cycles
        Silence after which a broken frame is given up (golden.spec.protocol.QUIET_SECONDS), rounded up to a power of
        two.

    Members
    -------
    i_byte, o_byte
        The line.
    o_label, o_sample, i_prediction, o_request, i_response
        The processor, see :class:`~rtl.processor.Processor`.
    reset
        Reset of the processor, for one cycle; a register, since it reaches everywhere.
    """

    def __init__(self, preset: Preset, quiet_cycles: int) -> None:
        self._preset, self._quiet_bits = preset, ceil_log2(quiet_cycles)
        network = preset.network
        super().__init__(
            {
                "i_byte": In(stream.Signature(unsigned(8))),
                "o_byte": Out(stream.Signature(unsigned(8))),
                "o_label": Out(stream.Signature(label_layout(network.classes))),
                "o_sample": Out(stream.Signature(input_layout(network.inputs))),
                "i_prediction": In(stream.Signature(prediction_layout(network.classes))),
                "o_request": Out(stream.Signature(request_layout)),
                "i_response": In(stream.Signature(unsigned(HOST_BITS))),
                "reset": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        identity = protocol.identity(self._preset)

        # A frame arrives at `cursor`, and is consumed from there again once it is known to be intact.
        sequence, kind, length = Signal(8), Signal(8), Signal(8)
        # `left` counts down to -1, whose sign tells without a comparison that no byte is left.
        cursor, left = Signal(9), Signal(range(-1, protocol.MAX_PAYLOAD + protocol.CRC_BYTES))
        advance, fresh = Signal(), Signal()
        m.submodules.frame = frame = Memory(shape=unsigned(8), depth=512, init=[], attrs=SCRATCH)
        write, read = frame.write_port(), frame.read_port()
        byte, exhausted = read.data, left[-1]
        available, starved = fresh & ~exhausted, fresh & exhausted
        m.d.comb += [
            write.addr.eq(cursor),
            write.data.eq(self.i_byte.payload),
            read.addr.eq(cursor),
            read.en.eq(~write.en),
        ]
        # One cycle after the cursor has moved the memory shows the byte there.
        m.d.sync += fresh.eq(~advance)
        with m.If(advance):
            m.d.sync += [cursor.eq(cursor + 1), left.eq(left - 1)]

        # One checksum serves both directions, since they never overlap.
        crc, covered, summing = Signal(16), Signal(8), Signal()
        with m.If(summing):
            m.d.sync += crc.eq(crc_step(crc, covered))

        quiet, arrives = Signal(self._quiet_bits), self.i_byte.valid & self.i_byte.ready
        gave_up = quiet.all() & ~self.i_byte.valid
        m.d.sync += quiet.eq(quiet + 1)
        with m.If(arrives):
            m.d.sync += quiet.eq(0)

        # The place in the memories where WRITE and READ are. No memory has more elements than the counter counts.
        region, size = Signal(REGION_BITS), Signal(protocol.SIZE_BITS)
        element = Signal(index_shape(max(region.elements for region in regions(self._preset))))
        word, part = Signal(HOST_BITS), Signal(protocol.SIZE_BITS)
        m.d.comb += [
            self.o_request.payload.region.eq(region),
            self.o_request.payload.element.eq(element),
            self.o_request.payload.data.eq(word),
        ]

        m.submodules.unpacker = unpacker = ResetInserter(self.reset)(SampleUnpacker(self._preset.network))
        # Between the memory of frames and that of an encoder, which may lie far from each other.
        m.submodules.sample = sample = ResetInserter(self.reset)(Buffer(self.o_sample.payload.shape()))
        connect(m, unpacker.o, sample.i)
        connect(m, sample.o, flipped(self.o_sample))
        m.d.comb += [
            unpacker.i.payload.eq(byte),
            self.o_label.payload.label.eq(byte),
            self.o_label.payload.learn.eq(byte[protocol.LEARN_BIT]),
        ]

        answer, fault = Signal(Answer), Signal(Fault)

        def respond(with_kind: Answer, payload: Value | int = 0) -> None:
            m.d.sync += [answer.eq(with_kind), length.eq(payload), cursor.eq(0), crc.eq(protocol.CRC_START)]
            m.next = "SEND SYNC"

        def refuse(reason: Fault) -> None:
            m.d.sync += fault.eq(reason)
            respond(Answer.ERROR, 1)

        def send(value: Value | int, *, then: str) -> None:
            m.d.comb += [self.o_byte.valid.eq(1), self.o_byte.payload.eq(value)]
            with m.If(self.o_byte.ready):
                m.next = then

        m.d.sync += self.reset.eq(0)
        with m.FSM():
            with m.State("HUNT"):
                m.d.comb += self.i_byte.ready.eq(1)
                m.d.sync += [cursor.eq(0), crc.eq(protocol.CRC_START)]
                with m.If(self.i_byte.valid & (self.i_byte.payload == protocol.SYNC)):
                    m.next = "SEQUENCE"
            for state, field, successor in (
                ("SEQUENCE", sequence, "KIND"),
                ("KIND", kind, "LENGTH"),
                ("LENGTH", length, "PAYLOAD"),
            ):
                with m.State(state):
                    m.d.comb += [self.i_byte.ready.eq(1), covered.eq(self.i_byte.payload), summing.eq(arrives)]
                    m.d.sync += left.eq(self.i_byte.payload + protocol.CRC_BYTES - 1)
                    with m.If(arrives):
                        m.d.sync += field.eq(self.i_byte.payload)
                        m.next = successor
                    with m.Elif(gave_up):
                        refuse(Fault.FRAME)
            with m.State("PAYLOAD"):
                m.d.comb += [
                    self.i_byte.ready.eq(~exhausted),
                    covered.eq(self.i_byte.payload),
                    summing.eq(arrives),
                    write.en.eq(arrives),
                    advance.eq(arrives),
                ]
                with m.If(exhausted):
                    # A message that ends with its own CRC has the CRC zero.
                    with m.If(crc == 0):
                        m.d.sync += [cursor.eq(0), left.eq(length - 1), fresh.eq(0), part.eq(0)]
                        m.next = "OBEY"
                    with m.Else():
                        m.next = "DISCARD"
                with m.Elif(gave_up):
                    refuse(Fault.FRAME)
            with m.State("DISCARD"):
                m.d.comb += self.i_byte.ready.eq(1)
                with m.If(gave_up):
                    refuse(Fault.FRAME)

            with m.State("OBEY"):
                with m.Switch(kind):
                    with m.Case(Command.IDENTIFY):
                        respond(Answer.IDENTITY, len(identity))
                    with m.Case(Command.RESET):
                        m.d.sync += self.reset.eq(1)
                        respond(Answer.DONE)
                    for command, opens, successor in (
                        (Command.WRITE, False, "ADDRESS"),
                        (Command.READ, False, "ADDRESS"),
                        (Command.BEGIN, False, "LABEL"),
                        (Command.CONTINUE, True, "CONTENTS"),
                    ):
                        with m.Case(command):
                            with m.If(unpacker.open == opens):
                                m.next = successor
                            with m.Else():
                                refuse(Fault.ORDER)
                    with m.Default():
                        refuse(Fault.COMMAND)

            with m.State("ADDRESS"):
                m.d.comb += advance.eq(available)
                with m.If(starved):
                    refuse(Fault.COMMAND)
                with m.Elif(available):
                    m.d.sync += [word.word_select(part, 8).eq(byte), part.eq(part + 1)]
                    with m.If(part == protocol.ADDRESS_BYTES - 1):
                        m.d.sync += part.eq(0)
                        m.next = "PLACE"
            with m.State("PLACE"):
                m.d.sync += [
                    element.eq(word),
                    size.eq(word[protocol.SIZE_BIT :]),
                    region.eq(word[protocol.REGION_BIT :]),
                ]
                m.next = "ELEMENT"
                with m.If(kind == Command.READ):
                    m.next = "COUNT"
            with m.State("ELEMENT"):
                m.d.comb += advance.eq(available)
                with m.If(starved):
                    respond(Answer.DONE)
                with m.Elif(available):
                    m.d.sync += [word.word_select(part, 8).eq(byte), part.eq(part + 1)]
                    with m.If(part == size):
                        m.d.sync += part.eq(0)
                        m.next = "STORE"
            with m.State("STORE"):
                m.d.comb += [self.o_request.valid.eq(1), self.o_request.payload.write.eq(1)]
                with m.If(self.o_request.ready):
                    m.d.sync += element.eq(element + 1)
                    m.next = "ELEMENT"
            with m.State("COUNT"):
                with m.If(starved):
                    refuse(Fault.COMMAND)
                with m.Elif(available):
                    respond(Answer.DATA, byte)
            with m.State("LABEL"):
                m.d.comb += [
                    self.o_label.valid.eq(available),
                    advance.eq(available & self.o_label.ready),
                    unpacker.start.eq(advance),
                ]
                with m.If(starved):
                    refuse(Fault.COMMAND)
                with m.Elif(advance):
                    m.next = "CONTENTS"
            with m.State("CONTENTS"):
                m.d.comb += [unpacker.i.valid.eq(available), advance.eq(available & unpacker.i.ready)]
                with m.If(starved):
                    with m.If(unpacker.open):
                        respond(Answer.DONE)
                    with m.Elif(self.i_prediction.valid):
                        respond(Answer.PREDICTION, protocol.PREDICTION_BYTES)

            with m.State("SEND SYNC"):
                send(protocol.SYNC, then="SEND SEQUENCE")
            for field, state, successor in (
                (sequence, "SEND SEQUENCE", "SEND KIND"),
                (answer, "SEND KIND", "SEND LENGTH"),
                (length, "SEND LENGTH", "SEND PAYLOAD"),
            ):
                with m.State(state):
                    send(field, then=successor)
                    m.d.comb += [covered.eq(field), summing.eq(self.o_byte.ready)]
                    m.d.sync += left.eq(length - 1)
            with m.State("SEND PAYLOAD"):
                sent = self.o_byte.valid & self.o_byte.ready
                m.d.comb += [covered.eq(self.o_byte.payload), summing.eq(sent), advance.eq(sent)]
                with m.If(exhausted):
                    m.next = "SEND CHECKSUM"
                with m.Else():
                    m.d.comb += self.o_byte.valid.eq(1)
                    with m.Switch(answer):
                        with m.Case(Answer.IDENTITY):
                            with m.Switch(cursor):
                                for index, value in enumerate(identity):
                                    with m.Case(index):
                                        m.d.comb += self.o_byte.payload.eq(value)
                        with m.Case(Answer.DATA):
                            m.d.comb += [
                                self.o_request.valid.eq(1),
                                self.o_byte.valid.eq(self.i_response.valid),
                                self.o_byte.payload.eq(self.i_response.payload.word_select(part, 8)),
                                self.i_response.ready.eq(sent & ((part == size) | (left == 0))),
                            ]
                            with m.If(sent):
                                m.d.sync += part.eq(part + 1)
                                with m.If(part == size):
                                    m.d.sync += [part.eq(0), element.eq(element + 1)]
                        with m.Case(Answer.PREDICTION):
                            m.d.comb += self.o_byte.payload.eq(
                                Mux(cursor == 0, self.i_prediction.payload.winner, self.i_prediction.payload.updated)
                            )
                            m.d.comb += self.i_prediction.ready.eq(sent & (left == 0))
                        with m.Case(Answer.ERROR):
                            m.d.comb += self.o_byte.payload.eq(fault)
            with m.State("SEND CHECKSUM"):
                send(crc[8:], then="SEND LOW CHECKSUM")
            with m.State("SEND LOW CHECKSUM"):
                send(crc[:8], then="HUNT")
        return m
