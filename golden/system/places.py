"""Where to write what is kept between runs, and where there is no such place."""

from __future__ import annotations

import atexit
import logging
import os
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path

from golden.system.temporary import scratch_folder, temporary_file

CACHE_VARIABLE = "XDG_CACHE_HOME"
_OWN = "threefactor"


def cache_folder() -> Path:
    """Return the folder of this project in the user's cache: of XDG_CACHE_HOME, or else in .cache of the home.

    Where neither can be written it is a private temporary folder, which goes with this process. Either way the
    libraries and tools that keep things in a cache of their own (Numba, Wasmtime, YoWASP, Matplotlib) find one
    beside it, since they follow the same variable.
    """
    return _user_cache() / _OWN


@lru_cache(maxsize=1)
def _user_cache() -> Path:
    base = _configured()
    if base is not None and writable(base):
        return base
    owned = ExitStack()
    base = owned.enter_context(scratch_folder("cache"))
    atexit.register(owned.close)
    os.environ[CACHE_VARIABLE] = str(base)
    os.environ.setdefault("MPLCONFIGDIR", str(base / "matplotlib"))
    logging.getLogger("threefactor").warning(
        "threefactor: there is no cache that can be written, so nothing is kept for the next run; set %s to a folder "
        "of yours",
        CACHE_VARIABLE,
    )
    return base


def _configured() -> Path | None:
    named = os.environ.get(CACHE_VARIABLE)
    if named:
        return Path(named)
    try:
        return Path.home() / ".cache"
    except RuntimeError:  # no variable names a home, and this user has none
        return None


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder, which is made if need be: tried, since permissions do not tell all."""
    try:
        with temporary_file(folder, "tried"):
            return True
    except OSError:
        return False


def build_folder(name: str) -> Path:
    """Return ``build/name`` of the current folder, or a folder in the cache where that one cannot be written."""
    here = Path("build") / name
    return here if writable(here) else cache_folder() / name
