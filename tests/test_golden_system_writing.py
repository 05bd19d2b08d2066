"""Products appear whole or not at all: side by side, on a full disk, killed by force, through links and pipes."""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golden.spec.errors import UserError
from golden.system.temporary import temporary_folder
from golden.system.writing import present, write_bytes, write_json, write_text, written_file, written_folder

ROOT = Path(__file__).parent.parent
SIZE = 4_000_000


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond ``room`` bytes: what the kernel answers is as real as that of a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def write_again_and_again(path: Path, letter: bytes, times: int) -> None:
    for _ in range(times):
        write_bytes(path, letter * SIZE)


def replace_again_and_again(folder: Path, letter: str, times: int) -> None:
    for _ in range(times):
        with written_folder(folder) as new:
            for name in ("one", "two"):
                (new / name).write_text(letter * 1000)


def test_writers_side_by_side_never_show_a_torn_file(tmp_path: Path) -> None:
    path = tmp_path / "product"
    write_bytes(path, b"a" * SIZE)
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=write_again_and_again, args=(path, letter, 25)) for letter in (b"a", b"b")]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        content = path.read_bytes()
        assert content in (content[:1] * SIZE,), "torn"
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert list(tmp_path.iterdir()) == [path]


def test_folders_replaced_side_by_side_are_whole(tmp_path: Path) -> None:
    folder = tmp_path / "product"
    threads = [threading.Thread(target=replace_again_and_again, args=(folder, letter, 40)) for letter in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.name for path in tmp_path.iterdir()] == ["product"]
    one, two = ((folder / name).read_text() for name in ("one", "two"))
    assert one == two == one[0] * 1000


def test_a_full_disk_keeps_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "results" / "product"
    write_text(path, "old")
    sentence = rf"^{path} cannot be written \(File too large\); make room there or choose another file$"
    with full_disk(10_000):
        with pytest.raises(UserError, match=sentence):
            write_bytes(path, b"x" * 20_000)
        sentence = r"^report .* cannot be written \(File too large\); make room there or choose another folder$"
        with pytest.raises(UserError, match=sentence), written_folder(tmp_path / "folder", "report") as new:
            (new / "part").write_bytes(b"x" * 20_000)
    assert path.read_text() == "old"
    assert [path] == list(path.parent.iterdir())
    assert list(tmp_path.iterdir()) == [path.parent]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, UserError])
def test_a_block_that_fails_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    for written in (written_file, written_folder):
        with pytest.raises(error, match="^no$"), written(tmp_path / "product") as temporary:
            raise error("no" if temporary.exists() else "nothing to fill")
    assert not any(tmp_path.iterdir())


FILLS_AND_WAITS = """
import sys, time
from pathlib import Path
from golden.system.temporary import temporary_folder
from golden.system.writing import written_file, written_folder
written = {"file": written_file, "folder": written_folder}[sys.argv[1]]
with written(Path(sys.argv[2])) as temporary:
    print(temporary, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_leftovers_of_a_killed_process_are_cleared_by_the_next(tmp_path: Path, kind: str) -> None:
    product = tmp_path / "product"
    written = written_file if kind == "file" else written_folder
    with subprocess.Popen(
        [sys.executable, "-c", FILLS_AND_WAITS, kind, str(product)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        temporary = Path(process.stdout.readline().strip())
        with written(product):
            pass
        assert temporary.exists(), "its owner lives"
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert temporary.exists()
    with written(product):
        pass
    assert list(tmp_path.iterdir()) == [product]


def test_stopped_between_the_renames_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, rename = tmp_path / "product", Path.rename
    with written_folder(folder) as new:
        (new / "part").write_text("old")

    def stopped(path: Path, target: Path) -> Path:
        if target == folder:
            raise KeyboardInterrupt
        return rename(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt), written_folder(folder):
            pass
    assert not folder.exists()
    assert (present(folder) / "part").read_text() == "old"
    with written_folder(folder) as new:
        (new / "part").write_text("new")
    assert list(tmp_path.iterdir()) == [folder] == [present(folder)]


def test_a_folder_in_a_temporary_folder(tmp_path: Path) -> None:
    """It waited for ever, for the lock that its own process holds."""
    with temporary_folder(tmp_path, "outer") as outer:
        for letter in "ab":
            with written_folder(outer / "product") as new:
                (new / "part").write_text(letter)
        assert [path.name for path in outer.iterdir()] == ["product"]
        assert (outer / "product" / "part").read_text() == "b"


def test_permissions_are_those_of_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_json(tmp_path / "file", {"a": 1})
        with written_folder(tmp_path / "folder") as new:
            (new / "part").write_text("")
    finally:
        os.umask(before)
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("file", "folder", "folder/part")]
    assert modes == [0o640, 0o750, 0o640]
    assert (tmp_path / "file").read_text() == '{\n "a": 1\n}\n'


def test_a_link_stays_a_link_and_a_pipe_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    write_text(tmp_path / "link", "text")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "text"
    os.mkfifo(tmp_path / "pipe")
    reader = threading.Thread(target=lambda: (tmp_path / "got").write_bytes((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_text(tmp_path / "pipe", "through")
    reader.join()
    assert (tmp_path / "got").read_text() == "through"
    assert (tmp_path / "pipe").is_fifo()


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "product", tmp_path):
        with pytest.raises(UserError, match=rf"^{path} cannot be written \(.*\); choose another file$"):
            write_text(path, "text")


def test_names_that_the_locale_cannot_decode(tmp_path: Path) -> None:
    write_text(tmp_path / "page", "in Zo\udcc3\udcab")
    assert (tmp_path / "page").read_text(encoding="utf-8") == "in Zoë"
