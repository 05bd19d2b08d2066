"""The one way to read what others have written: no more bytes than there may be, and a sentence when it is damaged."""

from __future__ import annotations

import os
from pathlib import Path

from golden.spec.errors import UserError


class DamagedError(UserError):
    """Something that was read is not what it should be.

    Parameters
    ----------
    path
        What was read.
    reason
        What is wrong with it, in a few words; kept as an attribute, for those who say the rest in their own words.
    remedy
        What to do, in a few words.
    """

    def __init__(self, path: Path | str, reason: str, remedy: str) -> None:
        super().__init__(f"{path} is damaged ({reason}); {remedy}")
        self.reason = reason


def read_bytes(path: Path, most: int, remedy: str) -> bytes:
    """Return the contents of a file.

    Parameters
    ----------
    path
        A file; a pipe or a device is refused, since it need not end.
    most
        Bytes that it may have. No more is read, however large the file.
    remedy
        End of the sentence of an error: what to do.

    Raises
    ------
    DamagedError
        If it cannot be read, or is larger.
    """
    try:
        if path.exists() and not path.is_file():
            raise DamagedError(path, "it is not a file", remedy)
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= most:
                return file.read(size)
    except OSError as error:
        raise DamagedError(path, error.strerror or str(error), remedy) from error
    raise DamagedError(path, f"it has more than {most:,} bytes", remedy)
