"""Clocks of the boards: settings within the chips' limits, exact frequencies, constraints and serial rates."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest

from boards.bitstream.top import Top
from boards.catalogue import BOARDS
from boards.platforms.clocks import Ecp5Pll, Ice40Pll
from golden.spec.presets import PRESETS, preset_named
from rtl.uart import divisor_for


@lru_cache
def files_of(name: str) -> dict[str, Any]:
    board = BOARDS[name]
    plan = board.make_platform().prepare(Top(board.adapted(preset_named("tiny")), board), emit_src=False)
    return dict(plan.files)


@pytest.mark.parametrize(
    ("crystal", "clock", "expected"),
    [(25e6, 70e6, (5, 14, 9)), (25e6, 75e6, (1, 3, 8)), (48e6, 72e6, (2, 3, 8)), (25e6, 60e6, (5, 12, 10))],
)
def test_ecp5_settings(crystal: float, clock: float, expected: tuple[int, int, int]) -> None:
    """As ecppll of Project Trellis finds them, where it is exact."""
    pll = Ecp5Pll.between(crystal, clock)
    assert (pll.reference, pll.feedback, pll.output) == expected
    assert pll.clock_hz == clock
    assert 400e6 <= pll.oscillator_hz <= 800e6


@pytest.mark.parametrize("clock", range(5, 401, 5))
def test_ecp5_settings_of_many_clocks_are_valid(clock: int) -> None:
    assert Ecp5Pll.between(25e6, clock * 1e6).clock_hz == pytest.approx(clock * 1e6)


@pytest.mark.parametrize(
    ("crystal", "clock", "sentence"),
    [
        (25e6, 70.1234567e6, "a clock of 70.1235 MHz is no ratio of 25 MHz; choose another"),
        (48e6, 70e6, "phase detector must be 3.125 to 400 MHz, not 2 MHz"),
        (7e6, 70e6, "crystal must be 8 to 400 MHz, not 7 MHz"),
        (25e6, 450e6, "oscillator must be|clock must be 3.125 to 400 MHz, not 450 MHz"),
        (25e6, 3.125e6, "output must be 1 to 128, not 192"),
    ],
)
def test_impossible_ecp5_clocks(crystal: float, clock: float, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Ecp5Pll.between(crystal, clock)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ((12e6, 16, 63, 5), "divr must be 0 to 15, not 16"),
        ((12e6, 1, 63, 5), "phase detector must be 10 to 133 MHz, not 6 MHz"),
        ((12e6, 0, 10, 5), "oscillator must be 533 to 1066 MHz, not 132 MHz"),
        ((12e6, 0, 63, 6), "clock must be 16 to 275 MHz, not 12 MHz"),
    ],
)
def test_impossible_ice40_clocks(settings: tuple[float, int, int, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Ice40Pll(*settings)


def test_icebreaker_has_24_mhz() -> None:
    assert BOARDS["icebreaker"].clock_hz == 24e6
    assert re.search(r"parameter \\FILTER_RANGE 3'001", files_of("icebreaker")["top.il"])


@pytest.mark.parametrize("name", BOARDS)
def test_serial_rate_of_every_clock(name: str) -> None:
    """A tenth of what the receiver tolerates at most, for every preset."""
    for preset in PRESETS:
        board = BOARDS[name].for_preset(preset)
        divided = board.clock_hz / divisor_for(board.clock_hz, board.baud)
        assert abs(divided / board.baud - 1) < 0.0025


@pytest.mark.parametrize("name", [board.name for board in BOARDS.values() if board.family == "ecp5"])
def test_constrained_pins_and_pll_of_ecp5_boards(name: str) -> None:
    board, files = BOARDS[name], files_of(name)
    text, constraints = files["top.il"], files["top.lpf"]
    assert re.search(rf"FREQUENCY PORT \"\S+\" {board.pll.crystal_hz} HZ;", constraints)
    assert f'attribute \\FREQUENCY_PIN_CLKOP "{board.clock_hz / 1e6:g}"' in text
    assert text.count("cell \\EHXPLLL ") == 1
    for port in ("uart_0__rx__io", "uart_0__tx__io", "led_0__io"):
        assert f'LOCATE COMP "{port}"' in constraints
    sites = re.findall(r'LOCATE COMP "\S+" SITE "(\S+)"', constraints)
    assert len(set(sites)) == len(sites)


def test_clock_of_a_single_preset() -> None:
    board = replace(BOARDS["ulx3s-85f"], plls={"mnist-large": Ecp5Pll.between(25e6, 50e6)})
    assert board.for_preset("mnist-large").clock_hz == 50e6
    assert board.for_preset("digits").clock_hz == 75e6
