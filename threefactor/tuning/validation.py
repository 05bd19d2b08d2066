"""Validation: stratified folds of the training part, and what a preset reaches on one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from golden.data.images import Bytes
from golden.data.samples import Indices
from golden.spec.config import Preset
from golden.spec.data import Data
from golden.spec.generator import Generator, Purpose
from golden.system.sources import model_digest
from golden.training.evaluate import evaluate
from golden.training.fit import require_fit
from golden.training.train import train
from threefactor.tuning.material import Material, read_material
from threefactor.workers import require_same_code, require_same_data

FOLDS = 8
_SPLITS = {200: 16, 1_000: 8, 12_000: 4}  # below so many samples, so many splits: few samples are noisy, many are slow


@dataclass(frozen=True)
class Split:
    """One of the :data:`FOLDS` parts of an order of the samples validates, the others are learned.

    Attributes
    ----------
    index
        Split ``index`` has part ``index mod FOLDS`` of order ``index div FOLDS``; its network has the preset's seed
        plus ``index``, so that a lucky seed wins nothing.
    """

    index: int

    def parts(self, labels: Bytes) -> tuple[Indices, Indices]:
        """Indices of the samples that are learned, and of those that validate; each class is in both if it has two.

        The samples of every class are dealt to the parts in turn, in an order by ``Generator(order + 1, SPLIT)``.
        """
        order = list(range(len(labels)))
        Generator(self.index // FOLDS + 1, Purpose.SPLIT).shuffle(order)
        dealt = np.array(sorted(order, key=labels.tolist().__getitem__), dtype=np.int64)  # stable: class by class
        validates = np.arange(len(dealt)) % FOLDS == self.index % FOLDS
        return np.sort(dealt[~validates]), np.sort(dealt[validates])


@dataclass(frozen=True)
class Task:
    """A preset to be learned and validated in one split, anywhere.

    Attributes
    ----------
    preset, split
        What is learned, and from what.
    source, folder, limit
        As in :func:`threefactor.tuning.material.read_material`.
    digest, code
        Of the material, and :func:`golden.system.sources.model_digest`.
    """

    preset: Preset
    split: Split
    source: str | Data
    folder: Path | None
    limit: int | None
    digest: str
    code: str


def splits_for(samples: int) -> int:
    """Splits that a score is the mean of: the fewer samples there are, the more."""
    return next((splits for below, splits in _SPLITS.items() if samples < below), 1)


def validated(task: Task) -> float:
    """Learn what a task says, and return the fraction of validation samples that is predicted right.

    Raises
    ------
    UserError
        If samples or code here are not those of the task, on a worker of a cluster for instance.
    """
    require_same_code(model_digest(), task.code)
    material = _material(task.source, task.folder, task.limit)
    require_same_data(material.name, material.digest, task.digest)
    return accuracy(task.preset, material, task.split)


def accuracy(preset: Preset, material: Material, split: Split) -> float:
    """Learn all epochs of a preset on a split, and return the fraction of validation samples predicted right.

    Raises
    ------
    UserError
        If a sample cannot be encoded, or network and samples do not fit.
    """
    preset = replace(preset, network=replace(preset.network, seed=(preset.network.seed + split.index) % (1 << 32)))
    dataset = material.fold(preset.dataset, *split.parts(material.labels))
    trained = train(preset, dataset, tested=False)
    return evaluate(preset.network, trained.state, dataset).accuracy


def require_network(preset: Preset, material: Material) -> None:
    """Raise UserError unless the preset's network can learn a split of the material."""
    require_fit(preset.network, material.fold(preset.dataset, *Split(0).parts(material.labels)))


def mean(accuracies: Sequence[float]) -> float:
    """Mean of the accuracies of several splits, in an order that no number of processes changes."""
    return float(np.mean(accuracies))


def surpasses(one: Sequence[float], other: Sequence[float]) -> bool:
    """Whether accuracies are better than others in the same splits by more than the standard error of the difference.

    Either choice costs the same when it is wrong, so that no more certainty is asked for than that a difference of this
    size is not what the splits make of nothing.
    """
    differences = np.subtract(one, other)
    return bool(differences.mean() > np.sqrt(differences.var(ddof=1) / len(differences)))


@lru_cache(maxsize=1)
def _material(source: str | Data, folder: Path | None, limit: int | None) -> Material:
    return read_material(source, folder, limit)
