"""The design of a board: processor, link and serial line, and around them clock and pins."""

from __future__ import annotations

from typing import Any

from amaranth import ClockDomain, ClockSignal, Const, Instance, Module, ResetInserter, ResetSignal, Signal
from amaranth.hdl import Elaboratable
from amaranth.lib import io, wiring
from amaranth.lib.wiring import In, Out, connect

from boards.platforms import Board, Pll
from golden.spec.config import Preset
from golden.spec.link import QUIET_SECONDS
from rtl.link import Link
from rtl.processor import Processor
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
        m.submodules.link = link = Link(self._preset, self._quiet_cycles)
        m.submodules.processor = ResetInserter(link.reset)(processor)
        connect(m, receiver.o, link.i_byte)
        connect(m, link.o_byte, transmitter.i)
        connect(m, link.o_label, processor.i_label)
        connect(m, link.o_sample, processor.i_sample)
        connect(m, link.o_request, processor.i_request)
        connect(m, processor.o_response, link.i_response)
        connect(m, processor.o_prediction, link.i_prediction)
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

    The first UART of the board is the link; its first LED shows that a sample is under way, its second that a verdict
    is being carried out.

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
        if self._board.pll is not None:
            m.domains.sync = ClockDomain()
            m.submodules.clock = PllClock(self._board.pll)
        m.submodules.machine = machine = self._machine
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.d.comb += [machine.rx.eq(rx.i), tx.o.eq(machine.tx)]
        for index, light in enumerate((machine.running, machine.teaching)):
            m.submodules[f"led_{index}"] = led = io.Buffer("o", platform.request("led", index, dir="-"))
            m.d.sync += led.o.eq(light)
        return m


class PllClock(Elaboratable):
    """Clock and reset of domain ``sync`` from the board's crystal through iCE40's PLL.

    It stays in reset for some microseconds after the PLL has locked: block RAM of iCE40 reads zeros for the first
    microseconds after configuration (Lattice's errata), which the reset covers as well.
    """

    RESET_CYCLES = 1024

    def __init__(self, pll: Pll) -> None:
        self._pll = pll

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        pll = self._pll
        # The counter lives in a domain of its own, since it makes the reset of the other.
        m.domains.start = ClockDomain(reset_less=True, local=True)
        clock, locked, count = Signal(), Signal(), Signal(range(self.RESET_CYCLES))
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(pll.divr, 4),
            p_DIVF=Const(pll.divf, 7),
            p_DIVQ=Const(pll.divq, 3),
            p_FILTER_RANGE=Const(pll.filter_range, 3),
            i_PACKAGEPIN=platform.request(platform.default_clk, dir="-").io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )
        m.d.comb += [ClockSignal("sync").eq(clock), ClockSignal("start").eq(clock)]
        with m.If(~locked):
            m.d.start += count.eq(0)
        with m.Elif(~count.all()):
            m.d.start += count.eq(count + 1)
        m.d.comb += ResetSignal("sync").eq(~count.all())
        return m
