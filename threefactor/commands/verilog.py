"""``threefactor verilog``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.system.writing import write_text
from rtl.verilog import TOP, processor_verilog
from threefactor import options
from threefactor.console import remarks

STDOUT = Path("-")


@click.command("verilog")
@options.preset
@click.option("-o", "file", type=click.Path(path_type=Path), required=True, help="File to write; - for stdout.")
def command(preset: Preset, file: Path) -> None:
    """Write the Verilog of a preset's processor."""
    if not file.parent.is_dir():  # a mistyped name should not make folders
        raise UserError(f"{file}: No such file or directory; make the folder {file.parent} first")
    text: str = processor_verilog(preset)
    if file == STDOUT:
        click.echo(text, nl=False)
    else:
        write_text(file, text)
    remarks.print(f"module {TOP}, {text.count(chr(10)):,} lines")
