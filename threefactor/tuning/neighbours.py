"""The first trials of a search: what a single step away from the start does, choice by choice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution, IntDistribution

FACTOR = 1.5  # of a step of a number that is searched on a scale of factors, or in multiples


def neighbours(start: Mapping[str, Any], choices: Mapping[str, BaseDistribution]) -> Iterator[dict[str, Any]]:
    """Yield the start with one choice a step higher, then a step lower; all choices in their order.

    A good start differs from better ones in few places, and among a dozen choices a sampler would find that out late.
    Steps of a category are the others; where there is no step, the choice is passed over.
    """
    for name, choice in choices.items():
        for value in _steps(start[name], choice):
            yield {**start, name: value}


def _steps(value: Any, choice: BaseDistribution) -> list[Any]:
    if isinstance(choice, CategoricalDistribution):
        return [other for other in choice.choices if other != value]
    if not isinstance(choice, IntDistribution):
        return []
    if choice.log or choice.step > 1:
        higher, lower = value * FACTOR, value / FACTOR
    else:
        higher, lower = value + 1.0, value - 1.0
    found = []
    for wanted, direction in ((higher, 1), (lower, -1)):
        steps = max(1, round(abs(wanted - value) / choice.step))
        stepped = min(max(value + direction * steps * choice.step, choice.low), choice.high)
        if stepped != value:
            found.append(stepped)
    return found
