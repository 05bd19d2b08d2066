"""The floors of the architecture: imports only go down, read from the sources without running them."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor", "tests")
HARDWARE = {"amaranth", "amaranth_boards"}

# What each floor may import of this project, and which packages it must not import from outside.
ALLOWED = {
    "golden/spec": ({"golden.spec"}, None),  # None: nothing but the standard library
    "golden": ({"golden"}, HARDWARE),
    "rtl": ({"golden.spec", "rtl"}, {"numpy", "numba", "amaranth_boards"}),
    "sim": ({"golden", "rtl", "sim"}, {"amaranth_boards"}),
    "boards": (
        {"golden", "rtl", "sim.backends.interface", "sim.backends.stimulus", "boards"},
        set[str](),
    ),  # a board is a backend
    "threefactor": ({"golden", "rtl", "sim", "boards", "threefactor"}, set[str]()),
}


def floor_of(path: Path) -> str:
    relative = path.relative_to(ROOT)
    return "golden/spec" if relative.parts[:2] == ("golden", "spec") else relative.parts[0]


def imported(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it; ``from a import b`` counts as ``a.b``."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def within(module: str, packages: set[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


SOURCES = sorted(path for floor in FLOORS if floor != "tests" for path in (ROOT / floor).rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_only_go_down(path: Path) -> None:
    inside, banned = ALLOWED[floor_of(path)]
    for module in imported(path):
        top = module.partition(".")[0]
        if top in FLOORS:
            assert within(module, inside), f"{path.relative_to(ROOT)} must not import {module}"
        elif banned is None:
            assert top in sys.stdlib_module_names, f"{path.relative_to(ROOT)} may import the standard library only"
        else:
            assert top not in banned, f"{path.relative_to(ROOT)} must not import {module}"


def test_every_floor_is_read() -> None:
    assert {floor_of(path) for path in SOURCES} == set(ALLOWED)


def test_reads_imports_of_every_kind(tmp_path: Path) -> None:
    source = tmp_path / "example.py"
    source.write_text("import a.b\ndef f():\n    from c import d\n")
    assert imported(source) == {"a.b", "c.d"}
    assert within("golden.spec.config", {"golden.spec"})
    assert not within("golden.specification", {"golden.spec"})
