"""What is kept of the runs of a study of deployment: a document each, prepared states, and the rows they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from golden.spec.config import Network, Training
from golden.system.documents import Count, Digest, Positive, Sha256
from golden.system.reading import DamagedError
from threefactor.studies.deployment.case import Case
from threefactor.studies.deployment.perform import Measurement
from threefactor.studies.deployment.study import Point, Setting
from threefactor.studies.results import REMEDY, RESULTS, read_kept

PREPARED = "prepared"  # folder


@dataclass(frozen=True)
class Result:
    """Document of a run.

    Attributes
    ----------
    format, key, study, point, settings, dataset, data, limit, network, training
        What was done; ``network`` and ``training`` are those of the preparation.
    measurements
        What was measured before the first phase and after each.
    seconds
        Wall time on the chip's side, in the engine.
    """

    format: Count
    key: Digest
    study: str
    point: str
    settings: dict[str, Setting]
    dataset: str
    data: Sha256
    limit: Count | None
    network: Network
    training: Training
    measurements: tuple[Measurement, ...]
    seconds: Positive


def place(out: Path, case: Case) -> Path:
    """Where the result of a run is kept."""
    return out / RESULTS / f"{case.study.name}-{case.key}.json"


def prepared_place(out: Path, key: str) -> Path:
    """Where the checkpoint of a preparation is kept."""
    return out / PREPARED / key


def read_result(out: Path, case: Case) -> Result:
    """Return the result of a run.

    Raises
    ------
    DamagedError
        If it is none, or that of another run.
    """
    path = place(out, case)
    result = read_kept(path, Result, case.key)
    tests = [measurement.accuracies.keys() for measurement in result.measurements]
    if not tests or not tests[0] or any(names - tests[0] for names in tests):
        raise DamagedError(path, "it does not tell of every test", REMEDY)
    return result


def rows_of(points: Sequence[Point], cases: Sequence[Sequence[Case]], out: Path) -> list[dict[str, Any]]:
    """Results of a study that is complete.

    Returns
    -------
    list
        Per point its name (``variant``), summary and settings; ``stages``, one for every measurement: its name
        (``stage``), the samples that the chip has ``learned``, and by test the ``accuracies`` of all seeds, their mean
        (``accuracy``) and their spread (standard deviation); the mean fraction of the learned samples that updated
        (``update_fraction``); and the names of the files that hold the results.
    """
    rows = []
    for point, attempts in zip(points, cases, strict=True):
        results = [read_result(out, case) for case in attempts]
        stages = [_stage(measured) for measured in zip(*(result.measurements for result in results), strict=True)]
        last = [result.measurements[-1] for result in results]
        rows.append(
            {
                "variant": point.name,
                "summary": point.summary,
                "settings": dict(point.settings),
                "stages": stages,
                "update_fraction": mean(m.updates / m.learned if m.learned else 0.0 for m in last),
                "results": [place(Path(), case).as_posix() for case in attempts],
            }
        )
    return rows


def _stage(measured: Sequence[Measurement]) -> dict[str, Any]:
    """One measurement of every seed."""
    accuracies = {name: [found.accuracies[name] for found in measured] for name in measured[0].accuracies}
    return {
        "stage": measured[0].stage,
        "learned": measured[0].learned,
        "accuracies": accuracies,
        "accuracy": {name: mean(values) for name, values in accuracies.items()},
        "spread": {name: stdev(values) if len(values) > 1 else None for name, values in accuracies.items()},
    }
