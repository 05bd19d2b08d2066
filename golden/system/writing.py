"""The one way to write a product: it appears whole under its name or not at all.

That holds whenever the process stops, when the disk is full, and when several write the same name at once; the last
one wins. Permissions are those that the umask gives to any new file. No library in reach does all of this: click's
atomic files replace the old one even after an error, and atomicwrites is not kept up any more.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from golden.spec.errors import UserError
from golden.system.temporary import SUFFIX, temporary_file, temporary_folder

PREVIOUS = ".previous"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write_bytes(path: Path, content: bytes) -> None:
    """Write the file ``path``, its folder too; raises as :func:`written_file` does."""
    with written_file(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: Path, text: str) -> None:
    """Write text in UTF-8, as :func:`write_bytes` does.

    Names of files that the locale could not decode are written as the bytes that they are.
    """
    write_bytes(path, text.encode("utf-8", errors="surrogateescape"))


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write one JSON object, as :func:`write_bytes` does."""
    write_text(path, json.dumps(values, indent=1) + "\n")


@contextmanager
def written_file(path: Path, what: str = "") -> Iterator[Path]:
    """Give the name of a temporary file to fill, which becomes ``path`` at the end of the block.

    When the block fails, nothing of it stays. A device or a pipe is written directly: there is nothing to replace.

    Parameters
    ----------
    path
        What to write; folders above it are made. A link is followed, so that it stays one.
    what
        Put before the name in the sentence of an error.

    Raises
    ------
    UserError
        If the file cannot be written, in this call or in the block.
    """
    with explained(path, what, "file"):
        target, direct = _target(path)
        if direct:
            yield target
            return
        with temporary_file(target.parent, target.name) as temporary:
            yield temporary
            flush(temporary)
            temporary.replace(target)
        with suppress(OSError):  # the file is there, and some file systems cannot flush a folder
            flush(target.parent)


def require_writable(path: Path, what: str = "") -> None:
    """Raise the UserError of :func:`written_file` now, when ``path`` is written much later; changes nothing."""
    with explained(path, what, "file"):
        target, direct = _target(path)
        if not direct:
            with temporary_file(target.parent, target.name):
                pass


@contextmanager
def written_folder(folder: Path, what: str = "") -> Iterator[Path]:
    """Give a temporary folder to fill, which becomes ``folder`` at the end of the block, replacing the one there.

    The new folder is complete and on disk before the old one moves to ``<folder>.previous`` and the new one to
    ``folder``; only then is the old one removed. Whenever the process stops, one of the two is there under one of the
    two names (:func:`present`). Several processes take turns.

    Raises
    ------
    UserError
        If the folder cannot be written, in this call or in the block.
    """
    with explained(folder, what, "folder"), temporary_folder(folder.parent, folder.name) as new:
        yield new
        for path in (*new.rglob("*"), new):
            flush(path)
        previous = folder.with_name(folder.name + PREVIOUS)
        with _locked(folder.parent):
            if folder.exists():
                shutil.rmtree(previous, ignore_errors=True)
                folder.rename(previous)
            new.rename(folder)
            shutil.rmtree(previous, ignore_errors=True)
        with suppress(OSError):
            flush(folder.parent)


@contextmanager
def symbolic_link(path: Path, target: str) -> Iterator[None]:
    """Let ``path`` be a symbolic link to ``target`` as long as the block runs; one that is there is replaced.

    Raises
    ------
    UserError
        If it cannot be made, or something else than a symbolic link is there.
    """
    with explained(path, "link", "name"), temporary_folder(path.parent, path.name) as folder:
        if os.path.lexists(path) and not path.is_symlink():
            raise FileExistsError(errno.EEXIST, "there is something else than a link")
        new = folder / "link"
        new.symlink_to(target)
        new.replace(path)
    try:
        yield
    finally:
        with suppress(OSError):  # another process may have made it its own
            if str(path.readlink()) == target:
                path.unlink()


def present(folder: Path) -> Path:
    """Return the folder that :func:`written_folder` wrote: the previous one, if it was stopped between its renames."""
    previous = folder.with_name(folder.name + PREVIOUS)
    return previous if previous.is_dir() and not folder.exists() else folder


def flush(path: Path) -> None:
    """Wait until a file or folder is on disk, so that a rename never outruns the contents."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _target(path: Path) -> tuple[Path, bool]:
    """Return the file behind a link, and whether it is a device or a pipe."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    return target, target.exists() and not target.is_file()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    if folder.name.endswith(SUFFIX):  # a temporary folder is that of one process, which holds its lock already
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def explained(path: Path, what: str, kind: str) -> Iterator[None]:
    """Turn what the file system refuses into one sentence that names the product."""
    try:
        yield
    except OSError as error:
        name = f"{what} {path}".lstrip()
        remedy = "make room there or " if error.errno in _FULL else ""
        reason = error.strerror or str(error)
        raise UserError(f"{name} cannot be written ({reason}); {remedy}choose another {kind}") from error
