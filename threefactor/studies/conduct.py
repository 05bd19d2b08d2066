"""Conduct a study: train every point with every seed, keep each result as it arrives, go on after an interruption."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, as_completed
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

from golden.data.datasets import Dataset
from golden.data.source import load
from golden.spec.data import Data
from golden.system.writing import write_json
from golden.training.train import train
from threefactor.studies.results import place
from threefactor.studies.run import FORMAT_VERSION, Run
from threefactor.workers import require_same_code, require_same_data


def compute(run: Run, folder: Path | None) -> dict[str, Any]:
    """Train, and return what is kept of it; ``folder`` has the files of a data set that is not shipped.

    Raises
    ------
    UserError
        If the data set here is not that of the run, on a worker of a cluster for instance.
    """
    started = time.perf_counter()
    dataset = _dataset(run.preset.dataset, folder)
    require_same_data(dataset.name, dataset.digest, run.data)
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
    missing = {run.key: run for run in runs if not place(out, run).is_file()}
    total = len({run.key for run in runs})
    done = total - len(missing)
    folder = None if data is None else data.absolute()
    pending = {executor.submit(compute, run, folder): run for run in missing.values()}
    if progress is not None:
        progress(done, total)
    for future in as_completed(pending):
        result = future.result()
        require_same_code(result["key"], pending[future].key)
        write_json(place(out, pending[future]), result)
        done += 1
        if progress is not None:
            progress(done, total)


def finished(runs: Sequence[Run], out: Path) -> int:
    """Runs that have a result in ``out``, equal ones counted once."""
    return sum(place(out, run).is_file() for run in {run.key: run for run in runs}.values())


@lru_cache(maxsize=1)
def _dataset(source: str | Data, folder: Path | None) -> Dataset:
    """Data set of a worker, which trains on the same one again and again."""
    return load(source, folder)
