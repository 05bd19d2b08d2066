"""The player of a recording in the flash of the board."""

from __future__ import annotations

from math import ceil

from amaranth import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

WAKE, READ = 0xAB, 0x03
"""Commands of the flash: release from deep power-down, in which some chips leave it when they have read their bitstream
(iCE40 does), and read from an address of 24 bits on, without end."""
WAKING = 4e-6  # seconds from the one to the other; a W25Q128 asks for 3
_UNUSED, _WAKE = 8, 9
"""Bytes of the sequence that begins here: one for nobody, since ECP5 swallows the first edges, WAKE, time passes, then
from 0 on READ and its address, at 4..7 the key, and bytes without end."""

FlashPins = wiring.Signature({"selected": Out(1), "clock": Out(1), "copi": Out(1), "cipo": In(1)})
"""A flash in SPI mode 0, as its reader sees it; ``selected`` is 1 where the pin is low."""


class Player(wiring.Component):
    """Read a recording (golden.spec.recording) and pass it on as if a host had sent it, then what a host sends.

    The flash is released from deep power-down, waited for, and read from the key on. If the key is another one nothing
    is passed on and nothing more is read. Playing ends for good with ``stop``.

    The bits that the flash sees, and those of the key, are one table with a counter of bits as its address. A byte is
    collected in the register in which it is offered, which is that of the host's bytes later.

    Throughput: a byte of the flash every ``16 * half`` cycles and one more, since the clock of the flash rests until a
    byte is taken; a byte of the host a cycle. Latency: the first byte comes after WAKING and 11 bytes; a byte of the
    host a cycle later. Stalls: ``o`` holds until taken, or until ``stop``; ``i`` waits while the recording is played.

    Parameters
    ----------
    key
        Of the chip.
    start
        Address of the key in the flash.
    clock_hz
        Clock.
    half
        Cycles of half a period of the flash's clock.

    Members
    -------
    i, o
        What a host sends; what there is to obey.
    stop
        End, and drop what is offered.
    playing
        The recording is played, or looked for.
    flash
        The flash, :data:`FlashPins`; ``cipo`` is looked at when ``clock`` falls, so that the flash has a whole period.
    """

    def __init__(self, key: bytes, start: int, clock_hz: float, half: int = 1) -> None:
        self._told = bytes((READ, *start.to_bytes(3, "big"), *key))
        self._waking, self._half = ceil(WAKING * clock_hz / (16 * half)), half
        super().__init__(
            {
                "i": In(stream.Signature(unsigned(8))),
                "o": Out(stream.Signature(unsigned(8))),
                "stop": In(1),
                "playing": Out(1, init=1),
                "flash": Out(FlashPins),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        # The upper bit of `place` says that the flash is awake; below it are the bytes of the time that takes.
        bit, place = Signal(3), Signal((_WAKE + self._waking).bit_length() + 1, init=_UNUSED)
        awake, reading, comparing = place[-1], Signal(), Signal()
        # Bit by bit what the flash is told, and behind the address what it must answer.
        told = Const(int.from_bytes(self._told, "little"), 8 * len(self._told))
        m.d.comb += [
            reading.eq(awake & place[3]),
            comparing.eq(awake & place[2]),
            self.flash.selected.eq(self.playing & (awake | (place == _WAKE))),
            self.flash.copi.eq(Mux(place[3], Const(WAKE, 8), told.word_select(place[:3], 8)).bit_select(~bit, 1)),
        ]

        falls, due, full = Signal(), self._due(m), self.o.valid
        m.d.comb += falls.eq(self.playing & self.flash.clock & due)
        m.d.comb += self.i.ready.eq(~self.playing & (~full | self.o.ready))
        with m.If(self.o.ready):
            m.d.sync += full.eq(0)
        with m.If(self.playing):
            with m.If(due & (self.flash.clock | ~full)):
                m.d.sync += self.flash.clock.eq(~self.flash.clock)
            with m.If(falls):
                m.d.sync += [bit.eq(_following(bit)), self.o.payload.eq(Cat(self.flash.cipo, self.o.payload))]
                with m.If(bit.all() & reading):
                    m.d.sync += full.eq(1)
                with m.If(bit.all() & ~reading):
                    m.d.sync += place.eq(_following(place))
                with m.If(comparing & (self.flash.cipo != self.flash.copi)):
                    m.d.sync += self.playing.eq(0)
        with m.Elif(self.i.ready):
            m.d.sync += [full.eq(self.i.valid), self.o.payload.eq(self.i.payload)]
        with m.If(self.stop):
            m.d.sync += [self.playing.eq(0), full.eq(0)]
        return m

    def _due(self, m: Module) -> Value:
        """Half a period of the flash's clock is over."""
        if self._half == 1:
            return Const(1)
        waited = Signal(range(self._half))
        due = waited == self._half - 1
        m.d.sync += waited.eq(Mux(due, 0, waited + 1))
        return due


def _following(number: Value) -> Value:
    """The number plus 1, without the carry chain of an adder, which for so few bits takes more cells of an iCE40."""
    return Cat(number[index] ^ number[:index].all() for index in range(len(number)))
