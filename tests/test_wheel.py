"""The wheel, away from the repository: everything that a command reads at run time is in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder into which the wheel is installed; what it depends on is that of this environment."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file():
            (sources / name).parent.mkdir(parents=True, exist_ok=True)
            (sources / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run([*PIP, "wheel", "--no-deps", "--no-build-isolation", "-w", folder, sources], check=True)
    (wheel,) = folder.glob("threefactor-*.whl")
    subprocess.run([*PIP, "install", "--no-deps", "--target", folder / "installed", wheel], check=True)
    return folder / "installed"


def run(installed: Path, folder: Path, *arguments: str, **variables: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(folder / "cache"), **variables}
    done = subprocess.run(
        [sys.executable, "-P", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_is_what_runs(installed: Path, tmp_path: Path) -> None:
    packages = "boards, golden, rtl, sim, threefactor"
    places = run(installed, tmp_path, "-c", f"import {packages}; print(*(m.__path__[0] for m in ({packages})))").split()
    assert len(places) == 5 and all(Path(place).parent == installed for place in places)


@pytest.mark.slow
def test_trains_compares_and_reports(installed: Path, tmp_path: Path) -> None:
    def threefactor(command: str) -> str:
        return run(installed, tmp_path, "-m", "threefactor", *command.split())

    assert len(json.loads(threefactor("presets --json"))["presets"]) > 1
    assert len(json.loads(threefactor("boards --json"))["boards"]) > 1
    trained = threefactor("train --preset tiny --epochs 1 --limit 40 --out run --json")
    assert json.loads(trained.splitlines()[-1])["epochs"] == 1
    assert json.loads(threefactor("compare --preset tiny --backend cxxrtl --samples 10 --json"))["equal"]
    threefactor("verilog --preset tiny -o tiny.v")
    assert "module threefactor" in (tmp_path / "tiny.v").read_text(encoding="utf-8")


@pytest.mark.slow
def test_demonstrates(installed: Path, tmp_path: Path) -> None:
    """The whole demonstration: every line of its table passes; the bitstream may come from the user's cache."""
    shared = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    said = run(installed, tmp_path, "-m", "threefactor", "demo", XDG_CACHE_HOME=shared)
    assert said.splitlines()[-1] == "PASS", said
    assert "14,370 of 14,370 samples" in said
    assert (tmp_path / "build" / "demo" / "report.html").stat().st_size > 100_000
    assert (tmp_path / "build" / "demo" / "digits-icebreaker.bin").stat().st_size > 100_000


def test_has_what_is_no_module(installed: Path) -> None:
    """Every file beside the modules that the repository keeps in its packages is in the wheel, figures apart."""
    tracked = subprocess.run(
        ["git", "ls-files", "boards", "golden", "rtl", "sim", "threefactor"], cwd=ROOT, capture_output=True, check=True
    ).stdout.decode()
    needed = [name for name in tracked.splitlines() if not name.endswith((".py", ".md", ".svg"))]
    assert len(needed) > 10
    assert [name for name in needed if not (installed / name).is_file()] == []
