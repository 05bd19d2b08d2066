"""What measured designs have taught the estimate, as boards.bitstream.calibration writes it down."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from golden.system.documents import Count, Positive, read_document

CALIBRATION = Path(__file__).with_name("calibration.json")


@dataclass(frozen=True)
class FamilyCalibration:
    """What is known of a chip family.

    Attributes
    ----------
    board
        The board whose tools measured.
    weights
        Logic cells for a bit of each part, see :mod:`boards.estimate.logic`.
    designs
        What the weights were fitted to: what nextpnr counted after packing (lc, ebr, spram, dsp), by the name of the
        design, see :mod:`boards.bitstream.designs`.
    """

    board: str
    weights: dict[str, Positive]
    designs: dict[str, dict[str, Count]]


@dataclass(frozen=True)
class Calibration:
    """All of it: versions of the tools that measured, and what is known by chip family."""

    tools: dict[str, str]
    families: dict[str, FamilyCalibration]


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The committed calibration; UserError where it is damaged."""
    return read_document(CALIBRATION, Calibration, "restore the committed one")
