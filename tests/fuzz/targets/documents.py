"""Documents in JSON: journals, budgets, calibrations, results."""

from __future__ import annotations

from pathlib import Path

from boards.bitstream.budgets import Budget
from boards.bitstream.report import Result
from boards.estimate.weights import Calibration
from boards.host.journal import Lesson, read_lesson
from golden.spec.errors import UserError
from golden.system.documents import read_document

KINDS = (Lesson, Result, Calibration, dict[str, dict[str, Budget]])


def read(content: bytes, folder: Path) -> None:
    """Read it as each; refused only if it is none."""
    place = folder / "own.json"
    place.write_bytes(content)
    read_lesson(place)
    refusals = []
    for kind in KINDS:
        try:
            read_document(place, kind, "make it again")  # type: ignore[arg-type]
        except UserError as error:
            refusals.append(error)
    if len(refusals) == len(KINDS):
        raise refusals[0]
