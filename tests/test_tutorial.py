"""The tutorial as it stands: every block runs, in order, and prints what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TUTORIAL = ROOT / "threefactor" / "TUTORIAL.md"


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the line it begins in."""

    language: str
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    return [
        Block(match[1], match[2], text.count("\n", 0, match.start()) + 1)
        for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def without_spacing(text: str) -> str:
    return " ".join(text.split())


def executed(block: Block, folder: Path) -> str:
    """What a block prints; it must succeed."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    command = programs / "threefactor"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m threefactor "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    run = ["/bin/sh", "-e"] if block.language == "sh" else [sys.executable, "-"]
    done = subprocess.run(
        run,
        input=block.text,
        cwd=folder,
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert done.returncode == 0, f"{TUTORIAL.name}, line {block.line}: {block.text}{done.stdout}{done.stderr}"
    return without_spacing(done.stdout + done.stderr)


@pytest.mark.slow
def test_runs_as_it_stands(tmp_path: Path) -> None:
    said = ""
    for block in blocks(TUTORIAL.read_text(encoding="utf-8")):
        if block.language == "text":
            for line in block.text.splitlines():
                assert without_spacing(line) in said, f"line {block.line}: {line!r} is not in: {said}"
        else:
            said = executed(block, tmp_path)
    for product in ("first-learning.svg", "runs/wine/report.html", "build/tuned-icebreaker.bin"):
        assert (tmp_path / product).stat().st_size > 10_000, product


def test_has_the_commands_it_counts() -> None:
    text = TUTORIAL.read_text(encoding="utf-8")
    commands = re.findall(r"^threefactor (\w+)", "".join(b.text for b in blocks(text) if b.language == "sh"), re.M)
    assert {"new", "watch", "train", "report", "tune", "estimate", "compare", "build"} <= set(commands)
    assert len(commands) <= 10


def test_finds_blocks() -> None:
    found = blocks("a\n```sh\nls\nls b\n```\n\n```text\nx\n```\n")
    assert found == [Block("sh", "ls\nls b\n", 2), Block("text", "x\n", 7)]
