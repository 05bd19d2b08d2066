"""What a study of learning after deployment declares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from markupsafe import Markup

from golden.data.datasets import Dataset
from golden.data.source import load
from golden.spec.config import Preset
from threefactor.studies.deployment.scenario import Preparation, Scenario
from threefactor.studies.summary import Table

Setting = int | float | str | bool


class Source(Protocol):
    """Where the samples of a study come from: a data set, or more than one tells."""

    @property
    def name(self) -> str:
        """For the user."""

    @property
    def digest(self) -> str:
        """SHA-256 of all that it holds, 64 hex digits."""


Samples = TypeVar("Samples", bound=Source)


@dataclass(frozen=True)
class Point:
    """One setting of a study.

    Attributes
    ----------
    name, summary
        Name on the command line and in the plot, and what it means.
    settings
        All that tells its scenario from those of other points.
    """

    name: str
    summary: str
    settings: Mapping[str, Setting] = field(default_factory=dict)


class DeploymentStudy(ABC, Generic[Samples]):
    """A question about a network that goes on learning where it is used.

    Every point has a scenario: a network is prepared, put on the chip, and learns there in phases; it is tested before
    the first and after each of them. A study declares; :mod:`threefactor.studies.deployment.conduct` does.

    Attributes
    ----------
    name, summary
        Name on the command line, and the question in a sentence.
    presets
        What to prepare by default: the first whose data are there.
    checked
        The point that is compared on the gateware unless another is named.

    Notes
    -----
    An instance holds nothing: it goes to the processes that compute. Everything is a function of preset (with its seed
    and epochs), point and samples; whatever is drawn, is drawn by :class:`golden.spec.generator.Generator`.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    presets: ClassVar[tuple[str, ...]]
    checked: ClassVar[str]

    @abstractmethod
    def source(self, preset: Preset, folder: Path | None) -> Samples:
        """Read the samples; ``folder`` has the files of a data set that is not shipped.

        Raises
        ------
        UserError
            If they are missing or damaged, or the study cannot use this preset.
        """

    @abstractmethod
    def points(self, preset: Preset) -> list[Point]:
        """The settings, in the order of table and plot."""

    @abstractmethod
    def preparation(self, preset: Preset, point: Point, samples: Samples) -> Preparation | None:
        """The training before deployment; None deploys the initial state. Equal ones are computed once."""

    @abstractmethod
    def scenario(self, preset: Preset, point: Point, samples: Samples) -> Scenario:
        """What happens on the chip."""

    @abstractmethod
    def table(self, rows: Sequence[Mapping[str, Any]]) -> Table:
        """Results as they are printed, of rows as :func:`threefactor.studies.deployment.results.rows_of` makes them."""

    @abstractmethod
    def picture(self, rows: Sequence[Mapping[str, Any]]) -> Markup:
        """The same as a plot."""


class OnDataset(DeploymentStudy[Dataset]):
    """A study of the data set of the preset."""

    def source(self, preset: Preset, folder: Path | None) -> Dataset:
        """Read the data set."""
        return load(preset.dataset, folder)
