"""What a build takes: read from what nextpnr says, and reported."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from boards.bitstream.flow import FLOWS
from boards.catalogue import Board
from golden.system.documents import Count, Positive


@dataclass(frozen=True)
class BuildReport:
    """What was built, with what, and what it takes.

    Attributes
    ----------
    board, preset, seed
        What was asked for; ``seed`` is that of placement.
    network_digest
        Names the computation.
    resources
        Used and available: lc (logic cells), ebr, spram, dsp.
    fmax_mhz, clock_mhz
        What the timing analysis allows, and what the clock is.
    bitstream
        File name, beside the report.
    bitstream_sha256
        Equal builds have equal bitstreams.
    lc_per_lane
        Logic cells for each lane of each core, everything else included.
    baud, baud_error
        Rate of the serial line, and how far the one that the clock divides to is from it, as a fraction.
    tools
        Versions.
    git
        Commit of the sources, with ``-dirty`` when they differ from it, or a word on why there is none.
    seconds
        Time that synthesis, placement and routing took when the bitstream was made.
    cached
        Nothing had changed since, so that nothing was repeated.
    """

    board: str
    preset: str
    seed: int
    network_digest: str
    resources: dict[str, tuple[int, int]]
    fmax_mhz: float
    clock_mhz: float
    bitstream: str
    bitstream_sha256: str
    lc_per_lane: float
    baud: int
    baud_error: float
    tools: dict[str, str]
    git: str
    seconds: float
    cached: bool


@dataclass(frozen=True)
class Result:
    """What the tools found, as the store keeps it beside the bitstream.

    Attributes
    ----------
    resources, fmax_mhz, seconds
        As in :class:`BuildReport`; the frequency is 0 where the chip is too small.
    bitstream
        Name of the file, empty where the chip is too small.
    """

    resources: dict[str, tuple[Count, Count]]
    seconds: Positive
    fmax_mhz: Positive
    bitstream: Literal["", "top.bin", "top.bit"]


def resources_in(log: str, board: Board) -> dict[str, tuple[int, int]]:
    """Used and available cells from the log of nextpnr, which states them before it fails to place them.

    Available is what the board's chip is sold with where the silicon has more: nextpnr would use all of a 12F's.
    """
    found: dict[str, tuple[int, int]] = {}
    for name, cell in FLOWS[board.family].cells.items():
        if match := re.search(rf"\b{cell}:\s*(\d+)/\s*(\d+)", log):
            found[name] = int(match[1]), min(int(match[2]), board.limits[name])
    return found


def fmax_in(timing: Mapping[str, Any], board: Board) -> float:
    """Frequency in MHz that the only clock of the design can have, from the report of nextpnr.

    Raises
    ------
    RuntimeError
        If nextpnr analysed another frequency than that of the board's clock.
    """
    ((_, clock),) = timing["fmax"].items()
    required = clock["constraint"] * 1e6
    # Rounded to picoseconds by nextpnr.
    if abs(required / board.clock_hz - 1) > 0.001:
        raise RuntimeError(f"nextpnr analysed {required:g} Hz, and board {board.name} has {board.clock_hz:g}")
    return round(float(clock["achieved"]), 2)
