"""The recipe of a training."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

from golden.spec.errors import require
from golden.spec.fields import AtLeast, OneOf, Range, check_fields, is_integer
from golden.spec.formats import unsigned_for

AUGMENTATIONS = ("none", "shift", "flip", "time-shift")
SHIFT_LIMIT = 12  # learning rates are right shifts of 1..12
SHIFT = unsigned_for(SHIFT_LIMIT)  # format of their registers


@dataclass(frozen=True)
class Training:
    """The recipe: rates and epochs. Rates are runtime registers of the processor, not part of the network.

    Parameters
    ----------
    layer_shift, readout_shift
        Learning rates as right shifts of the update: one more halves them.
    epochs
        Passes over the training samples.
    slower
        Epochs at which both shifts grow by one.
    augmentation
        Change of training samples on the host: ``none``; of images ``shift`` (by up to a pixel) or ``flip`` (left to
        right); of events ``time-shift`` (by up to three steps).
    """

    layer_shift: Annotated[int, Range(1, SHIFT_LIMIT)] = 7
    readout_shift: Annotated[int, Range(1, SHIFT_LIMIT)] = 6
    epochs: Annotated[int, AtLeast(1)] = 12
    slower: tuple[int, ...] = (3, 6, 9)
    augmentation: Annotated[str, OneOf(AUGMENTATIONS)] = "none"

    def __post_init__(self) -> None:
        check_fields(self)
        last = self.shifts(self.epochs - 1)
        require(
            max(last) <= SHIFT_LIMIT,
            f"shifts must stay in 1..{SHIFT_LIMIT} over all epochs, not {last}",
        )

    @property
    def recipe(self) -> dict[str, Any]:
        """Everything but the number of epochs, as JSON has it: what a resumed run must not change."""
        values = asdict(self) | {"slower": list(self.slower)}
        del values["epochs"]
        return values

    def shifts(self, epoch: int) -> tuple[int, int]:
        """Layer and readout shift in an epoch."""
        grown = sum(epoch >= start for start in self.slower)
        return self.layer_shift + grown, self.readout_shift + grown


def require_shifts(shifts: tuple[int, int]) -> None:
    """Raise ConfigurationError unless layer and readout shift are learning rates that the processor has."""
    fits = isinstance(shifts, tuple) and len(shifts) == 2 and all(map(is_integer, shifts))
    require(fits and min(shifts) >= 1 and max(shifts) <= SHIFT_LIMIT, f"shifts must be 1..{SHIFT_LIMIT}, not {shifts}")
