"""Floors and rooms of the architecture: imports only go down and never in a circle, read from the sources.

A new room gets a line in ``ROOMS``, below all that it uses.
"""

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
        {
            *("golden", "rtl", "boards"),
            *("sim.backends.interface", "sim.backends.stimulus"),  # a board is a backend
            *("sim.backends.library", "sim.backends.verilator", "sim.design"),  # and can be simulated itself
        },
        set[str](),
    ),
    "threefactor": ({"golden", "rtl", "sim", "boards", "threefactor"}, set[str]()),
}

MODEL = {"golden", "golden.spec", "golden.system"}
FRONT_DOOR = "threefactor/__init__"

# Rooms from the bottom to the top, and the rooms that each may import from; a floor's name is that of its flat files.
ROOMS: dict[str, set[str]] = {
    "golden.spec": set(),
    "golden.system": {"golden.spec"},
    "golden": {"golden.spec"},  # the rule, a stem a file
    "golden.engine": MODEL,
    "golden.cycles": MODEL,
    "golden.data": {"golden.spec", "golden.system"},
    "golden.training": {*MODEL, "golden.engine", "golden.data"},
    "rtl": {"golden.spec"},
    "sim": {"golden.spec", "golden.system", "rtl"},
    "sim.backends": {*MODEL, "rtl", "sim"},
    "sim.benches": {*MODEL, "golden.cycles", "rtl", "sim"},
    "sim.mutation": {*MODEL, "rtl", "sim"},
    "sim.formal": {"golden.spec", "golden.system", "rtl", "sim"},
    "sim.compare": {*MODEL, "golden.engine", "golden.data", "golden.training", "sim.backends"},
    "sim.crosscheck": {*MODEL, "golden.engine", "golden.cycles", "rtl", "sim.backends", "sim.compare"},
    "boards.platforms": {"golden.spec"},
    "boards": {*MODEL, "golden.cycles", "golden.data", "golden.training", "boards.platforms"},
    "boards.estimate": {"golden.spec", "golden.system", "boards"},
    "boards.bitstream": {"golden.spec", "golden.system", "rtl", "boards", "boards.estimate", "boards.platforms"},
    "boards.host": {*MODEL, "golden.engine", "golden.data", "golden.training", "sim.backends", "boards"},
    "boards.simulated": {
        *(*MODEL, "golden.engine", "golden.data", "rtl", "sim", "sim.backends"),
        *("boards", "boards.bitstream", "boards.host", "boards.platforms"),
    },
    "boards.gates": {
        *("golden", "golden.spec", "golden.system", "golden.data", "rtl", "sim.backends"),
        *("boards", "boards.bitstream", "boards.host", "boards.simulated"),
    },
    "threefactor": {*MODEL, "golden.data", "golden.training", "sim.backends"},
    "threefactor.plots": {*MODEL, "golden.training"},
    "threefactor.benchmark": {*MODEL, "golden.engine", "golden.data", "golden.training"},
    "threefactor.studies": {
        *MODEL,
        *("golden.engine", "golden.data", "golden.training", "sim.backends", "sim.compare", "threefactor"),
        "threefactor.plots",
    },
    "threefactor.tuning": {
        *MODEL,
        *("golden.data", "golden.training", "boards", "boards.estimate", "threefactor"),
    },
    "threefactor.report": {
        *MODEL,
        *("golden.cycles", "golden.data", "golden.training", "sim.compare", "boards", "boards.bitstream"),
        "threefactor.plots",
    },
    "threefactor.draft": {*MODEL, "golden.data", "boards", "boards.estimate"},
    "threefactor.estimator": {
        *MODEL,
        *("golden.engine", "golden.data", "golden.training", "rtl", "sim.backends", "sim.compare", "boards"),
        *("boards.bitstream", "boards.estimate", "boards.host", "threefactor", "threefactor.draft"),
    },
    "threefactor.commands": {
        *MODEL,
        *("golden.engine", "golden.cycles", "golden.data", "golden.training", "rtl", "sim.backends", "sim.compare"),
        *("sim.mutation", "boards", "boards.bitstream", "boards.host"),
        *("threefactor", "threefactor.plots", "threefactor.benchmark"),
        *("threefactor.studies", "threefactor.tuning", "threefactor.report", "threefactor.draft"),
        *("boards.estimate", "boards.simulated", "boards.gates", "sim.crosscheck", "sim.formal"),
    },
    FRONT_DOOR: {"threefactor.estimator"},
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


def module_of(path: Path) -> str:
    """Name of the module in a file; a package's is that of its folder."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(path): path for path in SOURCES}


def room_of(module: str) -> str:
    """Floor and room; what a room is divided into belongs to it, and what a user imports is the front door."""
    if module == "threefactor":
        return FRONT_DOOR
    parts = module.split(".")
    folders = parts if MODULES[module].name == "__init__.py" else parts[:-1]
    return ".".join(folders[:2])


def used(module: str) -> set[str]:
    """Modules of this project that a module imports, anywhere in it."""
    found = set()
    for name in imported(MODULES[module]):
        while name and name not in MODULES:  # a name in a module
            name = name.rpartition(".")[0]
        found |= {name} - {"", module}
    return found


def circle(graph: dict[str, set[str]]) -> list[str]:
    """A way along the edges of a graph that ends where it began, or nothing."""
    left: set[str] = set()

    def walk(node: str, way: list[str]) -> list[str]:
        if node in way:
            return [*way[way.index(node) :], node]
        for other in sorted(graph.get(node, set()) - left):
            if found := walk(other, [*way, node]):
                return found
        left.add(node)
        return []

    return next((found for node in sorted(graph) if (found := walk(node, []))), [])


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


@pytest.mark.parametrize("module", MODULES)
def test_rooms_use_what_is_below_them(module: str) -> None:
    room = room_of(module)
    for other in sorted(used(module)):
        assert room_of(other) in {room, *ROOMS[room]}, f"{module} must not import {other}"


def test_rooms_stand_on_one_another() -> None:
    rooms = {room_of(module) for module in MODULES if MODULES[module].name != "__init__.py"}
    assert set(ROOMS) == {*rooms, FRONT_DOOR}
    order = list(ROOMS)
    for room, below in ROOMS.items():
        assert below <= set(order[: order.index(room)]), f"{room} stands below a room that it uses"


def test_no_module_imports_itself_through_others() -> None:
    found = circle({module: used(module) for module in MODULES})
    assert not found, " imports ".join(found)


def test_circles_are_found() -> None:
    assert circle({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}, "d": set()}) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"d"}, "d": {"b"}}) == ["b", "c", "d", "b"]


def test_every_floor_is_read() -> None:
    assert {floor_of(path) for path in SOURCES} == set(ALLOWED)


def test_reads_imports_of_every_kind(tmp_path: Path) -> None:
    source = tmp_path / "example.py"
    source.write_text("import a.b\ndef f():\n    from c import d\n")
    assert imported(source) == {"a.b", "c.d"}
    assert within("golden.spec.config", {"golden.spec"})
    assert not within("golden.specification", {"golden.spec"})
