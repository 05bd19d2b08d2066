"""Every component of rtl/ says what it promises: its members, throughput and latency."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

RTL = Path(__file__).parents[1] / "rtl"


def components() -> Iterator[tuple[str, ast.ClassDef]]:
    for file in sorted(RTL.glob("*.py")):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base) == "wiring.Component" for base in node.bases):
                yield f"{file.stem}.{node.name}", node


COMPONENTS = dict(components())


def members(component: ast.ClassDef) -> list[str]:
    """Names in the signature, as far as they are written out; windows of the host are described in rtl/memory.py."""
    for call in ast.walk(component):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args:
            assert isinstance(call.args[0], ast.Dict), f"{component.name} has no signature"
            keys = [key.value for key in call.args[0].keys if isinstance(key, ast.Constant)]
            return [str(key) for key in keys if not str(key).startswith("host_")]
    raise AssertionError(f"{component.name} has no signature")


def sections(component: ast.ClassDef) -> tuple[str, str]:
    """The docstring up to its sections, and the section of the members."""
    text = ast.get_docstring(component) or ""
    parts = re.split(r"\n(Parameters|Attributes|Members|Notes)\n-+\n", "\n" + text)
    return parts[0], dict(zip(parts[1::2], parts[2::2], strict=True)).get("Members", "")


def test_finds_the_components() -> None:
    assert {"processor.Processor", "core.Core", "streams.Merge"} <= COMPONENTS.keys()
    assert {"i_spikes", "o"} <= set(
        members(ast.parse("class A:\n def f(s): super().__init__({'i_spikes': 1, 'o': 2, 'host_a': 3})").body[0])  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("name", COMPONENTS)
def test_contract(name: str) -> None:
    contract, described = sections(COMPONENTS[name])
    names = {word for line in described.splitlines() if line[:1].strip() for word in re.split(r",\s*", line.strip())}
    missing = [member for member in members(COMPONENTS[name]) if member not in names]
    assert not missing, f"Members does not name {', '.join(missing)}"
    for word in ("throughput", "latency"):
        assert word in contract.lower(), f"nothing is said of {word}"
