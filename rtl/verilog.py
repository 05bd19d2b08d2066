"""Verilog of a processor."""

from __future__ import annotations

from amaranth.back import verilog

from golden.spec.config import Preset
from rtl.processor import Processor

TOP = "threefactor"


def processor_verilog(preset: Preset) -> str:
    """Return the Verilog of the preset's processor, module ``threefactor``, ports named like its streams."""
    return verilog.convert(Processor(preset), name=TOP, emit_src=False)
