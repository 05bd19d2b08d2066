"""Accuracies: over the epochs of a run, and of the settings of a study."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from markupsafe import Markup

from golden.training.metrics import EpochMetrics
from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, TEST, TRAIN, figure_of, styled, svg


@styled
def learning_curve(histories: Sequence[Sequence[EpochMetrics]]) -> Markup:
    """Training and test accuracy over the epochs, one line a run, the first one emphasised."""
    figure, (axis,) = figure_of(6.4, 3.2)
    for index, history in enumerate(histories):
        epochs = [metrics.epoch for metrics in history]
        emphasis: dict[str, Any] = {"lw": 2.0} if index == 0 else {"lw": 0.9, "alpha": 0.5}
        first = index == 0
        train = [100 * metrics.train_accuracy for metrics in history]
        test = [math.nan if metrics.test_accuracy is None else 100 * metrics.test_accuracy for metrics in history]
        axis.plot(epochs, train, color=TRAIN, label="training, before its update" if first else None, **emphasis)
        axis.plot(epochs, test, color=TEST, marker="o", ms=3, label="test" if first else None, **emphasis)
    axis.set(xlabel="epoch", ylabel="accuracy, %")
    axis.grid(axis="y", color=FAINT, alpha=0.25)
    axis.legend(loc="lower right")
    return svg(figure, "Accuracy over the epochs")


@styled
def accuracy_bars(rows: Sequence[Mapping[str, object]]) -> Markup:
    """Test accuracy of each variant of a study, of every seed and their mean."""
    figure, (axis,) = figure_of(6.4, 0.32 * len(rows) + 0.7)
    for index, row in enumerate(rows):
        accuracies = 100 * np.array(row["test_accuracies"], dtype=np.float64)
        axis.barh(index, accuracies.mean(), color=TEST if index == 0 else FAINT, height=0.62)
        axis.plot(accuracies, [index] * len(accuracies), "|", color=INK, ms=7)
        axis.text(accuracies.max() + 0.6, index, f"{accuracies.mean():.1f}", va="center")
    axis.set_yticks(range(len(rows)), [str(row["variant"]) for row in rows])
    axis.invert_yaxis()
    axis.set(xlim=(0, 106), xlabel="test accuracy, %")
    return svg(figure, "Test accuracy of the variants")


@styled
def accuracy_steps(
    rows: Sequence[Mapping[str, Any]], axis_label: str, published: Sequence[Mapping[str, Any]] = ()
) -> Markup:
    """Test accuracy along the steps of a study, of every seed and their mean; the steps are evenly spaced.

    Rows of each ``series`` make a line; results of others are a point, or a level where their setting was not told.
    Beside it, one picture for each of the ``measures`` of the rows.
    """
    series: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        series.setdefault(row["series"], []).append(row)
    measures = list(rows[0]["measures"])
    figure, (axis, *beside) = figure_of(6.4 + 3.2 * len(measures), 3.2, 1, 1 + len(measures))
    for colour, (name, members) in zip((TEST, *LAYER_COLOURS), series.items(), strict=False):
        accuracies = [100 * np.array(row["test_accuracies"], dtype=np.float64) for row in members]
        for index, values in enumerate(accuracies):
            axis.plot([index] * len(values), values, "_", color=INK, ms=9)
        means = [values.mean() for values in accuracies]
        axis.plot(range(len(members)), means, color=colour, marker="o", ms=4, label=name or "mean")
    steps = [str(row["variant"]) for row in next(iter(series.values()))]
    for result in published:
        percent, label = 100 * result["accuracy"], result["label"]
        if result["step"]:
            axis.plot(steps.index(result["step"]), percent, "^", color=INK, ms=6, label=label)
        else:
            axis.axhline(percent, color=INK, lw=0.9, ls="--", label=label)
    for other, measure in zip(beside, measures, strict=True):
        other.plot(range(len(rows)), [row["measures"][measure] for row in rows], color=FAINT, marker="o", ms=4)
        other.set(ylabel=measure)
    for each in (axis, *beside):
        each.set_xticks(range(len(steps)), steps)
        each.set(xlabel=axis_label)
        each.grid(axis="y", color=FAINT, alpha=0.25)
    axis.set(ylabel="test accuracy, %")
    axis.legend(loc="best")
    figure.tight_layout()
    return svg(figure, f"Test accuracy by {axis_label}")
