"""``threefactor verilog``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.system.places import cache_folder
from golden.system.writing import write_text
from rtl.verilog import TOP, processor_verilog
from threefactor import options
from threefactor.console import emit, remarks

STDOUT = Path("-")


@click.command("verilog")
@options.preset
@click.option("-o", "file", type=click.Path(path_type=Path), required=True, help="File to write; - for stdout.")
@options.as_json
def command(preset: Preset, file: Path, as_json: bool) -> None:
    """Write the Verilog of a preset's processor, for any tools.

    A comment in it says what the ports carry and which memories need initial contents; rtl/verilog.vlt waives what
    Verilator's linter says of it.
    """
    if as_json and file == STDOUT:
        raise UserError("--json and the Verilog cannot both go to standard output; give a file with -o")
    if not file.parent.is_dir():  # a mistyped name should not make folders
        raise UserError(f"{file}: No such file or directory; make the folder {file.parent} first")
    cache_folder()  # for Amaranth's Yosys, which keeps there what it compiled of itself
    text, memories = processor_verilog(preset)
    if file == STDOUT:
        click.echo(text, nl=False)
    else:
        write_text(file, text)
    lines = text.count("\n")
    if as_json:
        found = [asdict(memory) for memory in memories]
        emit({"preset": preset.name, "module": TOP, "lines": lines, "memories": found}, as_json=True)
        return
    needed = sum(memory.initial for memory in memories)
    remarks.print(f"module {TOP}, {lines:,} lines; {needed} of {len(memories)} memories need their initial contents")
