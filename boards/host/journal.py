"""How far a chip has come in an epoch, kept beside the run: a program that is ended by force leaves the chip there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

from golden.spec.errors import UserError
from golden.spec.protocol import SAMPLES_BYTES
from golden.system.documents import Count, Digest, read_document
from golden.system.writing import write_json

FORMAT_VERSION = 1
JOURNAL = "journal.json"  # inside the folder of a run
COUNTED = 1 << 8 * SAMPLES_BYTES
"""The chip counts its predictions modulo this."""


@dataclass
class Lesson:
    """How far an epoch has come on a chip, as far as its answers tell.

    Attributes
    ----------
    began
        Digest of the state that the epoch began with.
    count
        What the chip had counted then: predictions since power-up, modulo COUNTED.
    learned
        Samples of the epoch that the chip has learned for certain.
    heard
        Predictions of these that are known; those that were under way when a line broke are not.
    right, updated
        How many of what was heard were right, and changed weights.
    format
        FORMAT_VERSION.
    """

    began: Digest
    count: Annotated[int, Meta(ge=0, lt=COUNTED)]
    learned: Count = 0
    heard: Count = 0
    right: Count = 0
    updated: Count = 0
    format: int = FORMAT_VERSION

    def answered(self, *, right: bool, updated: bool) -> None:
        """Count one more prediction."""
        self.learned += 1
        self.heard += 1
        self.right += right
        self.updated += updated

    def counted_by(self, count: int) -> int:
        """Samples that the chip has learned if it now counts ``count``, and if fewer than COUNTED went unheard."""
        return self.learned + (count - self.count - self.learned) % COUNTED


def write_lesson(place: Path | None, lesson: Lesson) -> None:
    """Write a lesson into the file ``place``, as :func:`golden.system.writing.write_json`; nowhere if it is None."""
    if place is not None:
        write_json(place, asdict(lesson))


def read_lesson(place: Path | None) -> Lesson | None:
    """Return the lesson in a file; None if there is none that can be relied on."""
    if place is None or not place.exists():
        return None
    try:
        lesson = read_document(place, Lesson, "")
    except UserError:
        return None
    return lesson if lesson.format == FORMAT_VERSION else None
