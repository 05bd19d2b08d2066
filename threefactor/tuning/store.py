"""What a search keeps in its folder: an Optuna study in SQLite that has finished trials only.

Everything else follows from them, so that a search that was killed at any moment goes on as if it had not been.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.exceptions import OptunaError
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial, create_trial
from sqlalchemy.exc import SQLAlchemyError

from golden.spec.errors import UserError
from golden.system.writing import explained

STORE = "study.db"
_NAME = "tune"
_INDEX, _ACCURACIES, _QUESTION, _RESCORED, _WRITTEN = "index", "accuracies", "question", "rescored", "written"


@dataclass(frozen=True)
class Finished:
    """A trial that is done: its number, what was chosen, and its accuracy in every split."""

    index: int
    values: Mapping[str, Any]
    accuracies: tuple[float, ...]


class Store:
    """The study in a folder.

    Parameters
    ----------
    folder
        Is made when it is not there.
    question
        Everything that a trial depends on, by what it is called: texts. A store that was made for another one is
        refused, and the first difference named.

    Raises
    ------
    UserError
        If the file is damaged, cannot be written or belongs to another search; any method raises so.
    """

    def __init__(self, folder: Path, question: Mapping[str, str]) -> None:
        self._path = folder / STORE
        with explained(folder, "", "folder"):
            folder.mkdir(parents=True, exist_ok=True)
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with self._explained():
            # Four slashes and more would be needed for a path of its own on Windows; SQLAlchemy takes any after three.
            storage = RDBStorage(f"sqlite:///{self._path.absolute()}")
            self._study = optuna.create_study(
                study_name=_NAME, storage=storage, direction="maximize", load_if_exists=True
            )
            kept = self._study.user_attrs.get(_QUESTION)
            if kept is None:
                self._study.set_user_attr(_QUESTION, dict(question))
        self._require_same(question if kept is None else kept, question)

    def finished(self) -> dict[int, Finished]:
        """Trials by their number."""
        with self._explained():
            return {
                trial.user_attrs[_INDEX]: Finished(
                    trial.user_attrs[_INDEX], trial.params, tuple(trial.user_attrs[_ACCURACIES])
                )
                for trial in self._study.trials
            }

    def keep(self, trial: Finished, choices: Mapping[str, BaseDistribution], accuracy: float) -> None:
        """Add a trial."""
        frozen = frozen_trial(trial.values, choices, accuracy)
        with self._explained():
            frozen.user_attrs = {_INDEX: trial.index, _ACCURACIES: list(trial.accuracies)}
            self._study.add_trial(frozen)

    def rescored(self) -> dict[str, list[float]]:
        """Accuracies of the last comparison, by what was learned."""
        return self._attribute(_RESCORED)

    def keep_rescored(self, name: str, accuracies: Sequence[float]) -> None:
        """Add those of one more."""
        with self._explained():
            self._study.set_user_attr(_RESCORED, {**self.rescored(), name: list(accuracies)})

    def written(self) -> dict[str, str]:
        """SHA-256 of the files that this search wrote, by path."""
        return self._attribute(_WRITTEN)

    def keep_written(self, path: Path, digest: str) -> None:
        """Remember that a file is of this search."""
        with self._explained():
            self._study.set_user_attr(_WRITTEN, {**self.written(), str(path): digest})

    def _attribute(self, name: str) -> dict[str, Any]:
        with self._explained():
            return dict(self._study.user_attrs.get(name, {}))

    def _require_same(self, kept: Mapping[str, str], question: Mapping[str, str]) -> None:
        other = next((name for name in question if kept.get(name) != question[name]), None)
        if other is not None:
            raise UserError(
                f"{self._path.parent} holds a search with another {other}; name another folder with --out, or remove it"
            )

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OptunaError, KeyError, ValueError) as error:
            cause = str(error.__cause__ or error).splitlines()[0]
            raise UserError(f"{self._path} cannot be used ({cause}); remove it, or name another --out") from error


def frozen_trial(values: Mapping[str, Any], choices: Mapping[str, BaseDistribution], accuracy: float) -> FrozenTrial:
    """Return a finished trial as Optuna has it."""
    return create_trial(params=dict(values), distributions=dict(choices), value=accuracy)
