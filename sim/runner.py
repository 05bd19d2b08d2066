"""Cocotb's runner of Icarus Verilog, whose tools end with us as all others do."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cocotb_tools.runner import Icarus

from golden.system.running import ToolError, run


class IcarusRunner(Icarus):
    """Runner that starts iverilog and vvp through :mod:`golden.system.running`.

    ``build`` and ``test`` raise ToolError where a tool fails; a bench that fails is no failing tool.
    """

    log_file: Any
    env: dict[str, str]

    def _execute(self, cmds: Sequence[Sequence[str]], cwd: str | Path) -> None:
        for command in cmds:
            status, output = run(command, Path(cwd), variables=self.env)
            if self.log_file is not None:
                Path(self.log_file).write_text(output, encoding="utf-8")
            if status:
                raise ToolError(f"{command[0]} failed with status {status}; its output", output)
