"""The clock that a design may reach, before it is placed: an estimate from what builds have reached."""

from __future__ import annotations

import math

from boards.catalogue import Board

# Nanoseconds of the longest path at _CELLS logic cells, and for every doubling of them; from the builds in
# boards/budgets.json: digits and mnist-large on the ULX3S, digits on the others, both designs on the iCEBreaker.
_CELLS = 5000
_PERIOD = {"ice40": 30.0, "ecp5": 9.4}
_DOUBLING = {"ice40": 1.5, "ecp5": 0.8}
_ADDRESSED = 7.0  # more where an address of the ECP5 takes a multiplier: digits-deep on the Colorlight i5, 58.0 MHz
_FASTER = {"orangecrab-25f": 0.72, "orangecrab-85f": 0.72}  # of speed grade 8, the others of 6


def fmax_mhz(board: Board, cells: int, *, addressed: bool = False) -> float:
    """Frequency in MHz that a design may reach on a board; few builds stand behind it, and one may be a third off.

    Parameters
    ----------
    board
        With its speed grade.
    cells
        Logic cells.
    addressed
        An address is calculated by a multiplier, see :func:`boards.estimate.multipliers.addressed`.
    """
    period = _PERIOD[board.family] + _DOUBLING[board.family] * math.log2(max(cells, 1000) / _CELLS)
    period += _ADDRESSED if addressed else 0
    return round(1000 / (period * _FASTER.get(board.name, 1)), 1)
