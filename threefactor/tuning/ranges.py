"""Ranges of what a search varies."""

from __future__ import annotations

from optuna.distributions import IntDistribution


def around(value: int, factor: int, low: int, high: int) -> IntDistribution:
    """Integers from ``value / factor`` to ``value factor`` within ``low..high``, and ``value`` in any case.

    They are searched on a scale of factors, on which 1 to 2 is as far as 10 to 20.
    """
    first = max(low, value // factor, 1)
    last = min(high, value * factor)
    return IntDistribution(min(first, value), max(last, value), log=True)
