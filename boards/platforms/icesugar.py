"""iCESugar with switches that read 1 when they are on."""

from __future__ import annotations

from amaranth.build import Attrs
from amaranth_boards import icesugar
from amaranth_boards.resources import SwitchResources


class ICESugarPlatform(icesugar.ICESugarPlatform):
    """iCESugar v1.5, whose switches pull their pins low.

    That they do, and the other pins, as the vendor's examples have them: src/common/io.pcf and
    src/basic/verilog/switch in https://github.com/wuxx/icesugar. The pins are free for PMOD 4 once their jumpers are
    taken out, hence the pull-ups.
    """

    resources = [  # noqa: RUF012 - Amaranth's way
        *(one for one in icesugar.ICESugarPlatform.resources if one.name != "switch"),
        *SwitchResources(pins="18 19 20 21", invert=True, attrs=Attrs(IO_STANDARD="LVCMOS33", PULLUP=1)),
    ]
