"""Conduct a study: train every point with every seed, keep each result as it arrives, go on after an interruption."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from golden.data.datasets import Dataset
from golden.data.source import load
from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.errors import UserError
from golden.system.sources import model_digest
from golden.system.writing import write_json
from golden.training.train import train
from threefactor.studies.catalogue import Point

FORMAT_VERSION = 1
RESULTS = "results"


@dataclass(frozen=True)
class Run:
    """One training of a study.

    Attributes
    ----------
    preset
        With its seed and its epochs.
    limit
        Use only the first samples of either part.
    data
        :attr:`golden.data.datasets.Dataset.digest` of what is learned and tested.
    """

    preset: Preset
    limit: int | None
    data: str

    @property
    def key(self) -> str:
        """16 hex digits that name everything the result depends on, the code of the model and the data too."""
        parts = (
            FORMAT_VERSION,
            model_digest(),
            self.preset.network.digest,
            asdict(self.preset.training),
            self.data,
            self.limit,
        )
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def runs_of(
    points: Sequence[Point], seeds: int, epochs: int | None = None, limit: int | None = None, *, data: str
) -> list[list[Run]]:
    """Runs of each point with the seeds 1 .. ``seeds``; ``epochs`` overrides the presets', ``data`` is as in Run."""

    def run(preset: Preset, seed: int) -> Run:
        training = preset.training if epochs is None else replace(preset.training, epochs=epochs)
        return Run(replace(preset, network=replace(preset.network, seed=seed), training=training), limit, data)

    return [[run(point.preset, seed) for seed in range(1, seeds + 1)] for point in points]


def compute(run: Run, folder: Path | None) -> dict[str, Any]:
    """Train, and return what is kept of it; ``folder`` has the files of a data set that is not shipped.

    Raises
    ------
    UserError
        If the data set here is not that of the run, on a worker of a cluster for instance.
    """
    started = time.perf_counter()
    dataset = _dataset(run.preset.dataset, folder)
    if dataset.digest != run.data:
        raise UserError(f"data set {dataset.name!r} of a worker is not the one here; give its machine the same files")
    trained = train(run.preset, dataset, limit=run.limit)
    return {
        "format": FORMAT_VERSION,
        "key": run.key,
        "dataset": run.preset.dataset_name,
        "data": run.data,
        "limit": run.limit,
        "network": asdict(run.preset.network),
        "training": asdict(run.preset.training),
        "synapses": run.preset.network.synapses,
        "test_accuracy": trained.history[-1].test_accuracy,
        "state_digest": trained.history[-1].state_digest,
        "seconds": time.perf_counter() - started,
        "history": [asdict(metrics) for metrics in trained.history],
    }


def conduct(
    runs: Sequence[Run],
    executor: Executor,
    out: Path,
    data: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Compute the runs that have no result in ``out`` yet; equal runs once.

    Each result is written as it arrives, so that whatever stops this, the same call goes on from there.

    Parameters
    ----------
    executor
        Computes the runs; its workers find the data set in the same folder.
    data
        Folder of a data set that is not shipped.
    progress
        Told of (runs done, runs in all).
    """
    missing = {run.key: run for run in runs if not _place(out, run).is_file()}
    total = len({run.key for run in runs})
    done = total - len(missing)
    folder = None if data is None else data.absolute()
    pending = {executor.submit(compute, run, folder): run for run in missing.values()}
    if progress is not None:
        progress(done, total)
    for future in as_completed(pending):
        result = future.result()
        if result["key"] != pending[future].key:
            raise UserError("a worker has another version of this project; install the one that is here on its machine")
        write_json(_place(out, pending[future]), result)
        done += 1
        if progress is not None:
            progress(done, total)


def finished(runs: Sequence[Run], out: Path) -> int:
    """Runs that have a result in ``out``, equal ones counted once."""
    return sum(_place(out, run).is_file() for run in {run.key: run for run in runs}.values())


def rows_of(points: Sequence[Point], runs: Sequence[Sequence[Run]], out: Path) -> list[dict[str, Any]]:
    """Results of a study that is complete.

    Returns
    -------
    list
        Per point its name (``variant``) and summary, test accuracies by seed, their mean and spread (standard
        deviation), mean update fraction and firing rates of the last epoch, synapses, warnings of the last epoch, and
        the names of the files that hold the results.
    """
    rows = []
    for point, attempts in zip(points, runs, strict=True):
        results = [_read(_place(out, run), run) for run in attempts]
        accuracies = [result["test_accuracy"] for result in results]
        last = [result["history"][-1] for result in results]
        rows.append(
            {
                "variant": point.name,
                "summary": point.summary,
                "test_accuracies": accuracies,
                "test_accuracy": mean(accuracies),
                "spread": stdev(accuracies) if len(accuracies) > 1 else None,
                "update_fraction": mean(metrics["update_fraction"] for metrics in last),
                "firing_rates": [mean(rates) for rates in zip(*(m["firing_rates"] for m in last), strict=True)],
                "synapses": results[0]["synapses"],
                "warnings": sorted({warning for metrics in last for warning in metrics["warnings"]}),
                "results": [_place(Path(), run).as_posix() for run in attempts],
            }
        )
    return rows


@lru_cache(maxsize=1)
def _dataset(source: str | Data, folder: Path | None) -> Dataset:
    """Data set of a worker, which trains on the same one again and again."""
    return load(source, folder)


def _place(out: Path, run: Run) -> Path:
    return out / RESULTS / f"{run.key}.json"


def _read(path: Path, run: Run) -> dict[str, Any]:
    try:
        result: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if result["key"] != run.key or not result["history"]:
            raise ValueError("of another run")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is damaged ({error}); remove it and type the command again") from error
    return result
