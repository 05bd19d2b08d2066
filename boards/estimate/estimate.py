"""What a preset takes on a board, and whether it fits: told in milliseconds, before synthesis."""

from __future__ import annotations

from dataclasses import dataclass

from boards.catalogue import Board
from boards.estimate.advice import advice_for
from boards.estimate.requirements import Requirements, requirements
from golden.spec.config import Preset


@dataclass(frozen=True)
class Estimate(Requirements):
    """What a preset takes on a board.

    Memories and multipliers are those that synthesis makes, exactly; logic is off by a tenth at most on measured
    designs, and the clock is rough.

    Attributes
    ----------
    board
        Name.
    fits
        Nothing exceeds the chip, and the clock can be reached.
    advice
        One sentence on what to change, empty where it fits.
    """

    board: str
    fits: bool
    advice: str


def estimate(preset: Preset, board: Board) -> Estimate:
    """Tell what a preset takes on a board; raises as :func:`boards.estimate.requirements.requirements`."""
    found = requirements(preset, board)
    advice = "" if found.met else advice_for(preset, board, found)
    return Estimate(**vars(found), board=board.name, fits=found.met, advice=advice)
