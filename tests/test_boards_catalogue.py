"""The boards: what BOARDS.md says of their pins, and that each can be shown, heard and programmed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boards import catalogue
from boards.catalogue import BOARDS, Board

PAGE = (Path(catalogue.__file__).parent / "BOARDS.md").read_text(encoding="utf-8")


def pin(port: Any) -> str:
    """Pin of the package that a port of one bit is at; ``n`` where it is inverted."""
    (metadata,), (inverted,) = port.io.metadata, port.invert
    return f"{metadata.name}{'n' if inverted else ''}"


def row_of(board: Board) -> str:
    """Row of the table of pins, from the platform."""
    platform = board.make_platform()
    request = lambda *name: platform.request(*name, dir="-")  # noqa: E731
    uart = request("uart", 0)
    lights = (pin(request("led", index)) if ("led", index) in platform.resources else "-" for index in (0, 1))
    button = "-" if board.button is None else f"{' '.join(map(str, board.button))}: {pin(request(*board.button))}"
    oscillator = f"{pin(request(platform.default_clk))}, {platform.default_clk_frequency / 1e6:g} MHz"
    chip = f"{platform.device}-{platform.package}"
    cells = (board.name, chip, oscillator, pin(uart.rx), pin(uart.tx), f"{board.baud:,}", *lights, button)
    return f"| {' | '.join(cells)} |"


@pytest.mark.parametrize("name", BOARDS)
def test_the_page_has_the_pins_of_the_platform(name: str) -> None:
    assert row_of(BOARDS[name]) in PAGE.splitlines()


@pytest.mark.parametrize("name", BOARDS)
def test_the_page_says_how_to_program(name: str) -> None:
    loader = BOARDS[name].loader
    (row,) = [
        row for row in PAGE.splitlines() if "ATTRS" in row and name in row.split("|")[1].replace(",", " ").split()
    ]
    assert row.endswith(f"| {loader.name or '-'} | `{loader.udev_rule}` |")
    assert bool(loader.name) != bool(loader.drive)


@pytest.mark.parametrize("name", BOARDS)
def test_the_crystal_is_that_of_the_platform(name: str) -> None:
    board = BOARDS[name]
    assert board.pll.crystal_hz == board.make_platform().default_clk_frequency
    assert {pll.crystal_hz for pll in board.plls.values()} <= {board.pll.crystal_hz}


def test_a_chip_is_offered_as_it_is_sold() -> None:
    """nextpnr would use all of the silicon of a 12F, which is that of a 25F."""
    sold = {kind: BOARDS["ulx3s-12f"].limits[kind] for kind in ("lc", "ebr")}
    assert sold == {"lc": 12144, "ebr": 32}
    assert BOARDS["ulx3s-25f"].limits["lc"] == 2 * sold["lc"]
