"""Clocks: settings of the PLLs of both chip families, and the clock and reset that they make of an oscillator."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from amaranth import ClockSignal, Const, Instance, Module, ResetSignal, Signal
from amaranth.hdl import ClockDomain, Elaboratable
from amaranth.lib import io
from amaranth.lib.cdc import FFSynchronizer

MHZ = 1_000_000


def _within(name: str, hertz: float, low: float, high: float) -> None:
    if not low * MHZ <= hertz <= high * MHZ:
        raise ValueError(f"{name} must be {low:g} to {high:g} MHz, not {hertz / MHZ:g} MHz")


@dataclass(frozen=True)
class Ice40Pll:
    """Settings of iCE40's SB_PLL40_PAD: clock = crystal * (divf + 1) / (2^divq * (divr + 1)).

    Limits are those of Lattice's FPGA-TN-02052.
    """

    crystal_hz: float
    divr: int
    divf: int
    divq: int

    # Upper end of each range of the phase detector in MHz, with the filter that it wants.
    _FILTERS = ((17, 1), (26, 2), (44, 3), (66, 4), (101, 5), (133, 6))

    def __post_init__(self) -> None:
        for name, high in (("divr", 15), ("divf", 127), ("divq", 7)):
            if not 0 <= getattr(self, name) <= high:
                raise ValueError(f"{name} must be 0 to {high}, not {getattr(self, name)}")
        _within("crystal", self.crystal_hz, 10, 133)
        _within("phase detector", self.detector_hz, 10, 133)
        _within("oscillator", self.oscillator_hz, 533, 1066)
        _within("clock", self.clock_hz, 16, 275)

    @property
    def detector_hz(self) -> float:
        """What the phases are compared at."""
        return self.crystal_hz / (self.divr + 1)

    @property
    def oscillator_hz(self) -> float:
        """Of the PLL's own oscillator."""
        return self.detector_hz * (self.divf + 1)

    @property
    def clock_hz(self) -> float:
        """What comes out."""
        return self.oscillator_hz / (1 << self.divq)

    def make(self, platform: Any, m: Module, clock: Signal) -> Signal:
        """Add the PLL between the oscillator's pin and ``clock``, and return its lock, which is asynchronous.

        It needs no synchronizer: until it rises the counter of :class:`PllClock` is zero, so that it reaches one
        flip-flop only. (With two more flip-flops preset digits came to 22.9 MHz instead of 25.2.)
        """
        locked = Signal()
        m.submodules.pll = Instance(
            "SB_PLL40_PAD",
            p_FEEDBACK_PATH="SIMPLE",
            p_DIVR=Const(self.divr, 4),
            p_DIVF=Const(self.divf, 7),
            p_DIVQ=Const(self.divq, 3),
            p_FILTER_RANGE=Const(next(code for end, code in self._FILTERS if self.detector_hz <= end * MHZ), 3),
            i_PACKAGEPIN=platform.request(platform.default_clk, dir="-").io,
            i_RESETB=Const(1),
            i_BYPASS=Const(0),
            o_PLLOUTGLOBAL=clock,
            o_LOCK=locked,
        )
        return locked


