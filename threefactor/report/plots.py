"""Plots of the report: each function returns an SVG that stands in a page by itself."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from golden.network import ReferenceNetwork, SampleTrace
from golden.readout import class_potentials
from golden.spec.config import Network
from golden.state import State
from golden.training.metrics import EpochMetrics

INK, FAINT, TRAIN, TEST, MARK = "#1f2933", "#9aa5b1", "#b9770e", "#0f766e", "#b42318"
LAYER_COLOURS = ("#0f766e", "#4f46e5", "#b9770e", "#b42318", "#0369a1", "#7c3aed", "#15803d", "#be185d")
SHOWN_FIELDS = 24

Arguments = ParamSpec("Arguments")
Plot = TypeVar("Plot", bound=Markup | None)

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text, in the font of the page
    "svg.hashsalt": "threefactor",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "text.color": INK,
    "legend.frameon": False,
}


def _styled(plot: Callable[Arguments, Plot]) -> Callable[Arguments, Plot]:
    """Draw in the style of the report."""

    @wraps(plot)
    def styled(*arguments: Arguments.args, **named: Arguments.kwargs) -> Plot:
        with rc_context(_STYLE):
            return plot(*arguments, **named)

    return styled


def _svg(figure: Figure, description: str) -> Markup:
    """SVG element without XML prologue, scaling to its column, described for those who cannot see it."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, bbox_inches="tight", metadata={"Date": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    # Identifiers of several plots in one page must not meet.
    prefix = re.sub(r"\W+", "-", description)[:40]
    text = re.sub(r'(id="|href="#|url\(#)', rf"\1{prefix}-", text)
    opening = f'<svg role="img" aria-label="{Markup.escape(description)}"'
    return Markup(text.replace("<svg", opening, 1))  # noqa: S704 (the markup is Matplotlib's own)


def _figure(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Figure, list[Axes]]:
    """Figure of a size in inches with a grid of axes, row by row; ``grid`` goes to the grid."""
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
    return figure, list(axes.flat)


@_styled
def learning_curve(histories: Sequence[Sequence[EpochMetrics]]) -> Markup:
    """Training and test accuracy over the epochs, one line a run, the first one emphasised."""
    figure, (axis,) = _figure(6.4, 3.2)
    for index, history in enumerate(histories):
        epochs = [metrics.epoch for metrics in history]
        emphasis: dict[str, Any] = {"lw": 2.0} if index == 0 else {"lw": 0.9, "alpha": 0.5}
        first = index == 0
        train = [100 * metrics.train_accuracy for metrics in history]
        test = [100 * metrics.test_accuracy for metrics in history]
        axis.plot(epochs, train, color=TRAIN, label="training, before its update" if first else None, **emphasis)
        axis.plot(epochs, test, color=TEST, marker="o", ms=3, label="test" if first else None, **emphasis)
    axis.set(xlabel="epoch", ylabel="accuracy, %")
    axis.grid(axis="y", color=FAINT, alpha=0.25)
    axis.legend(loc="lower right")
    return _svg(figure, "Accuracy over the epochs")


