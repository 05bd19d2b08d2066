"""A design for the pins of a board that needs no processor: what comes over the line goes back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from amaranth import ClockDomain, Module, Signal
from amaranth.hdl import Elaboratable
from amaranth.lib import fifo, io
from amaranth.lib.wiring import connect

from boards.catalogue import Board
from boards.platforms.clocks import PllClock
from boards.simulated.model import Design, compiled_board, simulated
from golden.spec.presets import preset_named
from rtl.uart import UartReceiver, UartTransmitter, divisor_for


class Echo(Elaboratable):
    """Sends every byte back, with a queue in between; LED 0 shows button 0, LED 1 whether the bytes so far are odd."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = PllClock(self._board.pll)
        divisor = divisor_for(self._board.clock_hz, self._board.baud)
        m.submodules.receiver = receiver = UartReceiver(divisor)
        m.submodules.queue = queue = fifo.SyncFIFOBuffered(width=8, depth=1024)
        m.submodules.transmitter = transmitter = UartTransmitter(divisor)
        connect(m, queue.r_stream, transmitter.i)
        connect(m, receiver.o, queue.w_stream)
        uart, odd = platform.request("uart", 0, dir="-"), Signal()
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.submodules.button = button = io.Buffer("i", platform.request("button", 0, dir="-"))
        m.submodules.lit = lit = io.Buffer("o", platform.request("led", 0, dir="-"))
        m.submodules.parity = parity = io.Buffer("o", platform.request("led", 1, dir="-"))
        m.d.comb += [receiver.rx.eq(rx.i), tx.o.eq(transmitter.tx), lit.o.eq(button.i), parity.o.eq(odd)]
        with m.If(receiver.o.valid & receiver.o.ready):
            m.d.sync += odd.eq(~odd)
        return m


def compiled_echo(board: Board, folder: Path) -> Path:
    """The shared library of a board that sends back what it receives."""
    design = Design.of(Echo(simulated(board)), board)
    return compiled_board(preset_named("tiny"), board, folder=folder, optimize="-O1", design=design)
