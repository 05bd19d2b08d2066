"""What mattered: how much each choice has to do with a trial being among the best."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import optuna
from optuna.distributions import BaseDistribution
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from threefactor.tuning.store import Finished, frozen_trial
from threefactor.tuning.validation import mean

FEWEST = 8  # trials that say anything
_BEST = 5  # trials, or
_BEST_PART = 0.2  # of all, if those are more


def importances(trials: Sequence[Finished], choices: Mapping[str, BaseDistribution]) -> dict[str, float]:
    """Return the share of each choice in what distinguishes the best trials from all, the largest first.

    By PED-ANOVA, which needs no forest of decision trees as Optuna's default does. Nothing is returned for fewer than
    :data:`FEWEST` trials, or where the best are no better than the poorest.
    """
    accuracies = [mean(trial.accuracies) for trial in trials]
    best = max(_BEST, math.ceil(_BEST_PART * len(trials)))
    if len(trials) < FEWEST or sorted(accuracies)[-best] == min(accuracies):
        return {}
    study = optuna.create_study(direction="maximize")
    study.add_trials([frozen_trial(trial.values, choices, mean(trial.accuracies)) for trial in trials])
    evaluator = PedAnovaImportanceEvaluator(target_quantile=best / len(trials))
    return get_param_importances(study, evaluator=evaluator)
