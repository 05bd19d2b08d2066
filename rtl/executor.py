"""Commands of the host, carried out on the streams of the processor."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.memmap import DATA_BITS, ELEMENT_BITS, regions
from golden.spec.protocol import Answer, Command, Fault
from rtl.types import input_layout, label_layout, prediction_layout, request_layout, response_shape
from rtl.unpacker import SampleUnpacker

_AHEAD = 2  # samples that have come whole and are not answered: one runs, one waits


class CommandExecutor(wiring.Component):
    """Carry out one command after the other; golden.spec.protocol says what each does.

    A sample is taken while the one before runs. Any other command waits until all samples are answered.

    Throughput: two cycles a byte of a command or an answer, one more an element, those of
    :class:`~rtl.unpacker.SampleUnpacker` for a sample, and the stalls of the processor. Latency: an answer begins
    with the cycle after the last byte of its command. Stalls: all streams hold until taken; no ``valid`` depends on
    its ``ready``. A reset drops what is under way, and keeps the count of samples.

    Parameters
    ----------
    preset
        Configuration.
    identity
        What the chip says of itself, the bytes of :class:`golden.spec.protocol.Identity`.

    Members
    -------
    i, o
        Commands and answers.
    drain
        Predictions are dropped, since whoever asked is gone.
    outstanding
        Samples that have come whole, and whose prediction has not been taken.
    o_label, o_sample, i_prediction, o_request, i_response
        The processor, see :class:`~rtl.processor.Processor`.
    """

    def __init__(self, preset: Preset, identity: bytes) -> None:
        self._preset, self._identity = preset, identity
        network = preset.network
        super().__init__(
            {
                "i": In(stream.Signature(unsigned(8))),
                "o": Out(stream.Signature(unsigned(8))),
                "drain": In(1),
                "outstanding": Out(range(_AHEAD + 1)),
                "o_label": Out(stream.Signature(label_layout(network.classes))),
                "o_sample": Out(stream.Signature(input_layout(network.inputs))),
                "i_prediction": In(stream.Signature(prediction_layout(network.classes))),
                "o_request": Out(stream.Signature(request_layout)),
                "i_response": In(stream.Signature(response_shape)),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        byte, available = self.i.payload, self.i.valid
        command, fault = Signal(Command), Signal(Fault)

        # Where WRITE and READ are, and how many elements remain.
        hosted = [region for region in regions(self._preset) if region.hosted]
        region, size = Signal(range(max(region.number for region in hosted) + 1)), Signal(protocol.SIZE_BITS)
        most = max(region.elements for region in hosted)
        element, remaining = Signal(range(most + 1)), Signal(8 * protocol.COUNT_BYTES)
        beyond = Signal()  # where no region has elements
        word, part = Signal(DATA_BITS), Signal(protocol.SIZE_BITS)
        m.d.comb += [
            self.o_request.payload.region.eq(region),
            self.o_request.payload.element.eq(element),
            self.o_request.payload.data.eq(word),
        ]

        m.submodules.unpacker = unpacker = SampleUnpacker(self._preset.network)
        connect(m, unpacker.o, flipped(self.o_sample))
        m.d.comb += unpacker.i.payload.eq(byte)
        with m.If(self.o_label.ready):
            m.d.sync += self.o_label.valid.eq(0)

        answered = self.i_prediction.valid & self.i_prediction.ready
        complete, was_open = Signal(), Signal()
        m.d.sync += was_open.eq(unpacker.open)
        m.d.comb += complete.eq(was_open & ~unpacker.open)
        with m.If(complete & ~answered):
            m.d.sync += self.outstanding.eq(self.outstanding + 1)
        with m.Elif(answered & ~complete):
            m.d.sync += self.outstanding.eq(self.outstanding - 1)
        settled = (self.outstanding == 0) & ~was_open
        samples = Signal(8 * protocol.SAMPLES_BYTES, reset_less=True)
        with m.If(answered):
            m.d.sync += samples.eq(samples + 1)

        def refuse(reason: Fault) -> None:
            m.d.sync += fault.eq(reason)
            m.next = "FAULT"

        def gather(count: Value | int, *, then: str) -> None:
            """Take ``count`` + 1 bytes of a word, the low one first; the rest of it is zero."""
            m.d.comb += self.i.ready.eq(1)
            with m.If(available):
                m.d.sync += [word.word_select(part, 8).eq(byte), part.eq(part + 1)]
                with m.If(part == 0):
                    m.d.sync += word[8:].eq(0)
                with m.If(part == count):
                    m.d.sync += part.eq(0)
                    m.next = then

        def answer(value: Value | int, *, then: str) -> None:
            m.d.comb += [self.o.valid.eq(1), self.o.payload.eq(value)]
            with m.If(self.o.ready):
                m.next = then

        count = Const(len(self._identity), 8)
        told = [*(samples[first : first + 8] for first in range(0, len(samples), 8)), count]
        told += [Const(value, 8) for value in self._identity]
        index = Signal(range(len(told)))

        result = Signal()  # the second byte of a prediction
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += command.eq(byte)
                with m.If(available & Mux(byte == Command.SAMPLE, self.outstanding != _AHEAD, settled)):
                    m.d.comb += self.i.ready.eq(1)
                    with m.Switch(byte):
                        for known, successor in (
                            (Command.IDENTIFY, "IDENTITY"),
                            (Command.WRITE, "ADDRESS"),
                            (Command.READ, "ADDRESS"),
                            (Command.SAMPLE, "LABEL"),
                        ):
                            with m.Case(known):
                                m.next = successor
                        with m.Default():
                            refuse(Fault.COMMAND)
            with m.State("IDENTITY"):
                answer(Answer.IDENTITY, then="CONTENT")
            with m.State("CONTENT"):
                m.d.comb += self.o.valid.eq(1)
                with m.Switch(index):
                    for place, value in enumerate(told):
                        with m.Case(place):
                            m.d.comb += self.o.payload.eq(value)
                with m.If(self.o.ready):
                    m.d.sync += index.eq(index + 1)
                    with m.If(index == len(told) - 1):
                        m.d.sync += index.eq(0)
                        m.next = "IDLE"

            with m.State("ADDRESS"):
                gather(protocol.ADDRESS_BYTES - 1, then="PLACE")
            with m.State("PLACE"):
                m.d.sync += [
                    element.eq(word),
                    beyond.eq(
                        word[len(element) : ELEMENT_BITS].any() | word[protocol.REGION_BIT + len(region) :].any()
                    ),
                    size.eq(word[protocol.SIZE_BIT :]),
                    region.eq(word[protocol.REGION_BIT :]),
                ]
                m.next = "COUNT"
            with m.State("COUNT"):
                gather(protocol.COUNT_BYTES - 1, then="CHECK")
            with m.State("CHECK"):
                m.d.sync += remaining.eq(word)
                with m.If(beyond | (element + word[: 8 * protocol.COUNT_BYTES] > self._elements(m, region))):
                    refuse(Fault.PLACE)
                with m.Elif(command == Command.WRITE):
                    m.next = "ELEMENT"
                with m.Else():
                    m.next = "DATA"
            with m.State("ELEMENT"):
                with m.If(remaining == 0):
                    m.next = "DONE"
                with m.Else():
                    gather(size, then="STORE")
            with m.State("STORE"):
                m.d.comb += [self.o_request.valid.eq(1), self.o_request.payload.write.eq(1)]
                with m.If(self.o_request.ready):
                    m.d.sync += [element.eq(element + 1), remaining.eq(remaining - 1)]
                    m.next = "ELEMENT"
            with m.State("DONE"):
                answer(Answer.DONE, then="IDLE")
            with m.State("DATA"):
                answer(Answer.DATA, then="FETCH")
            with m.State("FETCH"):
                with m.If(remaining == 0):
                    m.next = "IDLE"
                with m.Else():
                    m.d.comb += [
                        self.o_request.valid.eq(1),
                        self.o.valid.eq(self.i_response.valid),
                        self.o.payload.eq(self.i_response.payload.word_select(part, 8)),
                        self.i_response.ready.eq(self.o.ready & (part == size)),
                    ]
                    with m.If(self.o.valid & self.o.ready):
                        m.d.sync += part.eq(part + 1)
                        with m.If(part == size):
                            m.d.sync += [part.eq(0), element.eq(element + 1), remaining.eq(remaining - 1)]

            with m.State("LABEL"):
                with m.If(available & ~self.o_label.valid):
                    m.d.comb += self.i.ready.eq(1)
                    m.d.sync += [
                        self.o_label.payload.label.eq(byte),
                        self.o_label.payload.learn.eq(byte[protocol.FLAG_BIT]),
                    ]
                    with m.If(byte[: protocol.FLAG_BIT] >= self._preset.network.classes):
                        refuse(Fault.LABEL)
                    with m.Else():
                        m.d.comb += unpacker.start.eq(1)
                        m.d.sync += self.o_label.valid.eq(1)
                        m.next = "CONTENTS"
            with m.State("CONTENTS"):
                m.d.comb += [unpacker.i.valid.eq(available), self.i.ready.eq(unpacker.i.ready)]
                with m.If(unpacker.refused):
                    refuse(Fault.CONTENTS)
                with m.Elif(~unpacker.open):
                    m.next = "IDLE"

            with m.State("FAULT"):
                with m.If(self.outstanding == 0):
                    answer(Answer.FAULT, then="REASON")
            with m.State("REASON"):
                answer(fault, then="IGNORE")
            with m.State("IGNORE"):
                m.d.comb += self.i.ready.eq(1)

        # Predictions come only while no other answer is due.
        prediction = self.i_prediction.payload
        with m.If(self.drain):
            m.d.comb += self.i_prediction.ready.eq(1)
        with m.Elif(self.i_prediction.valid):
            m.d.comb += [
                self.o.valid.eq(1),
                self.o.payload.eq(
                    Mux(
                        result,
                        Cat(Value.cast(prediction.winner) | Const(0, protocol.FLAG_BIT), prediction.updated),
                        Answer.PREDICTION,
                    )
                ),
                self.i_prediction.ready.eq(result & self.o.ready),
            ]
            with m.If(self.o.ready):
                m.d.sync += result.eq(~result)
        return m

    def _elements(self, m: Module, region: Value) -> Signal:
        """How many elements a region has for the host."""
        elements = Signal(ELEMENT_BITS)
        with m.Switch(region):
            for known in regions(self._preset):
                if known.hosted:
                    with m.Case(known.number):
                        m.d.comb += elements.eq(known.elements)
        return elements
