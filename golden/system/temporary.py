"""Files and folders on their way to a final name, which go away again whatever happens to the process that fills them.

Each has a name of its own, so that two processes never fill the same one, and is locked as long as its process lives:
the lock is the kernel's, which gives it back even when a process is killed by force. What is found without a lock is
a leftover, and is removed by the next one that writes under the same name.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

SUFFIX = ".new"
_ATTEMPTS = 100


@contextmanager
def temporary_file(place: Path, name: str) -> Iterator[Path]:
    """Make an empty file ``.name.<random>.new`` in ``place``; at the end it is removed, unless it was renamed."""
    with _claimed(place, name, folder=False) as path:
        try:
            yield path
        finally:
            path.unlink(missing_ok=True)


@contextmanager
def temporary_folder(place: Path, name: str) -> Iterator[Path]:
    """Make a folder ``.name.<random>.new`` in ``place``; at the end it is removed, unless it was renamed."""
    with _claimed(place, name, folder=True) as path:
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)


def scratch_folder(purpose: str) -> AbstractContextManager[Path]:
    """Make a folder where the system keeps temporary ones; it is removed at the end."""
    return temporary_folder(Path(tempfile.gettempdir()), f"threefactor-{purpose}")


def clear_leftovers(place: Path, name: str | None = None) -> None:
    """Remove what processes that have ended left in ``place`` under the temporary names of ``name``, or of any."""
    beginning = "." if name is None else f".{name}."
    with suppress(OSError):  # a leftover may stay, the new product matters
        for path in place.iterdir():
            if path.name.startswith(beginning) and path.name.endswith(SUFFIX):
                with suppress(OSError):
                    _clear(path)


def _clear(path: Path) -> None:
    lock = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # fails where the owner lives
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    finally:
        os.close(lock)


@contextmanager
def _claimed(place: Path, name: str, *, folder: bool) -> Iterator[Path]:
    place.mkdir(parents=True, exist_ok=True)
    clear_leftovers(place, name)
    for _ in range(_ATTEMPTS):
        path = place / f".{name}.{secrets.token_hex(4)}{SUFFIX}"
        handle = _made(path, folder=folder)
        if handle is None:
            continue
        try:
            if _owned(handle) and path.exists():
                yield path
                return
        finally:
            os.close(handle)
    raise FileExistsError(f"no temporary name in {place} stays free")


def _made(path: Path, *, folder: bool) -> int | None:
    """Make a file or folder and open it; None where another process took the folder for a leftover in between.

    By hand, since tempfile makes private ones: these get the permissions of the final ones.
    """
    if not folder:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
    path.mkdir()
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None


def _owned(handle: int) -> bool:
    """Lock what is open, unless another process is about to clear it or has done so."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # some network file systems have no locks; then leftovers stay
        pass
    return os.fstat(handle).st_nlink > 0
