"""Colorlight i5 and i9 on the extension board of Muse Lab, which amaranth-boards does not have.

Pins as the vendor of the extension board documents them, https://github.com/wuxx/Colorlight-FPGA-Projects: oscillator
and LED in README.md (i5 v7.0) and colorlight_i9_v7.2.md, the serial line of its USB bridge in src/i5/uart_tx/top.lpf.
The i9 has the same SODIMM pins (84 and 86) for it.
"""

from __future__ import annotations

from typing import Any

from amaranth.build import Attrs, Clock, Pins, Resource
from amaranth.vendor import LatticeECP5Platform
from amaranth_boards.resources import LEDResources, UARTResource


def _resources(led: str) -> list[Any]:
    attributes = Attrs(IO_TYPE="LVCMOS33")
    return [
        Resource("clk25", 0, Pins("P3", dir="i"), Clock(25e6), attributes),
        *LEDResources(pins=led, invert=True, attrs=attributes),
        UARTResource(0, rx="H18", tx="J17", attrs=attributes),
    ]


class ColorlightI5Platform(LatticeECP5Platform):
    """Colorlight i5 v7.0: LFE5U-25F-6BG381C."""

    device, package, speed = "LFE5U-25F", "BG381", "6"
    default_clk = "clk25"
    resources = _resources("U16")
    connectors: list[Any] = []  # noqa: RUF012 - Amaranth's way


class ColorlightI9Platform(LatticeECP5Platform):
    """Colorlight i9 v7.2: LFE5U-45F-6BG381C."""

    device, package, speed = "LFE5U-45F", "BG381", "6"
    default_clk = "clk25"
    resources = _resources("L2")
    connectors: list[Any] = []  # noqa: RUF012 - Amaranth's way
