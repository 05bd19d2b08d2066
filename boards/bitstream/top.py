"""The design of a board: processor, command server and serial line, and around them clock and pins."""

from __future__ import annotations

from typing import Any

from amaranth import ClockDomain, Module, Mux, ResetInserter
from amaranth.hdl import Elaboratable
from amaranth.lib import cdc, io, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from boards.catalogue import Board
from boards.platforms.clocks import PllClock
from boards.platforms.flash import Flash
from golden.spec.config import Preset
from rtl.player import FlashPins
from rtl.processor import Processor
from rtl.server import CommandServer
from rtl.uart import UartReceiver, UartTransmitter, divisor_for


class Machine(wiring.Component):
    """Everything below the pins: a processor that obeys frames on a serial line.

    Parameters
    ----------
    preset
        Configuration.
    divisor
        Clock cycles a bit of the line.
    clock_hz
        Clock, of which the chip tells the host.
    memory
        Bytes that the link keeps for each direction.
    commit, recording
        See :class:`~rtl.server.CommandServer`.

    Members
    -------
    rx, tx
        The line, high when idle.
    hold
        No sample is learned that begins meanwhile, whatever the host says.
    running, teaching
        See :class:`~rtl.processor.Processor`.
    troubled
        The last frame that arrived was damaged.
    playing, wrong, flash
        Only with a recording, see :class:`~rtl.server.CommandServer`.
    """

    def __init__(
        self,
        preset: Preset,
        divisor: int,
        clock_hz: float,
        memory: int,
        commit: str = "",
        recording: int | None = None,
    ) -> None:
        self._preset, self._divisor, self._clock_hz, self._memory = preset, divisor, clock_hz, memory
        self._commit, self._recording = commit, recording
        super().__init__(
            {
                "rx": In(1, init=1),
                "tx": Out(1, init=1),
                "hold": In(1),
                "running": Out(1),
                "teaching": Out(1),
                "troubled": Out(1),
                **({} if recording is None else {"playing": Out(1), "wrong": Out(1), "flash": Out(FlashPins)}),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        processor = Processor(self._preset, judged=self._recording is not None)
        m.submodules.receiver = receiver = UartReceiver(self._divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(self._divisor)
        m.submodules.server = server = CommandServer(
            self._preset, self._clock_hz, self._memory, self._commit, self._recording
        )
        m.submodules.processor = ResetInserter(server.reset)(processor)
        connect(m, receiver.o, server.i_byte)
        connect(m, server.o_byte, transmitter.i)
        connect(m, server.o_sample, processor.i_sample)
        connect(m, server.o_request, processor.i_request)
        connect(m, processor.o_response, server.i_response)
        connect(m, processor.o_prediction, server.i_prediction)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            processor.i_label.valid.eq(server.o_label.valid),
            processor.i_label.payload.label.eq(server.o_label.payload.label),
            server.o_label.ready.eq(processor.i_label.ready),
            self.tx.eq(transmitter.tx),
            self.running.eq(processor.running),
            self.teaching.eq(processor.teaching),
            self.troubled.eq(server.troubled),
            processor.i_label.payload.learn.eq(server.o_label.payload.learn & ~self.hold),
        ]
        if self._recording is not None:
            m.d.comb += server.label.eq(processor.label)
            connect(m, server.flash, flipped(self.flash))
            m.d.comb += [self.playing.eq(server.playing), self.wrong.eq(server.wrong)]
        if self._preset.hardware.monitored:
            m.d.comb += processor.line.eq(server.line)
        # Nothing observes the spikes here.
        m.d.comb += [spikes.ready.eq(1) for spikes in processor.o_spikes]
        return m


class Top(Elaboratable):
    """The machine on the pins of a board.

    The first UART of the board is the line. Of its LEDs, as far as it has them, the first shows that a sample is
    under way, the second that a verdict is being carried out, the third that the last frame of the host was damaged.
    While its button is pressed nothing is learned.

    With a flash it plays the recording there, and the second LED shows meanwhile that the last prediction was wrong:
    it is the darker, the better the predictions are.

    Parameters
    ----------
    preset, board
        What to build for what.
    flash
        The board's, where it is to be read.
    commit
        What the chip says that it was made of, see :class:`golden.spec.protocol.Identity`.
    """

    def __init__(self, preset: Preset, board: Board, flash: Flash | None = None, commit: str = "") -> None:
        self._board, self._flash = board, flash
        divisor = divisor_for(board.clock_hz, board.baud)
        recording = None if flash is None else flash.offset
        self._machine = Machine(preset, divisor, board.clock_hz, board.link_memory, commit, recording)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = PllClock(self._board.pll)
        m.submodules.machine = machine = self._machine
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [machine.rx.eq(rx.i), tx.o.eq(machine.tx)]
        if self._board.button is not None:
            m.submodules.button = button = io.Buffer("i", platform.request(*self._board.button, dir="-"))
            m.submodules.hold = cdc.FFSynchronizer(button.i, machine.hold)
        second = machine.teaching
        if self._flash is not None:
            second = Mux(machine.playing, machine.wrong, second)
            self._flash.make(platform, m, machine.flash)
        for index, light in enumerate((machine.running, second, machine.troubled)):
            if ("led", index) in platform.resources:
                m.submodules[f"led_{index}"] = led = io.Buffer("o", platform.request("led", index, dir="-"))
                m.d.sync += led.o.eq(light)
        return m
