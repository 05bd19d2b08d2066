"""Text is UTF-8 whatever the locale: every opening says so, and commands run in the C locale in a folder called Zoë."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
SOURCES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
OTHERS = ("os", "wave", "gzip", "archive")  # whose open() gives no text, or not unless asked


def constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def is_text(call: ast.Call, named: dict[str | None, ast.expr]) -> bool:
    """Whether a call reads, writes or opens a text."""
    function = call.func
    if constant(named.get("text")) or constant(named.get("universal_newlines")):
        return True  # of subprocess
    if isinstance(function, ast.Name):  # a plain write_text is that of golden/system/writing.py
        name, position = function.id, 1
    elif isinstance(function, ast.Attribute):
        name, position = function.attr, 0
        if name in ("read_text", "write_text"):
            return True
        if getattr(function.value, "id", "") in OTHERS:
            return False
    else:
        return False
    mode = named.get("mode") or (call.args[position] if len(call.args) > position else None)
    if name == "open":
        return "b" not in str(constant(mode) or "r")
    return (
        name in ("fdopen", "NamedTemporaryFile", "TemporaryFile")
        and mode is not None
        and "b" not in str(constant(mode))
    )


def without_encoding(tree: ast.AST) -> list[int]:
    """Lines of calls that leave the encoding of a text to the locale."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    named = [{keyword.arg: keyword.value for keyword in call.keywords} for call in calls]
    found = zip(calls, named, strict=True)
    return [call.lineno for call, names in found if "encoding" not in names and is_text(call, names)]


def test_finds_what_leaves_the_encoding_to_the_locale() -> None:
    bad = "open(a)\nPath(a).read_text()\nPath(a).open('w')\nx.write_text(b)\nsubprocess.run(c, text=True)\n"
    good = (
        "open(a, 'rb')\nopen(a, encoding='utf-8')\nPath(a).open('wb')\nx.write_text(b, encoding='utf-8')\n"
        "write_text(a, b)\nsubprocess.run(c)\nos.open(a, 0)\nNamedTemporaryFile()\nx.read_bytes()\n"
    )
    assert without_encoding(ast.parse(bad)) == [1, 2, 3, 4, 5]
    assert without_encoding(ast.parse(good)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_text_names_its_encoding(path: Path) -> None:
    assert without_encoding(ast.parse(path.read_text(encoding="utf-8"))) == []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("text") / "Zoë"
    place.mkdir()
    return place


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line in the C locale, without Python's remedies for it."""
    return subprocess.run(
        [sys.executable, "-m", "threefactor", *arguments],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "LC_ALL": "C",
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
            "TMPDIR": str(folder),
        },
        capture_output=True,
        timeout=900,
        check=False,
    )


@pytest.mark.parametrize(
    ("backend", "tool", "waves"),
    [
        ("verilator", "g++", "Zoë.vcd"),
        ("cxxrtl", "g++", "Zoë.vcd"),
        ("icarus", "iverilog", "Zoë.fst"),
    ],
)
def test_backends(folder: Path, backend: str, tool: str, waves: str) -> None:
    if shutil.which(tool) is None:
        pytest.skip(f"there is no {tool}")
    line = ("simulate", "--preset", "tiny", "--samples", "1", "--backend", backend, "--waves", str(folder / waves))
    done = run(folder, *line)
    assert done.returncode == 0, done.stderr
    assert waves.encode() in done.stdout
    assert (folder / waves).stat().st_size > 10_000


@pytest.mark.parametrize(
    "lines",
    [
        "presets",
        "boards",
        "verilog --preset tiny -o Zoë.v",
        "train --preset tiny --epochs 1 --limit 10 --out Zoë; evaluate --checkpoint Zoë --limit 10",
        "cycles --preset tiny --samples 1",
        "study rounding --preset tiny --seeds 1 --epochs 1 --samples 10 --out Zoë-study",
    ],
)
def test_commands(folder: Path, lines: str) -> None:
    for line in lines.split("; "):
        done = run(folder, *line.split())
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr


def test_a_sentence_names_the_folder(folder: Path) -> None:
    done = run(folder, "evaluate", "--checkpoint", "Zoë-nothing")
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"there is no checkpoint at Zo" in done.stderr
