"""What a preset needs of a board: cells of each kind and the clock, and whether the board has them."""

from __future__ import annotations

from dataclasses import dataclass

from boards.capacity import memory_cells
from boards.catalogue import Board
from boards.estimate.logic import parts, settings_cells
from boards.estimate.multipliers import addressed, multipliers
from boards.estimate.speed import fmax_mhz
from boards.estimate.weights import calibration
from golden.spec.config import Preset


@dataclass(frozen=True)
class Requirements:
    """What a preset needs of a board.

    Attributes
    ----------
    resources
        Used and available: lc, ebr, spram, dsp.
    fmax_mhz, clock_mhz
        What the clock may reach, roughly, and what that of the board is.
    """

    resources: dict[str, tuple[int, int]]
    fmax_mhz: float
    clock_mhz: float

    @property
    def has_room(self) -> bool:
        """Nothing exceeds the chip."""
        return all(used <= available for used, available in self.resources.values())

    @property
    def in_time(self) -> bool:
        """The clock can be reached."""
        return self.fmax_mhz >= self.clock_mhz

    @property
    def met(self) -> bool:
        """The board has what is needed."""
        return self.has_room and self.in_time


def requirements(preset: Preset, board: Board) -> Requirements:
    """Tell what a preset needs; single-port memories are used where the chip has them, as in a build.

    Raises
    ------
    UserError
        If a memory of the preset has more elements than the host can address, or the calibration is damaged.
    """
    clock = board.for_preset(preset.name).clock_hz / 1e6
    preset = board.adapted(preset)
    cells = memory_cells(preset, board.family)
    used = {
        "lc": logic_cells(preset, board.family),
        "ebr": cells["ebr"],
        "spram": cells["spram"],
        "dsp": multipliers(preset, board.family),
    }
    resources = {kind: (count, board.limits[kind]) for kind, count in used.items()}
    fmax = fmax_mhz(board, used["lc"], addressed=addressed(preset, board.family))
    return Requirements(resources, fmax, clock)


def logic_cells(preset: Preset, family: str) -> int:
    """Logic cells of a preset, whose single-port memories the chip family has."""
    weights = calibration().families[family].weights
    calibrated = sum(weights[name] * bits for name, bits in parts(preset, family).items())
    return round(calibrated + settings_cells(preset))
