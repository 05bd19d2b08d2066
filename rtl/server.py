"""The server of commands: frames of golden.spec.protocol on one side, the processor's streams on the other."""

from __future__ import annotations

from amaranth import Module, Mux, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec.config import Preset
from rtl.checksum import Checksum
from rtl.executor import CommandExecutor
from rtl.receiver import FrameReceiver
from rtl.sender import FrameSender
from rtl.types import input_layout, label_layout, prediction_layout, request_layout, response_shape


class CommandServer(wiring.Component):
    """Obey the frames of a host: receive one, carry it out, answer.

    Throughput: at most four cycles a payload byte, plus the stalls of the processor. Latency: that of its parts
    (:class:`~rtl.receiver.FrameReceiver`, :class:`~rtl.executor.CommandExecutor`, :class:`~rtl.sender.FrameSender`).
    Stalls: from the end of a frame to the end of its answer no byte is taken at ``i_byte``, since the host waits for
    the answer. All streams hold their payload while they wait; no ``valid`` depends on its ``ready``.

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
        self._preset, self._quiet_cycles = preset, quiet_cycles
        network = preset.network
        super().__init__(
            {
                "i_byte": In(stream.Signature(unsigned(8))),
                "o_byte": Out(stream.Signature(unsigned(8))),
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
        m.submodules.receiver = receiver = FrameReceiver(self._quiet_cycles)
        m.submodules.executor = executor = CommandExecutor(self._preset)
        m.submodules.sender = sender = FrameSender()
        # One checksum serves both directions, since they never overlap.
        m.submodules.checksum = checksum = Checksum()
        connect(m, flipped(self.i_byte), receiver.i_byte)
        connect(m, receiver.o_payload, executor.i_payload)
        connect(m, executor.o_payload, sender.i_payload)
        connect(m, sender.o_byte, flipped(self.o_byte))
        for name in ("o_label", "o_sample", "o_request"):
            connect(m, getattr(executor, name), flipped(getattr(self, name)))
        for name in ("i_prediction", "i_response"):
            connect(m, flipped(getattr(self, name)), getattr(executor, name))
        result, answer = executor.o_result, sender.i_answer
        m.d.comb += [
            checksum.restart.eq(receiver.restart | sender.restart),
            checksum.add.eq(receiver.add | sender.add),
            checksum.byte.eq(Mux(sender.add, sender.byte, receiver.byte)),
            receiver.crc.eq(checksum.crc),
            sender.crc.eq(checksum.crc),
            executor.stands.eq(receiver.stands),
            executor.intact.eq(receiver.intact),
            executor.kind.eq(receiver.kind),
            executor.ended.eq(receiver.ended),
            executor.wanted.eq(sender.wanted),
            executor.remaining.eq(sender.remaining),
            answer.valid.eq(result.valid),
            answer.payload.sequence.eq(receiver.sequence),
            answer.payload.kind.eq(result.payload.kind),
            answer.payload.length.eq(result.payload.length),
            result.ready.eq(answer.ready),
            receiver.release.eq(answer.valid & answer.ready),
            self.reset.eq(executor.reset),
        ]
        return m
