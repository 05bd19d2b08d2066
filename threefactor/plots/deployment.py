"""Learning after deployment: what is gained of the new, what is kept of the old, and how fast."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import NullFormatter

from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, figure_of, styled, svg

_ZERO = 50  # where a logarithmic axis of samples shows none


@styled
def accuracy_by_amount(
    amounts: Sequence[int], curves: Mapping[str, Mapping[str, Sequence[Sequence[float]]]], amount: str
) -> Markup:
    """Accuracy of tests by what was learned.

    Parameters
    ----------
    amounts
        Steps of the axis, evenly spaced.
    curves
        By variant and test: lines over the amounts, which are drawn faintly, and their mean.
    amount
        Label of the axis.
    """
    tests = list(next(iter(curves.values())))
    figure, axes = figure_of(7.2, 3.2, 1, len(tests))
    for axis, test in zip(axes, tests, strict=True):
        for colour, (variant, by_test) in zip(LAYER_COLOURS, curves.items(), strict=False):
            lines = 100 * np.array(by_test[test])
            for line in lines:
                axis.plot(range(len(amounts)), line, color=colour, lw=0.6, alpha=0.35)
            axis.plot(range(len(amounts)), lines.mean(axis=0), color=colour, marker="o", ms=3.5, lw=2, label=variant)
        axis.set_xticks(range(len(amounts)), [str(step) for step in amounts])
        axis.set(xlabel=amount, title=test)
        axis.grid(axis="y", color=FAINT, alpha=0.25)
    axes[0].set(ylabel="test accuracy, %")
    axes[0].legend(loc="lower right")
    figure.tight_layout()
    return svg(figure, f"Accuracy by {amount}")


@styled
def recovery_curves(
    panels: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]], before: Mapping[str, float]
) -> Markup:
    """Accuracy over the samples learned after a change, a panel each.

    Parameters
    ----------
    panels
        By change and variant: samples learned, and accuracy then. What learned nothing is a level line.
    before
        By change: accuracy before it, a broken line.
    """
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure, axes = figure_of(2.9 * columns, 2.3 * rows + 0.4, rows, columns, hspace=0.65)
    for axis in axes[len(panels) :]:
        axis.set_visible(False)
    for axis, (change, curves) in zip(axes, panels.items(), strict=False):
        longest = max(learned for curve in curves.values() for learned, _ in curve)
        axis.axhline(100 * before[change], color=INK, lw=0.8, ls="--", label="before")
        for colour, (variant, curve) in zip(LAYER_COLOURS, curves.items(), strict=False):
            whole = [*curve, (longest, curve[-1][1])]
            x = [max(learned, _ZERO) for learned, _ in whole]
            axis.plot(x, [100 * accuracy for _, accuracy in whole], color=colour, marker=".", ms=4, label=variant)
        axis.set_xscale("log")
        ticks = [10**power for power in range(2, 8) if 10**power <= longest]
        axis.set_xticks([_ZERO, *ticks], ["0", *(f"{tick:,}" for tick in ticks)], fontsize=8)
        axis.xaxis.set_minor_formatter(NullFormatter())
        axis.set(xlabel="samples learned since", ylim=(0, 103))
        axis.set_title(change, fontsize=9)
        axis.grid(axis="y", color=FAINT, alpha=0.25)
    axes[0].set(ylabel="test accuracy, %")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="lower center", ncols=4, fontsize=8)
    figure.subplots_adjust(bottom=0.36 / rows)
    return svg(figure, "Recovery after a change")
