"""The design of a board: processor, command server and serial line, and around them clock and pins."""

from __future__ import annotations

from typing import Any

from amaranth import ClockDomain, Module, ResetInserter
from amaranth.hdl import Elaboratable
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out, connect

from boards.catalogue import Board
from boards.platforms.clocks import PllClock
from golden.spec.config import Preset
from golden.spec.protocol import QUIET_SECONDS
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
    quiet_cycles
        Silence after which a broken frame is given up.

    Members
    -------
    rx, tx
        The line, high when idle.
    running, teaching
        See :class:`~rtl.processor.Processor`.
    """

    def __init__(self, preset: Preset, divisor: int, quiet_cycles: int) -> None:
        self._preset, self._divisor, self._quiet_cycles = preset, divisor, quiet_cycles
        super().__init__({"rx": In(1, init=1), "tx": Out(1, init=1), "running": Out(1), "teaching": Out(1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        processor = Processor(self._preset)
        m.submodules.receiver = receiver = UartReceiver(self._divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(self._divisor)
        m.submodules.server = server = CommandServer(self._preset, self._quiet_cycles)
        m.submodules.processor = ResetInserter(server.reset)(processor)
        connect(m, receiver.o, server.i_byte)
        connect(m, server.o_byte, transmitter.i)
        connect(m, server.o_label, processor.i_label)
        connect(m, server.o_sample, processor.i_sample)
        connect(m, server.o_request, processor.i_request)
        connect(m, processor.o_response, server.i_response)
        connect(m, processor.o_prediction, server.i_prediction)
        m.d.comb += [
            receiver.rx.eq(self.rx),
            self.tx.eq(transmitter.tx),
            self.running.eq(processor.running),
            self.teaching.eq(processor.teaching),
        ]
        # Nothing observes the spikes here.
        m.d.comb += [spikes.ready.eq(1) for spikes in processor.o_spikes]
        return m


class Top(Elaboratable):
    """The machine on the pins of a board.

    The first UART of the board is the line; its first LED shows that a sample is under way, its second, where it
    has one, that a verdict is being carried out.

    Parameters
    ----------
    preset, board
        What to build for what.
    """

    def __init__(self, preset: Preset, board: Board) -> None:
        self._board = board
        self._machine = Machine(preset, divisor_for(board.clock_hz, board.baud), round(QUIET_SECONDS * board.clock_hz))

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = PllClock(self._board.pll)
        m.submodules.machine = machine = self._machine
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [machine.rx.eq(rx.i), tx.o.eq(machine.tx)]
        for index, light in enumerate((machine.running, machine.teaching)):
            if ("led", index) in platform.resources:
                m.submodules[f"led_{index}"] = led = io.Buffer("o", platform.request("led", index, dir="-"))
                m.d.sync += led.o.eq(light)
        return m
