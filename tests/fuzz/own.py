"""What the targets of data share: a file read in several ways, all of which must end well."""

from __future__ import annotations

from pathlib import Path

from golden.data.files import load_own
from golden.spec.data import Data
from golden.spec.errors import UserError


def read_as(content: bytes, folder: Path, *ways: Data) -> None:
    """Read the same file in several ways, encoded as well; the first refusal is raised if all refuse."""
    refusals = []
    for data in ways:
        (folder / data.train).write_bytes(content)
        try:
            load_own(data, folder)
        except UserError as error:
            refusals.append(error)
    if len(refusals) == len(ways):
        raise refusals[0]
