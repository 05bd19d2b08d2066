"""The commands that build and program, without building."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from boards.bitstream.report import BuildReport
from boards.catalogue import BOARDS, Board
from boards.throughput import home_of
from golden.spec.config import Preset
from golden.spec.errors import UserError
from golden.spec.presets import PRESETS
from threefactor.cli import main
from threefactor.commands import build, program

BUILDS: list[tuple[str, str, int]] = []
STORES: list[bool] = []


def pretended(
    board: Board, preset: Preset, out: Path, *, seed: int, store: bool = False, stamp: bool = False
) -> BuildReport:
    """A build that is there at once, and none for the smallest ULX3S."""
    BUILDS.append((board.name, preset.name, seed))
    STORES.append(store)
    if board.name == "ulx3s-12f":
        raise UserError("it does not fit")
    out.mkdir(parents=True, exist_ok=True)
    (out / "x.bit").write_bytes(b"bits")
    resources = {kind: (most // 2, most) for kind, most in board.limits.items() if most}
    return BuildReport(
        board=board.name,
        preset=preset.name,
        seed=seed,
        network_digest="abc",
        resources=resources,
        fmax_mhz=88.5,
        clock_mhz=board.clock_hz / 1e6,
        bitstream="x.bit",
        bitstream_sha256="123",
        lc_per_lane=1.0,
        baud=board.baud,
        baud_error=0.0,
        tools={},
        git="",
        seconds=61.0,
        cached=True,
    )


@pytest.fixture(autouse=True)
def _pretended(monkeypatch: pytest.MonkeyPatch) -> None:
    BUILDS.clear()
    STORES.clear()
    monkeypatch.setattr(build, "build", pretended)
    monkeypatch.setattr(program, "build", pretended)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def test_seed_of_placement(tmp_path: Path) -> None:
    line = ("build", "--board", "icebreaker", "--preset", "tiny", "--out", tmp_path, "--json")
    assert json.loads(run(*line).stdout)["seed"] == 1
    assert json.loads(run(*line, "--seed", 7).stdout)["seed"] == 7
    assert BUILDS == [("icebreaker", "tiny", 1), ("icebreaker", "tiny", 7)]


@pytest.mark.parametrize(
    ("options", "designs"),
    [
        ((), [(home_of(preset).name, name) for name, preset in PRESETS.items()]),
        (("--board", "colorlight-i9"), [("colorlight-i9", name) for name in PRESETS]),
        (("--preset", "digits"), [(name, "digits") for name in BOARDS]),
    ],
)
def test_all(options: tuple[str, ...], designs: list[tuple[str, str]], tmp_path: Path) -> None:
    done = run("build", "--all", *options, "--seed", 3, "--out", tmp_path, "--json")
    assert [(*design, 3) for design in designs] == BUILDS
    found = json.loads(done.stdout)
    whole = all(board != "ulx3s-12f" for board, _ in designs)
    assert found["passed"] is whole
    assert done.exit_code == (0 if whole else 1)
    assert [(one["board"], one["preset"]) for one in found["designs"]] == designs
    assert {one["verdict"] for one in found["designs"] if one["report"] is None} <= {"it does not fit"}


def test_all_in_one_table(tmp_path: Path) -> None:
    done = run("build", "--all", "--preset", "digits", "--out", tmp_path)
    head, *rows = done.stdout.splitlines()
    assert head.split() == ["board", "preset", "clock", "Fmax", "LC", "EBR", "SPRAM", "DSP", "seconds", "verdict"]
    assert [row.split()[0] for row in rows] == list(BOARDS)
    assert rows[0].split("  ")[0].startswith("icebreaker") and "2,640 of 5,280" in rows[0] and "built" in rows[0]
    assert any("it does not fit" in row for row in rows)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("build", "Missing option '--board'. Choose from: icebreaker, icesugar"),
        ("build --board icebreaker", "Missing option '--preset'. Choose from: digits, tiny"),
        ("build --all --board icebreaker --preset tiny", "--all leaves nothing to choose between one board and one"),
        ("build --board icebreaker --preset tiny --seed -1", "Invalid value for '--seed': -1 is not in the range"),
        ("program --preset tiny", "Missing option '--board'. Choose from: icebreaker"),
        ("program --board icebreaker --preset tiny", "board icebreaker keeps what it is given, in its flash; say"),
    ],
)
def test_sentences(line: str, sentence: str) -> None:
    done = run(*line.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"threefactor: {sentence}")
    assert not BUILDS


def test_program_builds_and_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loader = tmp_path / "openFPGALoader"
    loader.write_text(f'#!/bin/sh\necho "$@" > "{tmp_path}/arguments"\n')
    loader.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    line = ("program", "--board", "ulx3s-85f", "--preset", "tiny", "--seed", 5, "--out", tmp_path / "out")
    found: dict[str, Any] = json.loads(run(*line, "--json").stdout)
    path = tmp_path / "out" / "x.bit"
    assert (tmp_path / "arguments").read_text().split() == ["-b", "ulx3s", "-m", str(path)]
    assert BUILDS == [("ulx3s-85f", "tiny", 5)]
    assert found["into"] == "chip" and found["bitstream"] == str(path)
    assert found["with"] == f"openFPGALoader -b ulx3s -m {path}"
    printed = run(*line, "--flash", "--port", "2:9").stdout
    assert "into flash" in " ".join(printed.split())
    assert (tmp_path / "arguments").read_text().split()[:5] == ["-b", "ulx3s", "-f", "--busdev-num", "2:9"]


@pytest.mark.parametrize("command", ["build", "program"])
def test_a_bitstream_that_plays_a_recording(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program.Programmer, "__init__", lambda *_, **__: None)
    monkeypatch.setattr(program.Programmer, "program", lambda *_: "a loader")
    for options in ((), ("--store",)):
        result = run(command, "--board", "icebreaker", "--preset", "tiny", "--out", tmp_path, *options)
        assert result.exit_code == 0, result.output
    assert STORES == [False, True]