@dataclass(frozen=True)
class Ecp5Pll:
    """Settings of ECP5's EHXPLLL with feedback from its first output: clock = crystal * feedback / reference.

    The oscillator runs ``output`` times as fast as the clock. Limits are those of Lattice's data sheet FPGA-DS-02012.
    """

    crystal_hz: float
    reference: int
    feedback: int
    output: int

    def __post_init__(self) -> None:
        for name in ("reference", "feedback", "output"):
            if not 1 <= getattr(self, name) <= 128:
                raise ValueError(f"{name} must be 1 to 128, not {getattr(self, name)}")
        _within("crystal", self.crystal_hz, 8, 400)
        _within("phase detector", self.crystal_hz / self.reference, 3.125, 400)
        _within("oscillator", self.oscillator_hz, 400, 800)
        _within("clock", self.clock_hz, 3.125, 400)

    @classmethod
    def between(cls, crystal_hz: float, clock_hz: float) -> Self:
        """Exact settings with the fastest phase detector, and with the oscillator in the middle of its range.

        Raises
        ------
        ValueError
            When there are none.
        """
        for reference in range(1, 129):
            feedback = round(clock_hz * reference / crystal_hz)
            if crystal_hz * feedback == clock_hz * reference:
                return cls(crystal_hz, reference, feedback, max(round(600 * MHZ / clock_hz), 1))
        raise ValueError(f"a clock of {clock_hz / MHZ:g} MHz is no ratio of {crystal_hz / MHZ:g} MHz; choose another")

    @property
    def clock_hz(self) -> float:
        """What comes out."""
        return self.crystal_hz * self.feedback / self.reference

    @property
    def oscillator_hz(self) -> float:
        """Of the PLL's own oscillator."""
        return self.clock_hz * self.output

    def make(self, platform: Any, m: Module, clock: Signal) -> Signal:
        """Add the PLL between the oscillator's pin and ``clock``, and return its lock, synchronous to ``start``.

        nextpnr derives the constraint of ``clock`` from that of the pin; boards.bitstream.build checks that it did.
        """
        unsteady, locked = Signal(), Signal()
        m.submodules.crystal = crystal = io.Buffer("i", platform.request(platform.default_clk, dir="-"))
        m.submodules.pll = Instance(
            "EHXPLLL",
            # Charge pump and filter as ecppll of Project Trellis sets them.
            a_FREQUENCY_PIN_CLKI=f"{self.crystal_hz / MHZ:g}",
            a_FREQUENCY_PIN_CLKOP=f"{self.clock_hz / MHZ:g}",
            a_ICP_CURRENT="12",
            a_LPF_RESISTOR="8",
            a_MFG_ENABLE_FILTEROPAMP="1",
            a_MFG_GMCREF_SEL="2",
            p_PLLRST_ENA="DISABLED",
            p_INTFB_WAKE="DISABLED",
            p_STDBY_ENABLE="DISABLED",
            p_DPHASE_SOURCE="DISABLED",
            p_OUTDIVIDER_MUXA="DIVA",
            p_OUTDIVIDER_MUXB="DIVB",
            p_OUTDIVIDER_MUXC="DIVC",
            p_OUTDIVIDER_MUXD="DIVD",
            p_FEEDBK_PATH="CLKOP",
            p_CLKI_DIV=self.reference,
            p_CLKFB_DIV=self.feedback,
            p_CLKOP_ENABLE="ENABLED",
            p_CLKOP_DIV=self.output,
            p_CLKOP_CPHASE=self.output // 2,
            p_CLKOP_FPHASE=0,
            i_RST=Const(0),
            i_STDBY=Const(0),
            i_CLKI=crystal.i,
            i_CLKFB=clock,
            i_PHASESEL0=Const(0),
            i_PHASESEL1=Const(0),
            i_PHASEDIR=Const(1),
            i_PHASESTEP=Const(1),
            i_PHASELOADREG=Const(1),
            i_PLLWAKESYNC=Const(0),
            i_ENCLKOP=Const(0),
            o_CLKOP=clock,
            o_LOCK=unsteady,
        )
        m.submodules.synchronizer = FFSynchronizer(unsteady, locked, o_domain="start")
        return locked


class PllClock(Elaboratable):
    """Clock and reset of domain ``sync`` from the board's oscillator through a PLL.

    It stays in reset for some microseconds after the PLL has locked: block RAM of iCE40 reads zeros for the first
    microseconds after configuration (Lattice's errata), which the reset covers as well.

    Parameters
    ----------
    pll
        The settings.
    """

    RESET_CYCLES = 1024

    def __init__(self, pll: Ice40Pll | Ecp5Pll) -> None:
        self._pll = pll

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # The counter lives in a domain of its own, since it makes the reset of the other.
        m.domains.start = ClockDomain(reset_less=True, local=True)
        clock, count, reset = Signal(), Signal(range(self.RESET_CYCLES)), Signal(init=1)
        locked = self._pll.make(platform, m, clock)
        m.d.comb += [ClockSignal("sync").eq(clock), ClockSignal("start").eq(clock)]
        with m.If(~locked):
            m.d.start += count.eq(0)
        with m.Elif(~count.all()):
            m.d.start += count.eq(count + 1)
        m.d.start += reset.eq(~count.all())
        m.d.comb += ResetSignal("sync").eq(reset)
        return m
