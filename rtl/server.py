"""The server of commands: the line on one side, the processor's streams on the other."""

from __future__ import annotations

from amaranth import Module, ResetInserter, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from golden.spec import protocol
from golden.spec.config import Preset
from golden.spec.protocol import Answer
from golden.spec.recording import KEY_AT, key_of
from rtl.counters import line_layout
from rtl.executor import CommandExecutor
from rtl.link import Link
from rtl.player import FlashPins, Player
from rtl.tally import Tally
from rtl.types import input_layout, label_layout, prediction_layout, request_layout, response_shape

_DONE_ONLY = (Answer.DONE & ~Answer.FAULT).bit_length() - 1
"""A bit of DONE that FAULT has not."""


class CommandServer(wiring.Component):
    """Obey a host: a link that loses nothing, and the commands that come over it.

    When the host opens a conversation, a sample that has come whole is carried out to its end, so that it has either
    been learned and counted or not been heard of; then the processor and all that was being said are reset.

    With a recording in the flash (golden.spec.recording) that is obeyed first, as if a host had sent it, to its end or
    until a host opens a conversation. Its answers are not sent; the line says of every prediction whether it is right.

    Throughput and latency: those of its parts (:class:`~rtl.link.Link`, :class:`~rtl.executor.CommandExecutor`).
    Stalls: ``i_byte`` never waits longer than twelve cycles. All streams hold their payload while they wait; no
    ``valid`` depends on its ``ready``.

    Parameters
    ----------
    preset
        Configuration.
    clock_hz
        Of the processor, for the identity.
    memory
        Bytes that the link keeps for each direction.
    commit
        See :class:`golden.spec.protocol.Identity`.
    recording
        Address of a recording in the flash of the board; without one there is no player.

    Members
    -------
    i_byte, o_byte
        The line.
    o_label, o_sample, i_prediction, o_request, i_response
        The processor, see :class:`~rtl.processor.Processor`.
    reset
        Reset of the processor, for one cycle; a register, since it reaches everywhere.
    troubled
        See :class:`~rtl.link.Link`.
    line
        Only with a monitored preset: steps of the counters of the line.
    label, playing, wrong, flash
        Only with a recording: class that the sample of a prediction has, from the processor; it is played, see
        :class:`~rtl.player.Player`; the last prediction was wrong.
    """

    def __init__(
        self, preset: Preset, clock_hz: float, memory: int, commit: str = "", recording: int | None = None
    ) -> None:
        self._preset, self._clock_hz, self._memory, self._commit = preset, clock_hz, memory, commit
        self._recording = recording
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
                "troubled": Out(1),
                **({"line": Out(line_layout())} if preset.hardware.monitored else {}),
                **({} if recording is None else {"label": In(label_layout(network.classes)["label"].shape)}),
                **({} if recording is None else {"playing": Out(1), "wrong": Out(1), "flash": Out(FlashPins)}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        identity = protocol.identity(self._preset, self._clock_hz, self._memory, self._commit).encode()
        monitored = self._preset.hardware.monitored
        m.submodules.link = link = Link(self._memory, shared=self._recording is not None, monitored=monitored)
        if monitored:
            m.d.comb += self.line.eq(link.steps)
        executor = CommandExecutor(self._preset, identity)
        m.submodules.executor = ResetInserter(self.reset)(executor)
        connect(m, flipped(self.i_byte), link.i_byte)
        if self._recording is None:
            connect(m, link.o_byte, flipped(self.o_byte))
            connect(m, link.o, executor.i)
            connect(m, executor.o, link.i)
        else:
            key = key_of(protocol.identity(self._preset, self._clock_hz, self._memory))
            self._play(m, link, executor, Player(key, self._recording + KEY_AT, self._clock_hz))
        for name in ("o_label", "o_sample", "o_request"):
            connect(m, getattr(executor, name), flipped(getattr(self, name)))
        for name in ("i_prediction", "i_response"):
            connect(m, flipped(getattr(self, name)), getattr(executor, name))
        m.d.comb += [executor.drain.eq(link.opening), self.troubled.eq(link.troubled)]
        m.d.sync += self.reset.eq(0)
        with m.FSM():
            with m.State("OBEY"):
                with m.If(link.opening & (executor.outstanding == 0)):
                    m.d.sync += self.reset.eq(1)
                    m.next = "RESET"
            with m.State("RESET"):
                m.next = "OPEN"
            with m.State("OPEN"):
                m.d.comb += link.opened.eq(1)
                with m.If(~link.opening):
                    m.next = "OBEY"
        return m

    def _play(self, m: Module, link: Link, executor: CommandExecutor, player: Player) -> None:
        """Put the player between link and executor, and a tally between link and line."""
        m.submodules.player = player
        m.submodules.tally = tally = Tally(self._preset.network.classes)
        connect(m, link.o, player.i)
        connect(m, player.o, executor.i)
        connect(m, link.o_byte, tally.i_byte)
        connect(m, tally.o_byte, flipped(self.o_byte))
        connect(m, player.flash, flipped(self.flash))
        # What is answered to a recording is dropped. A refusal ends it, and is told from DONE by a bit.
        refused = executor.o.valid & ~self.i_prediction.valid & ~executor.o.payload[_DONE_ONLY]
        m.d.comb += [
            link.i.payload.eq(executor.o.payload),
            link.i.valid.eq(executor.o.valid & ~player.playing),
            executor.o.ready.eq(link.i.ready | player.playing),
            player.stop.eq(link.opening | (player.playing & refused)),
            tally.label.eq(self.label),
            tally.winner.eq(self.i_prediction.payload.winner),
            tally.ends.eq(self.i_prediction.valid & self.i_prediction.ready),
            tally.telling.eq(player.playing),
            tally.quiet.eq(link.quiet),
            self.playing.eq(player.playing),
            self.wrong.eq(tally.wrong),
        ]
