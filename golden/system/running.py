"""The one way to run a tool: it never outlives the process that asked for it.

Every tool runs in a session of its own, and with it a guard that waits at a pipe whose other end only this process
holds. An exception, Ctrl-C for one, kills the whole session; when this process ends without a word, killed by force
say, the kernel closes the pipe and the guard kills the session instead. Tools keep their temporary files in the folder
they run in, so that these go with the folder.
"""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread, current_thread
from typing import NamedTuple
from weakref import WeakSet

from golden.system.places import cache_folder

# The pipe comes as descriptor 2, as sh numbers few others. The guard is a grandchild, so that the tool, which takes
# the place of sh, does not see it among its own; and it is a member of the session, so that its number is not given
# to another one while it may still be killed.
_GUARDED = """
exec 3<&2
if [ "$1" ]; then exec 2>"$1"; else exec 2>&1; fi
shift
( (read -r _ <&3; kill -KILL -$$) >/dev/null 2>&1 & )
exec 3<&-
exec "$@"
"""

_PATIENCE = 2  # seconds
_under_way: dict[subprocess.Popen[bytes], Thread] = {}
_given_up: WeakSet[Thread] = WeakSet()


class Finished(NamedTuple):
    """How a tool ended: its exit code, negative for a signal, and what it printed."""

    status: int
    output: str


class TooLongError(Exception):
    """A tool that took longer than it may, and was killed."""


class ToolError(Exception):
    """A tool that failed: the beginning of a sentence that goes on with the file of its output, and this output."""

    def __init__(self, beginning: str, output: str) -> None:
        super().__init__(beginning)
        self.beginning, self.output = beginning, output


def run(
    command: Sequence[str | Path],
    folder: Path | None = None,
    *,
    variables: Mapping[str, str] | None = None,
    given: bytes = b"",
    errors: Path | None = None,
    seconds: float | None = None,
) -> Finished:
    """Run a tool to its end, and return how it ended.

    Parameters
    ----------
    command
        Full path of the tool, then its arguments.
    folder
        Where it runs and keeps temporary files; by default where this process runs.
    variables
        Variables to add to those of this process.
    given
        What it reads from its standard input.
    errors
        File for its standard error, which by default belongs to the output.
    seconds
        It is killed, with all that it started in its session, when it takes longer.

    Raises
    ------
    TooLongError
        If it took longer.
    KeyboardInterrupt
        If the thread was given up, see :func:`tool_threads`.
    """
    thread = current_thread()
    if thread in _given_up:
        raise KeyboardInterrupt
    cache_folder()  # makes sure that the tools find one: most are WebAssembly, compiled when first run
    environment = {**os.environ, **(variables or {}), "PYTHONUTF8": "1"}
    if folder is not None:
        environment["TMPDIR"] = str(folder.absolute())
    watched, held = os.pipe()
    try:
        with subprocess.Popen(
            ["/bin/sh", "-c", _GUARDED, "sh", str(errors or ""), *map(str, command)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=watched,
            start_new_session=True,
        ) as process:
            _under_way[process] = thread
            try:
                if thread in _given_up:  # while the tool started
                    raise KeyboardInterrupt
                output, _ = process.communicate(given, timeout=seconds)
            except BaseException as error:
                _kill(process)
                with suppress(subprocess.TimeoutExpired):  # whatever writes in the folder has gone when this returns
                    process.communicate(timeout=_PATIENCE)
                if isinstance(error, subprocess.TimeoutExpired):
                    raise TooLongError(f"{Path(command[0]).name} took longer than {seconds} seconds") from None
                raise
            finally:
                del _under_way[process]
    finally:
        os.close(watched)
        os.close(held)  # the guard ends what the tool may have left behind, and itself
    if thread in _given_up:
        raise KeyboardInterrupt
    return Finished(process.returncode, output.decode("utf-8", errors="replace"))


def run_checked(
    command: Sequence[str | Path], folder: Path | None = None, *, variables: Mapping[str, str] | None = None
) -> str:
    """Run a tool as :func:`run` does, and return its output; raises ToolError when it fails."""
    status, output = run(command, folder, variables=variables)
    if status:
        raise ToolError(f"{Path(command[0]).name} failed with status {status}; its output", output)
    return output


@contextmanager
def tool_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Open threads to run tools in; when the block fails or is interrupted, what still runs or waits is given up."""
    threads: list[Thread] = []
    with ThreadPoolExecutor(count, initializer=lambda: threads.append(current_thread())) as pool:
        try:
            yield pool
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            _given_up.update(threads)  # first, so that none of them starts another tool
            for process, thread in _under_way.copy().items():
                if thread in _given_up:
                    _kill(process)
            raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
