"""What is kept of the runs of a study: a document each, and the rows that they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any, Protocol, TypeVar

from golden.spec.config import Network, Training
from golden.system.documents import Count, Digest, Fraction, Positive, Sha256, read_document
from golden.system.reading import DamagedError
from golden.training.metrics import EpochMetrics
from threefactor.studies.catalogue import Point
from threefactor.studies.run import Run

RESULTS = "results"
REMEDY = "remove it and type the command again"


class Keyed(Protocol):
    """A document that names its run."""

    @property
    def key(self) -> str:
        """Name of the run."""


Document = TypeVar("Document", bound=Keyed)


@dataclass(frozen=True)
class Result:
    """Document of a run: what was trained, and what came of it."""

    format: Count
    key: Digest
    dataset: str
    data: Sha256
    limit: Count | None
    network: Network
    training: Training
    synapses: Count
    test_accuracy: Fraction
    state_digest: Digest
    seconds: Positive
    history: tuple[EpochMetrics, ...]


def place(out: Path, run: Run) -> Path:
    """Where the result of a run is kept."""
    return out / RESULTS / f"{run.key}.json"


def read_kept(path: Path, schema: type[Document], key: str) -> Document:
    """Return the document of the run that is called ``key``; raises as :func:`read_result`."""
    document = read_document(path, schema, REMEDY)
    if document.key != key:
        raise DamagedError(path, "it is of another run", REMEDY)
    return document


def read_result(out: Path, run: Run) -> Result:
    """Return the result of a run.

    Raises
    ------
    DamagedError
        If it is none, or that of another run.
    """
    path = place(out, run)
    result = read_kept(path, Result, run.key)
    layers = run.preset.network.layers
    if len(result.history) != run.preset.training.epochs or any(len(m.firing_rates) != layers for m in result.history):
        raise DamagedError(path, "it does not tell of every epoch and layer", REMEDY)
    return result


def rows_of(points: Sequence[Point], runs: Sequence[Sequence[Run]], out: Path) -> list[dict[str, Any]]:
    """Results of a study that is complete.

    Returns
    -------
    list
        Per point its name (``variant``), summary, series and measures, test accuracies by seed, their mean and spread
        (standard deviation), mean update fraction and firing rates of the last epoch, synapses, warnings of the last
        epoch, and the names of the files that hold the results.
    """
    rows = []
    for point, attempts in zip(points, runs, strict=True):
        results = [read_result(out, run) for run in attempts]
        accuracies = [result.test_accuracy for result in results]
        last = [result.history[-1] for result in results]
        rows.append(
            {
                "variant": point.name,
                "summary": point.summary,
                "series": point.series,
                "measures": dict(point.measures),
                "test_accuracies": accuracies,
                "test_accuracy": mean(accuracies),
                "spread": stdev(accuracies) if len(accuracies) > 1 else None,
                "update_fraction": mean(metrics.update_fraction for metrics in last),
                "firing_rates": [mean(rates) for rates in zip(*(m.firing_rates for m in last), strict=True)],
                "synapses": results[0].synapses,
                "warnings": sorted({warning for metrics in last for warning in metrics.warnings}),
                "results": [place(Path(), run).as_posix() for run in attempts],
            }
        )
    return rows
