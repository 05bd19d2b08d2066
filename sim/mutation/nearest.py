"""Which tests are asked about a module: those that stand nearest to it."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

FLOORS = ("golden", "rtl", "sim", "boards", "tests")
ASKED = ("spec", "golden", "rtl", "boards_host", "boards_simulated")
"""Beginnings of tests that look at bits; others only run the same code once more, in products and commands."""


def nearest_tests(root: Path, file: str, count: int) -> list[str]:
    """Tests of a module, the nearest first.

    The test that is named after it, then those that use it directly, or that are named after a module that does, and
    so on upwards through what imports what. At equal distance the same stem comes first.
    """
    users, module = _users(root), file.removesuffix(".py").replace("/", ".")
    found, seen, level = list[str](), {module}, [module]
    while level and len(found) < count:
        tests = {test for name in level for test in (_own(name), name.removeprefix("tests.")) if _is_asked(root, test)}
        stem = module.rpartition(".")[2]
        found += sorted(tests - set(found), key=lambda test: (not test.endswith(f"_{stem}"), test))
        above = {user for name in level for user in users.get(name, ())}
        level = sorted(above - seen)
        seen |= above
    return [f"tests/{test}.py" for test in found[:count]]


def _own(module: str) -> str:
    """Name of the test of a module; a bench belongs to that of its component."""
    floor, *parts = module.split(".")
    if floor == "golden" and parts[:1] == ["spec"]:
        return "_".join(("test", *parts))
    if floor == "sim" and parts[:1] == ["benches"]:
        return "_".join(("test_rtl", *parts[1:]))
    return "_".join(("test", floor, *parts))


def _is_asked(root: Path, test: str) -> bool:
    return test.removeprefix("test_").startswith(ASKED) and (root / "tests" / f"{test}.py").is_file()


@lru_cache(maxsize=4)
def _users(root: Path) -> dict[str, set[str]]:
    """Modules that import a module, by its name."""
    files = {
        ".".join(path.relative_to(root).with_suffix("").parts): path
        for floor in FLOORS
        for path in (root / floor).rglob("*.py")
    }
    users: dict[str, set[str]] = {}
    for user, path in files.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
            for name in set(names) & files.keys():
                users.setdefault(name, set()).add(user)
    return users
