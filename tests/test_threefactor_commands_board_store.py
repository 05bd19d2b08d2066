"""A recording as a user makes and writes it, with a loader that only pretends."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from boards.catalogue import BOARDS
from golden.spec.recording import Recording
from threefactor.cli import main

TINY = ("board", "store", "--preset", "tiny", "--board", "icebreaker", "--limit", "20")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def complaint(*arguments: object) -> str:
    """The one sentence that a wrong call ends with."""
    result = run(*arguments)
    assert result.exit_code == 2 and result.stdout == "", result.output
    (sentence,) = result.stderr.splitlines()
    return sentence.removeprefix("threefactor: ")


@pytest.fixture
def loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A loader on PATH that writes its arguments into this file."""
    folder, told = tmp_path / "bin", tmp_path / "told"
    folder.mkdir()
    (folder / "openFPGALoader").write_text(f'#!/bin/sh\necho "$@" > "{told}"\n')
    (folder / "openFPGALoader").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return told


def test_makes_a_file_beside_the_bitstreams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run(*TINY, "--epochs", 3, "--seed", 5, "--test", "--json")
    assert result.exit_code == 0, result.output
    said, file = json.loads(result.stdout), Path("build/boards/tiny-icebreaker.recording")
    assert said["recording"] == str(file) and said["bytes"] == file.stat().st_size
    assert (said["epochs"], said["samples"], said["seed"], said["with"]) == (3, 120, 5, None)
    flash = BOARDS["icebreaker"].store
    assert (said["offset"], said["room"]) == (1 << 17, (1 << 24) - (1 << 17)) == (flash.offset, flash.room)
    header = Recording.decode(file.read_bytes())
    assert (header.epochs, header.samples, header.network) == (3, 120, said["network_digest"])
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_equal_calls_make_equal_files(tmp_path: Path) -> None:
    assert run(*TINY, "-o", tmp_path / "one").exit_code == run(*TINY, "-o", tmp_path / "two").exit_code == 0
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


@pytest.mark.parametrize(
    ("board", "options", "arguments"),
    [
        ("icebreaker", "", "-b ice40_generic -f --file-type raw -o 131072"),
        ("ulx3s-85f", "--port 1:5", "-b ulx3s -f --busdev-num 1:5 --file-type raw -o 4194304"),
        ("orangecrab-25f", "--cable ft232", "-c ft232 -f --file-type raw -o 4194304"),
    ],
)
def test_writes_it_behind_the_bitstream(board: str, options: str, arguments: str, loader: Path, tmp_path: Path) -> None:
    file = tmp_path / "some.recording"
    line = f"board store --preset tiny --board {board} --epochs 1 --limit 3 --write {options} -o"
    result = run(*line.split(), file, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["with"] == f"openFPGALoader {arguments} {file}"
    assert loader.read_text() == f"{arguments} {file}\n"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            "--board colorlight-i5",
            "board colorlight-i5 has no flash with room for a recording; choose one of icebreaker",
        ),
        ("--board icesugar --write", "the drive of board icesugar takes bitstreams only; write the file with icesprog"),
        (
            "--board orangecrab-85f --write",
            "the boot loader of board orangecrab-85f takes bitstreams only; name",
        ),
        (
            "--board icebreaker --port 1:5",
            "--port and --cable are of use with --write only; add it, or leave them away",
        ),
        ("--board icebreaker --epochs 99999", "99999 epochs of tiny do not fit the flash of icebreaker, 16,646,144"),
    ],
)
def test_a_sentence_for_what_cannot_be(line: str, sentence: str, loader: Path, tmp_path: Path) -> None:
    assert complaint("board", "store", "--preset", "tiny", "-o", tmp_path / "some", *line.split()).startswith(sentence)
    assert not (tmp_path / "some").exists() and not loader.exists()


def test_there_is_no_loader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("golden.system.tools.sys.executable", str(tmp_path / "python"))
    assert complaint(*TINY, "--write", "-o", tmp_path / "some").startswith("there is no openFPGALoader")
    assert not (tmp_path / "some").exists()


def test_bitstreams_that_play_are_built_one_by_one() -> None:
    for option in ("--store", "--stamp"):
        said = complaint("build", "--all", "--preset", "tiny", option)
        assert said.startswith("--all builds plain bitstreams; leave --store and --stamp away, or name one board and")
    said = complaint("build", "--board", "colorlight-i9", "--preset", "tiny", "--store")
    assert said.startswith("board colorlight-i9 has no flash with room for a recording")


def test_a_simulated_board_takes_recordings_that_fit(tmp_path: Path) -> None:
    simulate = ("board", "simulate", "--preset", "tiny", "--board", "icebreaker", "--flash")
    assert "it has more than 16,646,144 bytes" in complaint(*simulate, large(tmp_path / "large"))
    assert "No such file" in complaint(*simulate, tmp_path / "nothing")


def large(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(1 << 24)
    return path
