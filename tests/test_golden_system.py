"""There is one way to do each dangerous thing: no other file starts processes or makes temporary files by itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))

# What is dangerous, and the only file that may do it.
ONLY = {
    "subprocess": "golden/system/running.py",
    "tempfile": "golden/system/temporary.py",
    "fcntl": "golden/system",
    "importlib.metadata": "golden/system/tools.py",
}
CALLS = {"replace", "rename"}  # of os, which need no import of their own


def dangers(tree: ast.AST) -> set[str]:
    """Modules of ``ONLY`` that a file imports, and os.replace and os.rename."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        elif isinstance(node, ast.Attribute) and node.attr in CALLS and getattr(node.value, "id", "") == "os":
            found.add(f"os.{node.attr}")
    return found & {*ONLY, *(f"os.{name}" for name in CALLS)}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_one_way_to_do_each_dangerous_thing(path: Path) -> None:
    name = path.relative_to(ROOT).as_posix()
    for danger in dangers(ast.parse(path.read_text(encoding="utf-8"))):
        assert name.startswith(ONLY.get(danger, "nowhere")), f"{name} uses {danger}"


def test_finds_dangers_of_every_kind() -> None:
    source = (
        "import subprocess as s\ndef f():\n    from tempfile import mkstemp\n    os.replace(a, b)\n    b.replace(c)\n"
    )
    assert dangers(ast.parse(source)) == {"subprocess", "tempfile", "os.replace"}
