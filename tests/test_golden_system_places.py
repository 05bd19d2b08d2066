"""Without a home, and without a place beside the sources, every command still works."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from golden.system import places

ROOT = Path(__file__).parent.parent
FLOORS = ("golden", "rtl", "sim", "boards", "threefactor")
REMARK = (
    "threefactor: there is no cache that can be written, so nothing is kept for the next run; set XDG_CACHE_HOME to a "
    "folder of yours\n"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources in which nothing compiled can be kept, not even by root, whom no permission stops."""
    place = tmp_path_factory.mktemp("installed")
    for floor in FLOORS:
        shutil.copytree(ROOT / floor, place / floor, ignore=shutil.ignore_patterns("__pycache__"))
        for folder in (place / floor, *(place / floor).rglob("*/")):
            (folder / "__pycache__").write_text("in the way")
    return place


@pytest.fixture
def nowhere(tmp_path: Path) -> Path:
    """A current folder in which no build folder can be made."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "build").write_text("in the way")
    (tmp_path / "tmp").mkdir()
    return tmp_path / "here"


def run(installed: Path, folder: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line without a home."""
    return subprocess.run(
        [sys.executable, "-m", "threefactor", *arguments],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(installed),
            "TMPDIR": str(folder.parent / "tmp"),
            "HOME": "/dev/null",
            **variables,
        },
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.mark.parametrize("line", ["presets --json", "boards"])
def test_what_keeps_nothing_needs_no_place(installed: Path, nowhere: Path, line: str) -> None:
    done = run(installed, nowhere, *line.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout


@pytest.mark.parametrize("line", ["verilog --preset tiny -o -", "cycles --preset tiny --samples 1 --json"])
def test_what_would_be_kept_is_not(installed: Path, nowhere: Path, line: str) -> None:
    done = run(installed, nowhere, *line.split())
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(REMARK)
    assert "Traceback" not in done.stderr
    assert not any((nowhere.parent / "tmp").iterdir())


def test_what_is_compiled_goes_with_the_process(installed: Path, nowhere: Path) -> None:
    line = ("train", "--preset", "tiny", "--epochs", "1", "--limit", "10", "--json")
    done = run(installed, nowhere, *line)
    assert done.returncode == 0, done.stderr
    assert REMARK in done.stderr
    assert "Traceback" not in done.stderr
    assert not any((nowhere.parent / "tmp").iterdir())
    kept = nowhere.parent / "tmp" / "cache"
    again = run(installed, nowhere, *line, XDG_CACHE_HOME=str(kept))
    assert (again.returncode, REMARK in again.stderr) == (0, False), again.stderr
    assert any(kept.rglob("*.nbi"))


def test_simulates_where_nothing_can_be_written(installed: Path, nowhere: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("there is no C++ compiler")
    line = ("simulate", "--preset", "tiny", "--backend", "cxxrtl", "--samples", "1", "--json")
    done = run(installed, nowhere, *line)
    assert done.returncode == 0, done.stderr
    assert REMARK in done.stderr
    assert not any((nowhere.parent / "tmp").iterdir())


def test_cache_of_the_variable_then_of_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    places._user_cache.cache_clear()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "named"))
    assert places.cache_folder() == tmp_path / "named" / "threefactor"
    places._user_cache.cache_clear()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert places.cache_folder() == tmp_path / "home" / ".cache" / "threefactor"
    places._user_cache.cache_clear()


def test_build_folder_is_here_or_in_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    places._user_cache.cache_clear()
    assert places.build_folder("sim") == Path("build/sim")
    (tmp_path / "build" / "other").write_text("in the way")
    assert places.build_folder("other") == tmp_path / "cache" / "threefactor" / "other"
    places._user_cache.cache_clear()
