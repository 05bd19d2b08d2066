"""The boards: platforms, limits and clocks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from boards.platforms.clocks import Ecp5Pll, Ice40Pll
from boards.platforms.floor import FLOOR_85F, Floor
from golden.spec.config import Preset
from golden.spec.errors import UserError, nearest


@dataclass(frozen=True)
class Board:
    """A board that a processor can be built for.

    Attributes
    ----------
    name, summary
        For the user.
    module, platform
        Where its platform is.
    pll
        How the clock of the processor is made of the board's oscillator.
    baud
        Of the serial link.
    plls
        Instead of ``pll`` for single presets, by name: those that reach another frequency.
    family
        ``ice40`` or ``ecp5``.
    limits
        What the chip has: lc, ebr, spram, dsp.
    floor
        Sites for the floorplan of large designs, where there is one.
    """

    name: str
    summary: str
    module: str
    platform: str
    pll: Ice40Pll | Ecp5Pll
    family: str
    limits: dict[str, int]
    baud: int = 1_000_000
    plls: Mapping[str, Ice40Pll | Ecp5Pll] = field(default_factory=dict)
    floor: Floor | None = None

    @property
    def ebr_bits(self) -> int:
        """Bits of one block RAM."""
        return _EBR_BITS[self.family]

    @property
    def memory_bits(self) -> int:
        """Bits of block RAM and single-port RAM on the chip."""
        return self.limits["ebr"] * self.ebr_bits + self.limits["spram"] * SPRAM_BITS

    @property
    def memory_bits_per_cycle(self) -> int:
        """Bits that all memories of the chip together can read in a cycle."""
        return self.limits["ebr"] * _EBR_PORT[self.family] + self.limits["spram"] * _SPRAM_PORT

    @property
    def clock_hz(self) -> float:
        """Clock of the processor."""
        return self.pll.clock_hz

    def for_preset(self, name: str) -> Board:
        """The board with the clock that it has for a preset."""
        return replace(self, pll=self.plls[name]) if name in self.plls else self

    def make_platform(self) -> Any:
        """The platform."""
        return getattr(importlib.import_module(self.module), self.platform)()

    def adapted(self, preset: Preset) -> Preset:
        """The preset with single-port weight memories only where the chip has such; results do not depend on it."""
        if self.limits["spram"] or not preset.hardware.single_port:
            return preset
        return replace(preset, hardware=replace(preset.hardware, single_port=False))


SPRAM_BITS = 1 << 18
_UP5K = {"lc": 5280, "ebr": 30, "spram": 4, "dsp": 8}
_ECP5_85F = {"lc": 83640, "ebr": 208, "spram": 0, "dsp": 156}
_ECP5_45F = {"lc": 43848, "ebr": 108, "spram": 0, "dsp": 72}
_ECP5_25F = {"lc": 24288, "ebr": 56, "spram": 0, "dsp": 28}
_EBR_BITS = {"ice40": 4096, "ecp5": 18432}
_EBR_PORT, _SPRAM_PORT = {"ice40": 16, "ecp5": 36}, 16  # widest read port, in bits

BOARDS = {
    board.name: board
    for board in (
        Board(
            name="icebreaker",
            summary="iCEBreaker, Lattice iCE40UP5K",
            module="amaranth_boards.icebreaker",
            platform="ICEBreakerPlatform",
            pll=Ice40Pll(12e6, divr=0, divf=63, divq=5),
            family="ice40",
            limits=_UP5K,
        ),
        Board(
            name="colorlight-i5",
            summary="Colorlight i5 v7.0 on Muse Lab's extension board, Lattice ECP5-25F",
            module="boards.platforms.colorlight",
            platform="ColorlightI5Platform",
            pll=Ecp5Pll.between(25e6, 65e6),
            family="ecp5",
            limits=_ECP5_25F,
        ),
        Board(
            name="colorlight-i9",
            summary="Colorlight i9 v7.2 on Muse Lab's extension board, Lattice ECP5-45F",
            module="boards.platforms.colorlight",
            platform="ColorlightI9Platform",
            pll=Ecp5Pll.between(25e6, 65e6),
            family="ecp5",
            limits=_ECP5_45F,
        ),
        Board(
            name="ulx3s-85f",
            summary="ULX3S, Lattice ECP5-85F",
            module="amaranth_boards.ulx3s",
            platform="ULX3S_85F_Platform",
            pll=Ecp5Pll.between(25e6, 70e6),
            family="ecp5",
            limits=_ECP5_85F,
            plls=dict.fromkeys(("mnist-large", "mnist-deep"), Ecp5Pll.between(25e6, 75e6))
            | dict.fromkeys(("mnist-rows", "fsdd"), Ecp5Pll.between(25e6, 60e6))
            | {"cue": Ecp5Pll.between(25e6, 50e6)},
            floor=FLOOR_85F,
        ),
        Board(
            name="orangecrab-85f",
            summary="OrangeCrab r0.2, Lattice ECP5-85F, UART on header pins 0 (RX) and 1 (TX)",
            module="boards.platforms.orangecrab",
            platform="OrangeCrab85FPlatform",
            pll=Ecp5Pll.between(48e6, 72e6),
            family="ecp5",
            limits=_ECP5_85F,
            floor=FLOOR_85F,
        ),
    )
}


def board_named(name: str) -> Board:
    """Return the board called ``name``, or raise :class:`UserError` naming those there are."""
    try:
        return BOARDS[name]
    except KeyError:
        raise UserError(
            f"there is no board {name!r}; choose one of {', '.join(BOARDS)}{nearest(name, BOARDS)}"
        ) from None
