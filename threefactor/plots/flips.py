"""Accuracy by the rate at which stored bits flip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import NullFormatter

from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, figure_of, styled, svg

_MILLION_PER_PERCENT = 10_000


@styled
def accuracy_by_flips(curves: Mapping[str, Sequence[tuple[int, Sequence[float]]]], before: float) -> Markup:
    """Accuracy of every variant over the rate of flips, its mean and every seed faintly.

    Parameters
    ----------
    curves
        By variant: flips in a million bits, ascending, and the accuracies of all seeds.
    before
        Accuracy before the flips, a broken line.
    """
    rates = sorted({rate for curve in curves.values() for rate, _ in curve})
    # A logarithmic axis has no place for none: it stands a step of the axis before the lowest rate.
    none = rates[1] / 3 if len(rates) > 1 else 1.0
    figure, (axis,) = figure_of(6.4, 3.4)
    axis.axhline(100 * before, color=INK, lw=0.8, ls="--", label="before")
    for colour, (variant, curve) in zip(LAYER_COLOURS, curves.items(), strict=False):
        x = [rate or none for rate, _ in curve]
        lines = 100 * np.array([accuracies for _, accuracies in curve])
        axis.plot(x, lines, color=colour, lw=0, marker="_", ms=6, alpha=0.5)
        axis.plot(x, lines.mean(axis=1), color=colour, marker="o", ms=3.5, lw=2, label=variant)
    axis.set_xscale("log")
    ticks = [f"{rate / _MILLION_PER_PERCENT:g}" for rate in rates]
    axis.set_xticks([rate or none for rate in rates], ticks)
    axis.xaxis.set_minor_formatter(NullFormatter())
    axis.set(xlabel="bits flipped, % of those stored", ylabel="test accuracy, %", ylim=(0, 103))
    axis.grid(axis="y", color=FAINT, alpha=0.25)
    axis.legend(loc="lower left")
    figure.tight_layout()
    return svg(figure, "Accuracy by the rate of bit flips")
