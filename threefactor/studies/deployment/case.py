"""One run of a study of deployment, and the names of everything that its result depends on."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from golden.spec.config import Preset
from golden.system.sources import model_digest, source_digest
from threefactor.studies.deployment import changes, faults, perform, scenario
from threefactor.studies.deployment.scenario import Preparation
from threefactor.studies.deployment.study import DeploymentStudy, Point

FORMAT_VERSION = 1


@dataclass(frozen=True)
class Case:
    """A point of a study with one seed.

    Attributes
    ----------
    study, point
        What is asked.
    preset
        What is prepared, with its seed and its epochs.
    limit
        Use only the first samples of the preparation, of every phase and of every test.
    data
        Digest of the samples.
    """

    study: DeploymentStudy[Any]
    point: Point
    preset: Preset
    limit: int | None
    data: str

    @property
    def key(self) -> str:
        """16 hex digits that name everything the result depends on, the code of model and study too."""
        return _named(
            model_digest(),
            _study_digest(type(self.study)),
            dict(self.point.settings),
            self.preset.network.digest,
            asdict(self.preset.training),
            self.data,
            self.limit,
        )


def preparation_key(preparation: Preparation, limit: int | None) -> str:
    """16 hex digits that name everything a prepared state depends on."""
    preset, dataset = preparation.preset, preparation.dataset
    return _named(model_digest(), preset.network.digest, asdict(preset.training), dataset.digest, limit)


def cases_of(
    study: DeploymentStudy[Any],
    points: Sequence[Point],
    preset: Preset,
    seeds: int,
    epochs: int | None = None,
    limit: int | None = None,
    *,
    data: str,
) -> list[list[Case]]:
    """Cases of each point with the seeds 1 .. ``seeds``; ``epochs`` overrides the preparation's."""
    training = preset.training if epochs is None else replace(preset.training, epochs=epochs)

    def case(point: Point, seed: int) -> Case:
        seeded = replace(preset, network=replace(preset.network, seed=seed), training=training)
        return Case(study, point, seeded, limit, data)

    return [[case(point, seed) for seed in range(1, seeds + 1)] for point in points]


@cache
def _study_digest(kind: type[DeploymentStudy[Any]]) -> str:
    """Digest of the sources that say what happens: the study's own file, what befalls a network, what performs it."""
    return source_digest(Path(inspect.getfile(part)) for part in (kind, changes, faults, scenario, perform))


def _named(*parts: object) -> str:
    return hashlib.sha256(json.dumps((FORMAT_VERSION, *parts), sort_keys=True).encode()).hexdigest()[:16]
