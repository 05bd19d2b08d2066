"""Results of trials: a file of JSON lines, what is explained, and what comes of it for every module."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from golden.spec.errors import UserError
from golden.system.writing import write_text
from sim.mutation.trials import NO_CHANGE, SURVIVED, Trial

EXPLAINED = Path(__file__).with_name("survivors.toml")


class Counts(NamedTuple):
    """Mutants of a module: all, dead ones, survivors without and with an explanation, and those that change nothing."""

    mutants: int
    killed: int
    survived: int
    explained: int
    no_change: int

    @property
    def share(self) -> float:
        """Killed ones among those that change what can be seen; 1 if there are none."""
        counted = self.killed + self.survived
        return self.killed / counted if counted else 1.0


class Results:
    """Trials in a file, one JSON object a line; a line that an interruption cut short is not counted."""

    def __init__(self, path: Path) -> None:
        self._path, self._found = path, dict[str, Trial]()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                with suppress(json.JSONDecodeError):
                    self._keep(self._read(line))

    def _read(self, line: str) -> Trial:
        try:
            return Trial(**json.loads(line))
        except TypeError:
            raise UserError(f"{self._path}: this file holds no results of mutants; name another with --out") from None

    def _keep(self, trial: Trial) -> None:
        self._found[trial.name] = trial

    def add(self, trial: Trial) -> None:
        """Keep a trial."""
        self._keep(trial)
        write_text(self._path, "".join(f"{json.dumps(one.as_values())}\n" for one in self._found.values()))

    def valid(self, name: str, source: str, tests: str) -> Trial | None:
        """Return the trial of a mutant if it was tried and the code and its tests are as they were."""
        trial = self._found.get(name)
        return trial if trial is not None and trial.holds_for(source, tests) else None


def explanations(path: Path = EXPLAINED) -> dict[str, str]:
    """Why survivors survive, by the name of the mutant."""
    entries = tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", [])
    return {entry["mutant"]: entry["why"] for entry in entries}


def counted(trials: Iterable[Trial], explained: Mapping[str, str]) -> dict[str, Counts]:
    """Count the trials of every file."""
    files: dict[str, list[Trial]] = {}
    for trial in trials:
        files.setdefault(trial.file, []).append(trial)
    return {file: _counts(those, explained) for file, those in sorted(files.items())}


def total(counts: Iterable[Counts]) -> Counts:
    """Sum over files."""
    return Counts(*(sum(column) for column in zip(Counts(0, 0, 0, 0, 0), *counts, strict=True)))


def _counts(trials: list[Trial], explained: Mapping[str, str]) -> Counts:
    survivors = [trial.name for trial in trials if trial.outcome == SURVIVED]
    known = sum(name in explained for name in survivors)
    unchanged = sum(trial.outcome == NO_CHANGE for trial in trials)
    dead = sum(trial.dead for trial in trials)
    return Counts(len(trials), dead, len(survivors) - known, known, unchanged)
