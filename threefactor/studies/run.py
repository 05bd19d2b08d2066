"""One training of a study, and the name of everything that its result depends on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

from golden.spec.config import Preset
from golden.system.sources import model_digest
from threefactor.studies.catalogue import Point

FORMAT_VERSION = 1


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
