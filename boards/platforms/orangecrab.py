"""OrangeCrab r0.2 with a serial line: it has USB, but no bridge to one."""

from __future__ import annotations

from amaranth.build import Attrs
from amaranth.vendor import LatticeECP5Platform
from amaranth_boards import orangecrab_r0_2
from amaranth_boards.resources import LEDResources, UARTResource


class OrangeCrab85FPlatform(orangecrab_r0_2.OrangeCrabR0_2_85FPlatform):
    """OrangeCrab r0.2 with an ECP5-85F, and a UART on the pins 0 (RX) and 1 (TX) of the Feather header.

    Red and green of its light become LEDs. The bitstream has no DFU suffix, which would take a tool that pip cannot
    install; dfu-util warns and goes on.
    """

    resources = [  # noqa: RUF012 - Amaranth's way
        *(one for one in orangecrab_r0_2.OrangeCrabR0_2_85FPlatform.resources if one.name != "rgb_led"),
        *LEDResources(pins="K4 M3", invert=True, attrs=Attrs(IO_TYPE="LVCMOS33")),
        UARTResource(0, rx="0", tx="1", conn=("io", 0), attrs=Attrs(IO_TYPE="LVCMOS33", PULLMODE="UP")),
    ]
    required_tools = LatticeECP5Platform.required_tools
    command_templates = LatticeECP5Platform.command_templates


class OrangeCrab25FPlatform(OrangeCrab85FPlatform):
    """The same with the smaller chip."""

    device = "LFE5U-25F"
