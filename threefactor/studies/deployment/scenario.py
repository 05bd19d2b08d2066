"""What becomes of a network: how it is prepared, what happens to it on the chip, and what it is asked there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Self

from golden.data.datasets import Dataset
from golden.data.images import Bytes, Levels
from golden.spec.config import Preset
from golden.state import State


class Part(NamedTuple):
    """Samples, levels or events as in :class:`golden.data.datasets.Dataset`, and their labels, shape (n,)."""

    samples: Levels
    labels: Bytes

    def first(self, limit: int | None) -> Self:
        """The first ``limit`` samples, or all."""
        return self._replace(samples=self.samples[:limit], labels=self.labels[:limit])


@dataclass(frozen=True)
class Preparation:
    """Training before deployment: ``preset`` learns the training part of ``dataset`` by its recipe."""

    preset: Preset
    dataset: Dataset


@dataclass(frozen=True)
class Phase:
    """Samples that come to the chip one after the other; then it is tested.

    Attributes
    ----------
    name
        What is measured after it is called by this name.
    part
        The samples in the order in which they come.
    shifts
        Learning rates of layers and readout, registers of the processor.
    learn
        Whether the chip learns them; else nothing changes.
    tests
        Names of the tests that follow; None is all.
    """

    name: str
    part: Part
    shifts: tuple[int, int]
    learn: bool = True
    tests: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Scenario:
    """What happens after the preparation.

    Attributes
    ----------
    preset
        What stands on the chip. It has the synapses of what was prepared, and may differ in the rest.
    tests
        Parts that are tested without learning: before the first phase, and after each that names them.
    phases
        What comes to the chip, in order.
    strike
        What befalls the prepared state before the first phase, after a first test; None is nothing.
    """

    preset: Preset
    tests: Mapping[str, Part]
    phases: tuple[Phase, ...]
    strike: Callable[[State], State] | None = None
