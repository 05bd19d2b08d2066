"""Conduct a study of deployment: prepare what is missing, let every scenario happen, keep each result as it arrives."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from golden.spec.config import Preset
from golden.state import State
from golden.system.writing import write_json
from golden.training import checkpoint
from golden.training.train import Trained
from threefactor.studies.deployment.case import FORMAT_VERSION, Case, preparation_key
from threefactor.studies.deployment.perform import perform, prepare
from threefactor.studies.deployment.results import place, prepared_place
from threefactor.studies.deployment.scenario import Preparation
from threefactor.studies.deployment.study import DeploymentStudy
from threefactor.workers import require_same_code, require_same_data

Told = Callable[[int, int], None]
"""Told of (runs done, runs in all), preparations included."""


def prepared_by(case: Case, folder: Path | None) -> tuple[str, Trained]:
    """Compute the preparation of a case, on a worker; with the key of what came out."""
    preparation = preparation_of(case, folder)
    if preparation is None:
        raise ValueError(f"{case.point.name} deploys the initial state")
    return preparation_key(preparation, case.limit), prepare(preparation, case.limit)


def performed(case: Case, folder: Path | None, prepared: State | None) -> dict[str, Any]:
    """Let the scenario of a case happen, on a worker, and return what is kept of it."""
    started = time.perf_counter()
    scenario = case.study.scenario(case.preset, case.point, samples_of(case, folder))
    measurements = perform(scenario, prepared, case.limit)
    return {
        "format": FORMAT_VERSION,
        "key": case.key,
        "study": case.study.name,
        "point": case.point.name,
        "settings": dict(case.point.settings),
        "dataset": case.preset.dataset_name,
        "data": case.data,
        "limit": case.limit,
        "network": asdict(case.preset.network),
        "training": asdict(case.preset.training),
        "measurements": [asdict(measurement) for measurement in measurements],
        "seconds": time.perf_counter() - started,
    }


def conduct(
    cases: Sequence[Case], executor: Executor, out: Path, folder: Path | None = None, told: Told | None = None
) -> None:
    """Compute the cases that have no result in ``out`` yet, and the preparations that they need; equal ones once.

    Each prepared state and each result is written as it arrives, so that whatever stops this, the same call goes on
    from there.

    Parameters
    ----------
    executor
        Computes; its workers find the data in the same folder.
    folder
        Of data that are not shipped.
    told
        Told of progress.

    Raises
    ------
    UserError
        If a worker has other data or another version of this project.
    """
    folder = None if folder is None else folder.absolute()
    missing = {case.key: case for case in cases if not place(out, case).is_file()}
    waiting: dict[str, list[Case]] = {}  # by what they need to be prepared
    total = len({case.key for case in cases})
    done = total - len(missing)
    pending: dict[Future[Any], str | Case] = {}
    for case in missing.values():
        preparation = preparation_of(case, folder)
        if preparation is None:
            pending[executor.submit(performed, case, folder, None)] = case
            continue
        key = preparation_key(preparation, case.limit)
        if key not in waiting and not checkpoint.exists(prepared_place(out, key)):
            pending[executor.submit(prepared_by, case, folder)] = key
            total += 1
        waiting.setdefault(key, []).append(case)

    def deploy(key: str) -> None:
        for case in waiting.pop(key):
            state, _ = checkpoint.load(prepared_place(out, key), case.preset.network)
            pending[executor.submit(performed, case, folder, state)] = case

    for key in waiting.keys() - {key for key in pending.values() if isinstance(key, str)}:
        deploy(key)
    if told is not None:
        told(done, total)
    while pending:
        for future in wait(pending, return_when=FIRST_COMPLETED).done:
            job, found = pending.pop(future), future.result()
            if isinstance(job, str):
                require_same_code(found[0], job)
                trained: Trained = found[1]
                checkpoint.save(prepared_place(out, job), trained.network, trained.state, trained.progress)
                deploy(job)
            else:
                require_same_code(found["key"], job.key)
                write_json(place(out, job), found)
            done += 1
            if told is not None:
                told(done, total)


def prepared_state(case: Case, out: Path, folder: Path | None) -> State | None:
    """Return the state that a case deploys: as it is kept in ``out``, or computed here and kept."""
    preparation = preparation_of(case, folder)
    if preparation is None:
        return None
    where = prepared_place(out, preparation_key(preparation, case.limit))
    if not checkpoint.exists(where):
        trained = prepare(preparation, case.limit)
        checkpoint.save(where, trained.network, trained.state, trained.progress)
    return checkpoint.load(where, preparation.preset.network)[0]


def preparation_of(case: Case, folder: Path | None) -> Preparation | None:
    """What a case needs to be prepared."""
    return case.study.preparation(case.preset, case.point, samples_of(case, folder))


def samples_of(case: Case, folder: Path | None) -> Any:
    """Samples of a case.

    Raises
    ------
    UserError
        If the data here are not those of the case, on a worker of a cluster for instance.
    """
    preset = replace(case.preset, network=replace(case.preset.network, seed=1))  # read once for all seeds
    samples = _samples(type(case.study), preset, folder)
    require_same_data(samples.name, samples.digest, case.data)
    return samples


def finished(cases: Sequence[Case], out: Path) -> int:
    """Cases that have a result in ``out``, equal ones counted once."""
    return sum(place(out, case).is_file() for case in {case.key: case for case in cases}.values())


@lru_cache(maxsize=1)
def _samples(kind: type[DeploymentStudy[Any]], preset: Preset, folder: Path | None) -> Any:
    return kind().source(preset, folder)
