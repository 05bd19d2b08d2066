"""``threefactor verilog``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.spec.config import Preset
from rtl.verilog import TOP, processor_verilog
from threefactor import options
from threefactor.console import remarks


@click.command("verilog")
@options.preset
@click.option("-o", "file", type=click.Path(path_type=Path), required=True, help="File to write; - for stdout.")
def command(preset: Preset, file: Path) -> None:
    """Write the Verilog of a preset's processor."""
    text: str = processor_verilog(preset)
    with click.open_file(str(file), "w", encoding="utf-8") as output:
        output.write(text)
    remarks.print(f"module {TOP}, {text.count(chr(10)):,} lines")
