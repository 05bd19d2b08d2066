"""Tools end with whoever asked for them, with all that they started, whatever ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from golden.system.running import ToolError, TooLongError, run, run_checked, tool_threads

ROOT = Path(__file__).parent.parent
PATIENCE = 20  # seconds
# A tool with a process of its own below it; both leave their numbers in the folder.
TOOL = ["/bin/sh", "-c", "sleep 600 & echo $! > child; echo $$ > tool.new; mv tool.new tool; wait"]


def alive(number: int) -> bool:
    """Whether a process runs; one that has ended and that no one has asked for does not."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def numbers(folder: Path) -> list[int]:
    """Wait for the tool, and return the numbers of its processes."""
    end = time.monotonic() + PATIENCE
    while not (folder / "tool").exists():
        assert time.monotonic() < end, "the tool does not start"
        time.sleep(0.01)
    found = [int((folder / name).read_text()) for name in ("tool", "child")]
    assert all(map(alive, found))
    return found


def assert_ended(found: list[int]) -> None:
    end = time.monotonic() + PATIENCE
    while any(map(alive, found)):
        assert time.monotonic() < end, "the tool outlives its owner"
        time.sleep(0.01)


def test_a_tool_that_takes_too_long_ends_with_its_children(tmp_path: Path) -> None:
    with pytest.raises(TooLongError, match="took longer than"):
        run(TOOL, tmp_path, seconds=1)
    assert_ended([int((tmp_path / name).read_text()) for name in ("tool", "child")])
    assert run(["/bin/sh", "-c", "echo in time"], seconds=PATIENCE) == (0, "in time\n")


def test_output_status_input_and_errors(tmp_path: Path) -> None:
    assert run(["/bin/sh", "-c", "cat; echo err >&2; exit 3"], given=b"in ") == (3, "in err\n")
    errors = tmp_path / "errors"
    assert run(["/bin/sh", "-c", "echo out; echo err >&2"], errors=errors) == (0, "out\n")
    assert errors.read_text() == "err\n"
    assert run(["/bin/sh", "-c", "echo $TMPDIR $ONE"], tmp_path, variables={"ONE": "1"}) == (0, f"{tmp_path} 1\n")
    assert run(["/bin/sh", "-c", "kill -TERM $$"]) == (-signal.SIGTERM, "")
    assert run(["/bin/sh", "-c", "printf '\\377'"]) == (0, "\N{REPLACEMENT CHARACTER}")
    with pytest.raises(ToolError, match="^sh failed with status 4; its output$") as raised:
        run_checked(["/bin/sh", "-c", "echo reason; exit 4"])
    assert raised.value.output == "reason\n"


def test_what_a_tool_leaves_running_ends_with_it(tmp_path: Path) -> None:
    run(["/bin/sh", "-c", "sleep 600 >/dev/null 2>&1 & echo $! > child"], tmp_path)
    assert_ended([int((tmp_path / "child").read_text())])


def test_threads_are_given_up_with_what_they_run(tmp_path: Path) -> None:
    """One runs a tool, one is about to run one, one call still waits for a thread."""
    reached, go = threading.Event(), threading.Event()

    def slow() -> None:
        reached.set()
        go.wait()
        run(["/bin/sh", "-c", "touch late"], tmp_path)

    calls: list[Future[object]] = []

    def interrupted() -> None:
        with tool_threads(2) as pool:
            calls.extend([pool.submit(run, TOOL, tmp_path), pool.submit(slow), pool.submit(slow)])
            found.extend(numbers(tmp_path))
            reached.wait()
            threading.Timer(0.2, go.set).start()
            raise RuntimeError("interrupted")

    found: list[int] = []
    with pytest.raises(RuntimeError, match="^interrupted$"):
        interrupted()
    assert [isinstance(call.exception(), KeyboardInterrupt) for call in calls[:2]] == [True, True]
    assert calls[2].cancelled()
    assert not (tmp_path / "late").exists()
    assert_ended(found)


CALLER = "import sys; from golden.system.running import run; run(sys.argv[2:], __import__('pathlib').Path(sys.argv[1]))"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_ends_with_its_caller(tmp_path: Path, number: signal.Signals) -> None:
    """The signal reaches the calling process alone, which has no handler of its own for any of them."""
    with subprocess.Popen(
        [sys.executable, "-c", CALLER, str(tmp_path), *TOOL], cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        found = numbers(tmp_path)
        os.kill(process.pid, number)
    assert process.returncode == -number
    assert_ended(found)
