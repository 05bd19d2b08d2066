"""Serial line: eight data bits, no parity, one stop bit."""

from __future__ import annotations

from amaranth import Cat, Const, Module, Mux, Signal, unsigned
from amaranth.lib import cdc, stream, wiring
from amaranth.lib.wiring import In, Out

BITS = 8


def divisor_for(clock_hz: float, baud: float) -> int:
    """Clock cycles a bit, for receiver and transmitter.

    Sampling in the middle of a bit tolerates 5 % over the ten bits of a byte, both ends together; half of that is ours.
    """
    divisor = round(clock_hz / baud)
    if divisor < 4:
        raise ValueError(f"a clock of {clock_hz:.0f} Hz is too slow for {baud:.0f} baud")
    if abs(clock_hz / divisor / baud - 1) > 0.025:
        raise ValueError(f"a clock of {clock_hz:.0f} Hz cannot be divided to {baud:.0f} baud within 2.5 %")
    return divisor


class UartReceiver(wiring.Component):
    """Bytes of a serial line.

    A start bit is checked and data bits are sampled in their middle. A byte without stop bit (a break, or noise) is
    dropped, and the line must be high before the next byte. ``rx`` is asynchronous and synchronized here.

    Throughput: the line's. Latency: a byte is offered in the middle of its stop bit. Stalls: a byte that is not taken
    before the next one is complete is lost, and the new one kept: payload and ``valid`` then hold no longer than
    that, since a serial line cannot wait.

    Parameters
    ----------
    divisor
        Clock cycles a bit, at least 4.

    Members
    -------
    rx
        The line, high when idle.
    o
        Bytes.
    """

    def __init__(self, divisor: int) -> None:
        self._divisor = divisor
        super().__init__({"rx": In(1, init=1), "o": Out(stream.Signature(unsigned(BITS)))})

    def elaborate(self, platform: object) -> Module:
        # Refused here and not in the constructor, where Amaranth would later warn of a component left unused.
        if self._divisor < 4:
            raise ValueError(f"divisor must be at least 4, not {self._divisor}")
        m = Module()
        line = Signal(init=1)
        m.submodules.synchronizer = cdc.FFSynchronizer(self.rx, line, init=1)
        timer, shifter = Signal(range(self._divisor)), Signal(BITS + 1)
        expired = timer == 0
        m.d.sync += timer.eq(Mux(expired, self._divisor - 1, timer - 1))
        with m.If(self.o.ready):
            m.d.sync += self.o.valid.eq(0)
        with m.FSM():
            with m.State("IDLE"):
                m.d.sync += [timer.eq(self._divisor // 2 - 1), shifter.eq(1 << BITS)]
                with m.If(~line):
                    m.next = "START"
            with m.State("START"):
                with m.If(expired):
                    m.next = "DATA"
                    with m.If(line):
                        m.next = "IDLE"
            with m.State("DATA"):
                # The one that was put in on top arrives at the bottom with the eighth bit.
                with m.If(expired):
                    m.d.sync += shifter.eq(Cat(shifter[1:], line))
                    with m.If(shifter[1]):
                        m.next = "STOP"
            with m.State("STOP"):
                with m.If(expired):
                    m.next = "RECOVER"
                    with m.If(line):
                        m.d.sync += [self.o.valid.eq(1), self.o.payload.eq(shifter[1:])]
                        m.next = "IDLE"
            with m.State("RECOVER"):
                with m.If(line):
                    m.next = "IDLE"
        return m


class UartTransmitter(wiring.Component):
    """Bytes onto a serial line.

    Throughput: a byte every ``10 * divisor`` cycles. Latency: the start bit begins with the cycle after the transfer.

    Parameters
    ----------
    divisor
        Clock cycles a bit.

    Members
    -------
    i
        Bytes.
    tx
        The line, high when idle; a register drives it.
    """

    def __init__(self, divisor: int) -> None:
        self._divisor = divisor
        super().__init__({"i": In(stream.Signature(unsigned(BITS))), "tx": Out(1, init=1)})

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # Start bit, data and stop bit leave from the bottom; the line idles when only the stop bit is left.
        # `left` counts down to -1, whose sign tells without a comparison that no bit is left.
        shifter, timer = Signal(BITS + 1, init=(2 << BITS) - 1), Signal(range(self._divisor))
        left = Signal(range(-1, BITS + 2), init=-1)
        m.d.comb += [self.tx.eq(shifter[0]), self.i.ready.eq(left[-1])]
        with m.If(left[-1]):
            m.d.sync += timer.eq(self._divisor - 1)
            with m.If(self.i.valid):
                m.d.sync += [shifter.eq(Cat(Const(0, 1), self.i.payload)), left.eq(BITS + 1)]
        with m.Else():
            m.d.sync += timer.eq(timer - 1)
            with m.If(timer == 0):
                m.d.sync += [timer.eq(self._divisor - 1), shifter.eq(Cat(shifter[1:], Const(1, 1))), left.eq(left - 1)]
        return m
