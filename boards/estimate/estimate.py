"""What a preset takes on a board, and whether it fits: told in milliseconds, before synthesis."""

from __future__ import annotations

from dataclasses import dataclass

from boards.capacity import memory_cells
from boards.catalogue import Board
from boards.estimate.advice import advice_for
from boards.estimate.logic import parts
from boards.estimate.multipliers import addressed, multipliers
from boards.estimate.speed import fmax_mhz
from boards.estimate.weights import calibration
from golden.spec.config import Preset


@dataclass(frozen=True)
class Estimate:
    """What a preset takes on a board.

    Attributes
    ----------
    board
        Name.
    resources
        Used and available: lc (logic cells), ebr (block RAM), spram (single-port RAM), dsp (multipliers). Memories and
        multipliers are those that synthesis makes, exactly; logic is off by a tenth at most on measured designs.
    fmax_mhz
        What the clock may reach, roughly.
    clock_mhz
        What the clock of the board is.
    fits
        Nothing exceeds the chip, and the clock can be reached.
    advice
        One sentence on what to change, empty where it fits.
    """

    board: str
    resources: dict[str, tuple[int, int]]
    fmax_mhz: float
    clock_mhz: float
    fits: bool
    advice: str

    @property
    def has_room(self) -> bool:
        """Whether nothing exceeds the chip, whatever the clock."""
        return _has_room(self.resources)


def estimate(preset: Preset, board: Board) -> Estimate:
    """Tell what a preset takes on a board.

    Single-port memories are used where the chip has them, as in a build.

    Raises
    ------
    UserError
        If a memory of the preset has more elements than the host can address, or the calibration is damaged.
    """
    resources, fmax = requirements(preset, board)
    clock = board.for_preset(preset.name).clock_hz / 1e6
    fits = _has_room(resources) and fmax >= clock
    advice = "" if fits else advice_for(preset, board, resources, fmax < clock, requirements)
    return Estimate(board.name, resources, fmax, clock, fits, advice)


def requirements(preset: Preset, board: Board) -> tuple[dict[str, tuple[int, int]], float]:
    """Used and available cells of each kind, and the clock that may be reached in MHz."""
    preset = board.adapted(preset)
    cells = memory_cells(preset, board.family)
    used = {
        "lc": logic_cells(preset, board.family),
        "ebr": cells["ebr"],
        "spram": cells["spram"],
        "dsp": multipliers(preset, board.family),
    }
    resources = {kind: (count, board.limits[kind]) for kind, count in used.items()}
    return resources, fmax_mhz(board, used["lc"], addressed=addressed(preset, board.family))


def logic_cells(preset: Preset, family: str) -> int:
    """Logic cells of a preset, whose single-port memories the chip family has."""
    weights = calibration().families[family].weights
    return round(sum(weights[name] * bits for name, bits in parts(preset, family).items()))


def _has_room(resources: dict[str, tuple[int, int]]) -> bool:
    return all(used <= available for used, available in resources.values())
