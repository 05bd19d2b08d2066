"""The search: batches of trials proposed by Optuna, computed anywhere, kept as they end; then a last comparison."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.samplers import TPESampler

from golden.spec.config import Preset
from golden.spec.data import Data
from golden.system.sources import model_digest
from threefactor.tuning.neighbours import neighbours
from threefactor.tuning.sizes import fits
from threefactor.tuning.space import Space
from threefactor.tuning.store import Finished, Store
from threefactor.tuning.validation import FOLDS, Split, Task, mean, surpasses, validated

BATCH = 4  # trials proposed at once; a constant, so that no number of processes changes what is proposed
FINALISTS = 3  # beside the start
_RANDOM = 8  # trials before the sampler trusts what it has seen

Progress = Callable[[int, int, float], None]


@dataclass(frozen=True)
class Candidate:
    """A trial in the last comparison.

    Attributes
    ----------
    trial
        0 is the start.
    preset
        What it learns.
    accuracy
        Mean over the splits of the search.
    rescored
        Mean over splits that the search has not used.
    """

    trial: int
    preset: Preset
    accuracy: float
    rescored: float


class Search:
    """A search in a space.

    Parameters
    ----------
    space
        What may vary.
    splits
        Splits that the score of a trial is the mean of.
    store
        Where trials are kept.
    executor
        Computes.
    folder, limit
        As in :func:`threefactor.tuning.material.read_material`.
    """

    def __init__(
        self,
        space: Space,
        splits: int,
        store: Store,
        executor: Executor,
        folder: Path | None = None,
        limit: int | None = None,
    ) -> None:
        self._space, self._splits, self._store, self._executor = space, splits, store, executor
        self._folder, self._limit = None if folder is None else folder.absolute(), limit
        self._presets: dict[tuple[tuple[str, Any], ...], Preset] = {}

    @property
    def last_splits(self) -> int:
        """Splits of the last comparison."""
        return max(FOLDS, 2 * self._splits)

    def run(self, trials: int, progress: Progress) -> list[Finished]:
        """Return the first so many trials, computing those that are not there; the first one is the start.

        Its neighbours follow (:func:`threefactor.tuning.neighbours.neighbours`), then what the sampler makes of them.

        Which trials they are depends on nothing but the space and the seed of the preset: not on how often the search
        was stopped, and not on how many processes compute.

        Parameters
        ----------
        trials
            How many in all.
        progress
            Told of (trials done, trials in all, best accuracy so far).
        """
        kept = self._store.finished()
        proposals = optuna.create_study(direction="maximize")
        proposals.enqueue_trial(dict(self._space.values))
        for values in neighbours(self._space.values, self._space.choices):
            proposals.enqueue_trial(values)
        done: list[Finished] = []
        progress(sum(index < trials for index in kept), trials, _best(kept.values()))
        for first in range(0, trials, BATCH):
            batch = []
            for index in range(first, min(first + BATCH, trials)):
                proposals.sampler = self._sampler(index)
                batch.append(proposals.ask(dict(self._space.choices)))
            wanted = {trial.number: trial.params for trial in batch if trial.number not in kept}
            known = {self.name(trial.values): trial.accuracies for trial in done}
            for index, accuracies in self._computed(wanted, _splits(0, self._splits), known):
                kept[index] = Finished(index, wanted[index], accuracies)
                self._store.keep(kept[index], self._space.choices, mean(accuracies))
                progress(sum(number < trials for number in kept), trials, _best(kept.values()))
            for trial in batch:
                proposals.tell(trial, mean(kept[trial.number].accuracies))
                done.append(kept[trial.number])
        return done

    def compare(self, trials: Sequence[Finished], progress: Progress) -> list[Candidate]:
        """Score the best trials and the start once more, in new splits, so that luck does not win; the best first.

        What does not surpass the start (:func:`threefactor.tuning.validation.surpasses`) comes after it; of equals the
        earlier trial is preferred.
        """
        ranked = sorted(trials, key=lambda trial: (-mean(trial.accuracies), trial.index))
        chosen = {self.name(trials[0].values): trials[0]}
        for trial in ranked:
            if len(chosen) <= FINALISTS:
                chosen.setdefault(self.name(trial.values), trial)
        known = {name: tuple(found) for name, found in self._store.rescored().items() if name in chosen}
        progress(len(known), len(chosen), max(map(mean, known.values()), default=0.0))
        wanted = {trial.index: trial.values for name, trial in chosen.items() if name not in known}
        for index, accuracies in self._computed(wanted, _splits(-(-self._splits // FOLDS), self.last_splits), {}):
            name = self.name(wanted[index])
            known[name] = accuracies
            self._store.keep_rescored(name, accuracies)
            progress(len(known), len(chosen), max(map(mean, known.values())))
        candidates = [
            Candidate(trial.index, self._preset(trial.values), mean(trial.accuracies), mean(known[name]))
            for name, trial in chosen.items()
        ]
        start = known[self.name(trials[0].values)]
        ahead = {trial.index for name, trial in chosen.items() if surpasses(known[name], start)}
        return sorted(candidates, key=lambda one: (one.trial not in ahead, one.trial != 0, -one.rescored, one.trial))

    def name(self, values: Mapping[str, Any]) -> str:
        """16 hex digits that name what a choice learns; two choices may be the same network."""
        preset = self._preset(values)
        dataset = asdict(preset.dataset) if isinstance(preset.dataset, Data) else preset.dataset
        parts = (preset.network.digest, asdict(preset.training), dataset)
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]

    def _preset(self, values: Mapping[str, Any]) -> Preset:
        """The preset of a choice; to find out what fits takes time, so that it is remembered."""
        key = tuple(sorted(values.items()))
        if key not in self._presets:
            self._presets[key] = self._space.preset(values)
        return self._presets[key]

    def _sampler(self, index: int) -> TPESampler:
        """Sampler of a trial, whose randomness does not depend on what this process did before."""
        seed = np.random.SeedSequence((self._space.start.network.seed, index)).generate_state(1)[0]
        return TPESampler(seed=int(seed), n_startup_trials=_RANDOM)

    def _computed(
        self, wanted: Mapping[int, Mapping[str, Any]], splits: Sequence[Split], known: Mapping[str, tuple[float, ...]]
    ) -> Iterator[tuple[int, tuple[float, ...]]]:
        """Yield the accuracies of each trial as it ends; what learns the same is computed once."""
        alike: dict[str, list[int]] = {}
        for index, values in wanted.items():
            alike.setdefault(self.name(values), []).append(index)
        pending: dict[Future[float], tuple[str, int]] = {}
        found: dict[str, dict[int, float]] = {}
        for name, indices in alike.items():
            preset = self._preset(wanted[indices[0]])
            if name in known or not fits(preset, self._space.board, self._space.clock_mhz):
                accuracies = known.get(name, (0.0,) * len(splits))  # not even the smallest network fits
                yield from ((index, accuracies) for index in indices)
                continue
            found[name] = {}
            for place, split in enumerate(splits):
                pending[self._executor.submit(validated, self._task(preset, split))] = name, place
        for future in as_completed(pending):
            name, place = pending[future]
            found[name][place] = future.result()
            if len(found[name]) == len(splits):
                accuracies = tuple(found[name][place] for place in range(len(splits)))
                yield from ((index, accuracies) for index in alike[name])

    def _task(self, preset: Preset, split: Split) -> Task:
        material = self._space.material
        return Task(
            preset, split, self._space.start.dataset, self._folder, self._limit, material.digest, model_digest()
        )


def _splits(order: int, number: int) -> list[Split]:
    """So many splits, from the first of an order on."""
    return [Split(order * FOLDS + index) for index in range(number)]


def _best(trials: Iterable[Finished]) -> float:
    return max((mean(trial.accuracies) for trial in trials), default=0.0)
