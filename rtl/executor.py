"""Commands of the host, carried out on the streams of the processor."""

from __future__ import annotations

from amaranth import Module, Mux, ResetInserter, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.memmap import DATA_BITS, REGION_BITS, regions
from golden.spec.protocol import Answer, Command, Fault
from rtl.streams import Buffer
from rtl.types import index_shape, input_layout, label_layout, prediction_layout, request_layout, response_shape
from rtl.unpacker import SampleUnpacker

result_layout = data.StructLayout({"kind": Answer, "length": 8})
"""Kind and length of an answer."""


class CommandExecutor(wiring.Component):
    """Carry out one command after the other; golden.spec.protocol says what each does.

    A frame that is not intact changes nothing. The elements of WRITE are zero-extended from their bytes.

    Throughput: two cycles a byte of payload, one more an element written, and the stalls of the processor. Latency: a
    command without payload is answered in the next cycle. Stalls: ``o_result`` and the streams to the processor hold
    until taken; no ``valid`` depends on its ``ready``.

    Parameters
    ----------
    preset
        Configuration.

    Members
    -------
    stands, intact, kind
        The command, see :class:`~rtl.receiver.FrameReceiver`; it stands until ``o_result`` is taken.
    i_payload, ended
        Its payload, byte by byte; nothing remains of it.
    o_result
        The answer.
    o_payload, wanted, remaining
        Its payload, see :class:`~rtl.sender.FrameSender`.
    o_label, o_sample, i_prediction, o_request, i_response
        The processor, see :class:`~rtl.processor.Processor`.
    reset
        Reset of the processor, for one cycle; a register, since it reaches everywhere.
    """

    def __init__(self, preset: Preset) -> None:
        self._preset = preset
        network = preset.network
        super().__init__(
            {
                "stands": In(1),
                "intact": In(1),
                "kind": In(8),
                "i_payload": In(stream.Signature(unsigned(8))),
                "ended": In(1),
                "o_result": Out(stream.Signature(result_layout)),
                "o_payload": Out(stream.Signature(unsigned(8))),
                "wanted": In(1),
                "remaining": In(8),
                "o_label": Out(stream.Signature(label_layout(network.classes))),
                "o_sample": Out(stream.Signature(input_layout(network.inputs))),
                "i_prediction": In(stream.Signature(prediction_layout(network.classes))),
                "o_request": Out(stream.Signature(request_layout)),
                "i_response": In(stream.Signature(response_shape)),
                "reset": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        identity = protocol.identity(self._preset)
        byte, available = self.i_payload.payload, self.i_payload.valid
        fault = Signal(Fault)

        # Where WRITE and READ are. No memory has more elements than the counter counts.
        region, size = Signal(REGION_BITS), Signal(protocol.SIZE_BITS)
        element = Signal(index_shape(max(region.elements for region in regions(self._preset))))
        word, part = Signal(DATA_BITS), Signal(protocol.SIZE_BITS)
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

        def respond(kind: Answer, length: Value | int = 0) -> None:
            m.d.sync += [self.o_result.payload.kind.eq(kind), self.o_result.payload.length.eq(length)]
            m.next = "ANSWER"

        def refuse(reason: Fault) -> None:
            m.d.sync += fault.eq(reason)
            respond(Answer.ERROR, 1)

        def gather(count: Value | int, *, then: str) -> None:
            """Take ``count`` + 1 bytes of a word, the low one first; the rest of it is zero."""
            m.d.comb += self.i_payload.ready.eq(1)
            with m.If(available):
                m.d.sync += [word.word_select(part, 8).eq(byte), part.eq(part + 1)]
                with m.If(part == 0):
                    m.d.sync += word[8:].eq(0)
                with m.If(part == count):
                    m.d.sync += part.eq(0)
                    m.next = then

        m.d.sync += self.reset.eq(0)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += part.eq(0)
                with m.If(self.stands & ~self.intact):
                    refuse(Fault.FRAME)
                with m.Elif(self.stands):
                    with m.Switch(self.kind):
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
                with m.If(self.ended):
                    refuse(Fault.COMMAND)
                with m.Else():
                    gather(protocol.ADDRESS_BYTES - 1, then="PLACE")
            with m.State("PLACE"):
                m.d.sync += [
                    element.eq(word),
                    size.eq(word[protocol.SIZE_BIT :]),
                    region.eq(word[protocol.REGION_BIT :]),
                ]
                m.next = "ELEMENT"
                with m.If(self.kind == Command.READ):
                    m.next = "COUNT"
            with m.State("ELEMENT"):
                with m.If(self.ended):
                    respond(Answer.DONE)
                with m.Else():
                    gather(size, then="STORE")
            with m.State("STORE"):
                m.d.comb += [self.o_request.valid.eq(1), self.o_request.payload.write.eq(1)]
                with m.If(self.o_request.ready):
                    m.d.sync += element.eq(element + 1)
                    m.next = "ELEMENT"
            with m.State("COUNT"):
                with m.If(self.ended):
                    refuse(Fault.COMMAND)
                with m.Elif(available):
                    respond(Answer.DATA, byte)
            with m.State("LABEL"):
                m.d.comb += [
                    self.o_label.valid.eq(available),
                    self.i_payload.ready.eq(self.o_label.ready),
                    unpacker.start.eq(available & self.o_label.ready),
                ]
                with m.If(self.ended):
                    refuse(Fault.COMMAND)
                with m.Elif(unpacker.start):
                    m.next = "CONTENTS"
            with m.State("CONTENTS"):
                m.d.comb += [unpacker.i.valid.eq(available), self.i_payload.ready.eq(unpacker.i.ready)]
                with m.If(self.ended):
                    with m.If(unpacker.open):
                        respond(Answer.DONE)
                    with m.Elif(self.i_prediction.valid):
                        respond(Answer.PREDICTION, protocol.PREDICTION_BYTES)
            with m.State("ANSWER"):
                m.d.comb += self.o_result.valid.eq(1)
                with m.If(self.o_result.ready):
                    m.next = "IDLE"

        # The payload of the answer, from its first byte to that with which nothing remains.
        sent, last = self.o_payload.valid & self.o_payload.ready, self.remaining == 0
        m.d.comb += self.o_payload.valid.eq(self.wanted)
        with m.Switch(self.o_result.payload.kind):
            with m.Case(Answer.IDENTITY), m.Switch(self.remaining):
                for position, value in enumerate(reversed(identity)):
                    with m.Case(position):
                        m.d.comb += self.o_payload.payload.eq(value)
            with m.Case(Answer.DATA):
                with m.If(self.wanted):
                    m.d.comb += [
                        self.o_request.valid.eq(1),
                        self.o_payload.valid.eq(self.i_response.valid),
                        self.i_response.ready.eq(sent & ((part == size) | last)),
                    ]
                    with m.If(sent):
                        m.d.sync += part.eq(part + 1)
                        with m.If(part == size):
                            m.d.sync += [part.eq(0), element.eq(element + 1)]
                m.d.comb += self.o_payload.payload.eq(self.i_response.payload.word_select(part, 8))
            with m.Case(Answer.PREDICTION):
                m.d.comb += [
                    self.o_payload.payload.eq(
                        Mux(last, self.i_prediction.payload.updated, self.i_prediction.payload.winner)
                    ),
                    self.i_prediction.ready.eq(sent & last),
                ]
            with m.Case(Answer.ERROR):
                m.d.comb += self.o_payload.payload.eq(fault)
        return m
