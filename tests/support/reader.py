"""A design for the pins of a board that needs no processor: what its flash holds goes to the line, then what comes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from amaranth import ClockDomain, Module
from amaranth.hdl import Elaboratable
from amaranth.lib import io
from amaranth.lib.wiring import connect

from boards.catalogue import Board
from boards.platforms.clocks import PllClock
from boards.simulated.model import Design, compiled_board, simulated
from golden.spec.presets import preset_named
from golden.spec.recording import KEY_AT
from rtl.player import Player
from rtl.uart import UartReceiver, UartTransmitter, divisor_for

KEY = bytes.fromhex("c0ffee01")


class Reader(Elaboratable):
    """Plays a recording with :data:`KEY` to the line, or until button 0; LED 0 is lit meanwhile."""

    def __init__(self, board: Board, clock_hz: float, half: int | None) -> None:
        self._board, self._clock_hz, self._half = board, clock_hz, half

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.domains.sync = ClockDomain()
        m.submodules.clock = PllClock(self._board.pll)
        divisor = divisor_for(self._board.clock_hz, self._board.baud)
        m.submodules.receiver = receiver = UartReceiver(divisor)
        m.submodules.transmitter = transmitter = UartTransmitter(divisor)
        store = self._board.store
        m.submodules.player = player = Player(
            KEY, store.offset + KEY_AT, self._clock_hz, **({} if self._half is None else {"half": self._half})
        )
        store.make(platform, m, player.flash)
        connect(m, receiver.o, player.i)
        connect(m, player.o, transmitter.i)
        uart = platform.request("uart", 0, dir="-")
        m.submodules.rx = rx = io.Buffer("i", uart.rx)
        m.submodules.tx = tx = io.Buffer("o", uart.tx)
        m.submodules.button = button = io.Buffer("i", platform.request("button", 0, dir="-"))
        m.submodules.lit = lit = io.Buffer("o", platform.request("led", 0, dir="-"))
        m.d.comb += [receiver.rx.eq(rx.i), tx.o.eq(transmitter.tx), lit.o.eq(player.playing), player.stop.eq(button.i)]
        return m


def compiled_reader(board: Board, folder: Path, *, clock_hz: float | None = None, half: int | None = None) -> Path:
    """The shared library of a board that reads its flash, as if its clock were another one."""
    design = Design.of(Reader(simulated(board), clock_hz or board.clock_hz, half), board)
    return compiled_board(preset_named("tiny"), board, folder=folder, optimize="-O1", design=design)
