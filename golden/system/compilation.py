"""The one way to compile with Numba and keep the result between runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from numba import njit

from golden.system.places import cache_folder
from golden.system.sources import source_digest


def compiled_entry(entry: Callable[[str], Callable[..., Any]], files: Iterable[Path], **options: Any) -> Any:
    """Compile a function that others call from Python, without the interpreter's lock, and keep what comes of it.

    It is kept beside its source, or else in the user's cache, or else as long as the process lives
    (:func:`golden.system.places.cache_folder`).

    Parameters
    ----------
    entry
        Returns the function, given a version that must be a free variable of it: Numba looks only at the file of the
        function that it keeps, so that a change in an imported one would go unnoticed; but the values of free
        variables are part of the key.
    files
        Sources whose code ends up in the function; their digest is the version.
    options
        Further options of Numba.
    """
    function = entry(source_digest(files))
    compiler = njit(nogil=True, cache=True, **options)
    try:
        return compiler(function)
    except RuntimeError:  # no place to keep it
        cache_folder()  # makes sure that there is one, which Numba finds in turn
        return compiler(function)
