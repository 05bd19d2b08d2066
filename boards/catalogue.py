"""The boards: platforms, limits and clocks."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from boards.platforms.clocks import Ecp5Pll, Ice40Pll
from boards.platforms.flash import Flash
from boards.platforms.floor import FLOOR_85F, Floor
from boards.platforms.loader import Loader
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
    loader
        How a bitstream gets into it.
    floor
        Sites for the floorplan of large designs, where there is one.
    button
        Name and number of the resource of a button, or of a switch where there is none; 1 when it is pressed, whatever
        its pin does then. None where the board has neither.
    flash
        The flash that its bitstream lies in, as far as it has room for more, or None.
    """

    name: str
    summary: str
    module: str
    platform: str
    pll: Ice40Pll | Ecp5Pll
    family: str
    limits: dict[str, int]
    loader: Loader
    baud: int = 1_000_000
    plls: Mapping[str, Ice40Pll | Ecp5Pll] = field(default_factory=dict)
    floor: Floor | None = None
    button: tuple[str, int] | None = None
    flash: Flash | None = None

    @property
    def store(self) -> Flash:
        """The flash; raises UserError where there is none."""
        if self.flash is None:
            with_one = ", ".join(name for name, board in BOARDS.items() if board.flash)
            raise UserError(f"board {self.name} has no flash with room for a recording; choose one of {with_one}")
        return self.flash

    @property
    def ebr_bits(self) -> int:
        """Bits of one block RAM."""
        return _EBR_BITS[self.family]

    @property
    def link_memory(self) -> int:
        """Bytes that the link keeps for each direction: together, one block RAM or less."""
        return _LINK_MEMORY[self.family]

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
_ECP5_12F = {"lc": 12144, "ebr": 32, "spram": 0, "dsp": 28}  # what Lattice vouches for; the silicon is that of a 25F
_EBR_BITS = {"ice40": 4096, "ecp5": 18432}
_LINK_MEMORY = {"ice40": 128, "ecp5": 1024}
_EBR_PORT, _SPRAM_PORT = {"ice40": 16, "ecp5": 36}, 16  # widest read port, in bits

_CALM = Ecp5Pll.between(25e6, 60e6)
_PLLS = {"mnist-rows": _CALM, "fsdd": _CALM, "cue": Ecp5Pll.between(25e6, 45e6)}  # an address takes a multiplier


def _ulx3s(size: str, limits: dict[str, int], **fields: Any) -> Board:
    return Board(
        name=f"ulx3s-{size.lower()}",
        summary=f"ULX3S, Lattice ECP5-{size}",
        module="amaranth_boards.ulx3s",
        platform=f"ULX3S_{size}_Platform",
        pll=Ecp5Pll.between(25e6, 75e6),  # that and the others divide to 3 Mbaud
        family="ecp5",
        limits=limits,
        loader=Loader(usb=("0403", "6015"), name="ulx3s"),
        baud=3_000_000,
        plls=_PLLS,
        button=("button_fire", 0),
        flash=Flash("spi_flash", 1 << 24, 1 << 22, clock_pin=False),
        **fields,
    )


def _colorlight(name: str, revision: str, size: str, limits: dict[str, int]) -> Board:
    return Board(
        name=f"colorlight-{name}",
        summary=f"Colorlight {name} {revision} on Muse Lab's extension board, Lattice ECP5-{size}",
        module="boards.platforms.colorlight",
        platform=f"Colorlight{name.upper()}Platform",
        pll=Ecp5Pll.between(25e6, 65e6),
        family="ecp5",
        limits=limits,
        loader=Loader(usb=("0d28", "0204"), name=f"colorlight-{name}"),
        plls=_PLLS,
    )


def _orangecrab(size: str, limits: dict[str, int], **fields: Any) -> Board:
    return Board(
        name=f"orangecrab-{size.lower()}",
        summary=f"OrangeCrab r0.2, Lattice ECP5-{size}, UART on header pins 0 (RX) and 1 (TX)",
        module="boards.platforms.orangecrab",
        platform=f"OrangeCrab{size}Platform",
        pll=Ecp5Pll.between(48e6, 72e6),
        family="ecp5",
        limits=limits,
        loader=Loader(usb=("1209", "5af0"), name="orangeCrab", volatile=False, boot_loader=True),
        button=("button", 0),
        flash=Flash("spi_flash_1x", 1 << 24, 1 << 22, clock_pin=False),
        **fields,
    )


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
            loader=Loader(usb=("0403", "6010"), name="ice40_generic", volatile=False, interface=1),
            baud=3_000_000,
            button=("button", 0),
            flash=Flash("spi_flash_1x", 1 << 24, 1 << 17),
        ),
        Board(
            name="icesugar",
            summary="iCESugar v1.5, Lattice iCE40UP5K",
            module="boards.platforms.icesugar",
            platform="ICESugarPlatform",
            pll=Ice40Pll(12e6, divr=0, divf=63, divq=5),
            family="ice40",
            limits=_UP5K,
            loader=Loader(usb=("1d50", "602b"), drive="iCELink", volatile=False),
            baud=115_200,  # a microcontroller passes the bytes on, and nothing says that it keeps up with more
            button=("switch", 0),
            flash=Flash("spi_flash_1x", 1 << 23, 1 << 17),
        ),
        _colorlight("i5", "v7.0", "25F", _ECP5_25F),
        _colorlight("i9", "v7.2", "45F", _ECP5_45F),
        _ulx3s("12F", _ECP5_12F),
        _ulx3s("25F", _ECP5_25F),
        _ulx3s("45F", _ECP5_45F),
        _ulx3s("85F", _ECP5_85F, floor=FLOOR_85F),
        _orangecrab("25F", _ECP5_25F),
        _orangecrab("85F", _ECP5_85F, floor=FLOOR_85F),
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
