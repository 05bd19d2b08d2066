"""The clock that a design may reach, before it is placed: an estimate from what builds have reached."""

from __future__ import annotations

import math

from boards.catalogue import Board

# Nanoseconds of the longest path at _CELLS logic cells, and for every doubling of them; from the builds in
# boards/budgets.json: digits and mnist-large on the ULX3S, digits on the others, both designs on the iCEBreaker.
_CELLS = 5000
_PERIOD = {"ice40": 30.0, "ecp5": 9.4}
_DOUBLING = {"ice40": 1.5, "ecp5": 0.8}
_FASTER = {"orangecrab-85f": 0.72}  # of speed grade 8, the others of 6


def fmax_mhz(board: Board, cells: int) -> float:
    """Frequency in MHz that a design of so many logic cells may reach on a board; one build is off by up to a fifth."""
    period = _PERIOD[board.family] + _DOUBLING[board.family] * math.log2(max(cells, 1000) / _CELLS)
    return round(1000 / (period * _FASTER.get(board.name, 1)), 1)