@_styled
def spike_raster(network: Network, state: State, sample: NDArray[np.uint8], label: int) -> Markup:
    """Spikes of one sample in input and layers, and the class potentials they led to."""
    trace = SampleTrace()
    reference = ReferenceNetwork(network, state.copy())
    outcome = reference.run(sample, label, learn=False, shifts=(0, 0), trace=trace)
    events = reference.events_of(sample)
    layers = np.array(trace.spikes)
    populations: list[tuple[str, NDArray[Any], str]] = [("input", events, INK)]
    populations += [(f"layer {k}", layers[:, k], LAYER_COLOURS[k]) for k in range(network.layers)]
    heights = [spikes.shape[1] for _, spikes, _ in populations]
    count = len(populations)
    figure, axes = _figure(6.4, 1.6 * (count + 1), count + 1, 1, height_ratios=[*heights, max(heights)], hspace=0.35)
    for axis, (name, spikes, colour) in zip(axes, populations, strict=False):
        steps, neurons = np.nonzero(spikes)
        axis.scatter(steps, neurons, marker="|", s=14, linewidths=1.1, color=colour)
        axis.set(xlim=(-0.7, network.steps - 0.3), ylim=(-1, spikes.shape[1]), ylabel=name, yticks=[])
        axis.set_title(f"{spikes.sum()} spikes", loc="right", fontsize=8, color=INK, pad=2)
        axis.set_xticks(range(0, network.steps, max(1, network.steps // 8)))
        axis.tick_params(labelbottom=axis is axes[count - 1])
    axes[count - 1].set_xlabel("step", labelpad=1)
    assert trace.readout is not None  # noqa: S101 (a complete sample always fills it)
    potentials = class_potentials(network, trace.readout)
    colours = [TEST if c == outcome.prediction else FAINT for c in range(network.classes)]
    axes[-1].bar(range(network.classes), potentials, color=colours)
    axes[-1].axhline(0, color=INK, lw=0.6)
    axes[-1].set(xlabel=f"class: the network says {outcome.prediction}, the label is {label}", ylabel="readout")
    axes[-1].set_xticks(range(network.classes))
    return _svg(figure, "Spikes of a test sample")


@_styled
def receptive_fields(network: Network, before: State, after: State) -> Markup | None:
    """Input weights of the neurons of layer 0 whose weights moved most, before and after training."""
    side = network.input_side
    if side * side != network.inputs:
        return None
    old, new = (state.weights[0][: network.inputs].astype(np.int64) for state in (before, after))
    moved = np.abs(new - old).sum(axis=0)
    shown = np.argsort(-moved, kind="stable")[:SHOWN_FIELDS]
    rows, columns = 2, len(shown)
    bound = float(np.abs(new[:, shown]).max() or 1)
    figure, axes = _figure(0.42 * columns, 1.15, rows, columns, wspace=0.08, hspace=0.12)
    for row, weights in enumerate((old, new)):
        for column, neuron in enumerate(shown):
            axis = axes[row * columns + column]
            field = weights[:, neuron].reshape(side, side)
            axis.imshow(field, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        axes[row * columns].set_ylabel(("before", "after")[row], rotation=0, ha="right", va="center")
    return _svg(figure, "Receptive fields of layer 0 before and after training")


@_styled
def distributions(network: Network, before: State, after: State) -> Markup:
    """Thresholds and weights of each layer after training, beside where they began."""
    figure, (thresholds, weights) = _figure(6.4, 2.4, 1, 2, wspace=0.25)
    nominal = float(network.nominal_threshold << network.threshold_fraction)
    names = [f"layer {k}" for k in range(network.layers)]
    values = [layer / nominal for layer in after.thresholds]
    edges = np.linspace(min(0.9, *(v.min() for v in values)), max(1.1, *(v.max() for v in values)), 25)
    thresholds.hist(values, bins=list(edges), color=LAYER_COLOURS[: network.layers], stacked=True, label=names)
    thresholds.legend(loc="upper center", fontsize=8)
    thresholds.axvline(1, color=MARK, lw=1, ls="--")
    thresholds.set(xlabel="threshold, relative to its initial value", ylabel="neurons")
    span = np.arange(-network.weight_limit - 0.5, network.weight_limit + 1, max(1, network.weight_limit // 32))
    for state, colour, name in ((before, FAINT, "before"), (after, TEST, "after")):
        present = np.concatenate([layer[layer != 0] for layer in state.weights])
        weights.hist(present, bins=list(span), histtype="step", color=colour, label=name)
    weights.set(xlabel="weight", ylabel="synapses", yscale="log")
    weights.legend(loc="upper right", fontsize=8)
    return _svg(figure, "Thresholds and weights after training")


@_styled
def accuracy_bars(rows: Sequence[Mapping[str, object]]) -> Markup:
    """Test accuracy of each variant of a study, of every seed and their mean."""
    figure, (axis,) = _figure(6.4, 0.32 * len(rows) + 0.7)
    for index, row in enumerate(rows):
        accuracies = 100 * np.array(row["test_accuracies"], dtype=np.float64)
        axis.barh(index, accuracies.mean(), color=TEST if index == 0 else FAINT, height=0.62)
        axis.plot(accuracies, [index] * len(accuracies), "|", color=INK, ms=7)
        axis.text(accuracies.max() + 0.6, index, f"{accuracies.mean():.1f}", va="center")
    axis.set_yticks(range(len(rows)), [str(row["variant"]) for row in rows])
    axis.invert_yaxis()
    axis.set(xlim=(0, 106), xlabel="test accuracy, %")
    return _svg(figure, "Test accuracy of the variants")


@_styled
def accuracy_steps(rows: Sequence[Mapping[str, object]], axis_label: str) -> Markup:
    """Test accuracy along the steps of a study, of every seed and their mean; the steps are evenly spaced."""
    figure, (axis,) = _figure(6.4, 3.2)
    accuracies = [100 * np.array(row["test_accuracies"], dtype=np.float64) for row in rows]
    for index, values in enumerate(accuracies):
        axis.plot([index] * len(values), values, "_", color=INK, ms=9, label="seeds" if index == 0 else None)
    means = [values.mean() for values in accuracies]
    axis.plot(range(len(rows)), means, color=TEST, marker="o", ms=4, label="mean")
    axis.set_xticks(range(len(rows)), [str(row["variant"]) for row in rows])
    axis.set(xlabel=axis_label, ylabel="test accuracy, %")
    axis.grid(axis="y", color=FAINT, alpha=0.25)
    axis.legend(loc="best")
    return _svg(figure, f"Test accuracy by {axis_label}")
