"""On a full disk every product is absent or as it was before, and one sentence names it."""

from __future__ import annotations

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

from boards.bitstream import build as module
from threefactor.cli import main
from threefactor.commands import verilog

ROOM = 3000  # bytes that any file can have
REASON = "cannot be written (File too large); make room there or choose another"


@contextmanager
def full_disk() -> Iterator[None]:
    """No file can grow beyond ``ROOM``: what the kernel answers is as real as that of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def complaint(*arguments: object) -> str:
    """The sentence that a command ends with on a full disk."""
    with full_disk():
        done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 2, done.output
    (sentence,) = [line for line in done.stderr.splitlines() if line.startswith("threefactor: ")]
    return sentence.removeprefix("threefactor: ")


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_verilog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The limit would stop Yosys as well, which asks for memory as for a file.
    monkeypatch.setattr(verilog, "processor_verilog", lambda _: ("module threefactor();\n" * ROOM, []))
    (tmp_path / "old.v").write_text("old")
    for name in ("new.v", "old.v"):
        assert complaint("verilog", "--preset", "tiny", "-o", tmp_path / name) == f"{tmp_path / name} {REASON} file"
    assert content(tmp_path) == {"old.v": b"old"}


def test_checkpoint(tmp_path: Path) -> None:
    line = ("train", "--preset", "tiny", "--limit", "10", "--json")
    first = CliRunner().invoke(main, [*line, "--epochs", "1", "--out", str(tmp_path / "run")])
    assert first.exit_code == 0, first.output
    before = content(tmp_path)
    assert complaint(*line, "--epochs", "2", "--resume", tmp_path / "run").startswith(
        f"checkpoint {tmp_path / 'run' / 'checkpoint'} {REASON} folder"
    )
    assert content(tmp_path) == before
    assert complaint(*line, "--epochs", "1", "--out", tmp_path / "other").endswith(f"{REASON} folder")
    assert content(tmp_path) == before
    resumed = CliRunner().invoke(main, [*line, "--epochs", "2", "--resume", str(tmp_path / "run")])
    assert resumed.exit_code == 0, resumed.output


def test_bitstream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def made(files: object, script: str, work: Path, *_: object) -> None:
        for part in range(10):  # a bitstream that the store could take and the folder cannot
            (work / f"part{part}").write_bytes(b"x" * ROOM)
        result = {"resources": {"lc": [100, 83640]}, "fmax_mhz": 100.0, "bitstream": "top.bit", "seconds": 1.0}
        (work / "result.json").write_text(json.dumps(result), encoding="utf-8")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        (work / "top.bit").write_bytes(b"x" * 2 * ROOM)
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    monkeypatch.setattr(module, "_run", made)
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "cache")
    out = tmp_path / "out"
    line = ("build", "--board", "ulx3s-85f", "--preset", "tiny", "--out", out)
    assert complaint(*line) == f"{out / 'tiny-ulx3s-85f.bit'} {REASON} file"
    assert content(out) == {}

    def full(files: object, script: str, work: Path, *_: object) -> None:
        (work / "top.v").write_bytes(b"x" * 2 * ROOM)

    monkeypatch.setattr(module, "_run", full)
    monkeypatch.setattr(module, "cache_folder", lambda: tmp_path / "other")
    assert complaint(*line) == f"build folder {tmp_path / 'other' / 'bitstreams'} {REASON} folder"
    assert content(tmp_path / "other") == {}
