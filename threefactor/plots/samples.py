"""What happens in samples: spikes, lessons, and what the network takes them for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from numpy.typing import NDArray

from golden.network import ReferenceNetwork, SampleTrace
from golden.readout import class_potentials
from golden.spec.config import Network
from golden.state import State
from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, TEST, figure_of, styled, svg

SHOWN_MISTAKES = 24


@styled
def spike_raster(network: Network, state: State, sample: NDArray[Any], label: int, number: int = 0) -> Markup:
    """Spikes of a sample, of this number, in input and layers, and the class potentials they led to."""
    trace = SampleTrace()
    reference = ReferenceNetwork(network, state.copy())
    outcome = reference.run(sample, label, learn=False, shifts=(0, 0), trace=trace)
    events = reference.events_of(sample)
    layers = np.array(trace.spikes)
    populations: list[tuple[str, NDArray[Any], str]] = [("input", events, INK)]
    populations += [(f"layer {k}", layers[:, k], LAYER_COLOURS[k]) for k in range(network.layers)]
    heights = [spikes.shape[1] for _, spikes, _ in populations]
    count = len(populations)
    figure, axes = figure_of(6.4, 1.6 * (count + 1), count + 1, 1, height_ratios=[*heights, max(heights)], hspace=0.35)
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
    return svg(figure, f"Spikes of test sample {number}")


@styled
def confusion_matrix(labels: NDArray[np.uint8], predictions: NDArray[np.uint8], classes: int) -> Markup:
    """How often samples of a class (row) are taken for each class (column); the diagonal is right."""
    counts = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(counts, (labels, predictions), 1)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = min(6.4, 0.42 * classes + 1.2)
    figure, (axis,) = figure_of(side, side)
    # Mistakes are rare: the square root makes them visible beside the diagonal.
    axis.imshow(np.sqrt(shares), cmap="BuGn", vmin=0, vmax=1)
    for row, column in np.argwhere(counts):
        dark = shares[row, column] > 0.4
        text = str(counts[row, column])
        axis.text(column, row, text, ha="center", va="center", fontsize=7, color="white" if dark else INK)
    axis.set_xticks(range(classes))
    axis.set_yticks(range(classes))
    axis.set(xlabel="the network says", ylabel="label")
    axis.spines[:].set_visible(False)
    axis.tick_params(length=0)
    return svg(figure, "Confusion matrix of the test samples")


@styled
def mistakes(
    network: Network, samples: NDArray[Any], labels: NDArray[np.uint8], predictions: NDArray[np.uint8]
) -> Markup | None:
    """The first samples that the network gets wrong, or None where there are none.

    Levels of a square input are images, row by row; everything else is drawn over its steps.
    """
    wrong = np.flatnonzero(labels != predictions)[:SHOWN_MISTAKES]
    if not len(wrong):
        return None
    columns = min(8, len(wrong))
    rows = -(-len(wrong) // columns)
    figure, axes = figure_of(0.95 * columns, 1.2 * rows, rows, columns, hspace=0.45)
    for axis in axes:
        axis.axis("off")
    for axis, index in zip(axes, wrong, strict=False):
        _draw_sample(axis, network, samples[index])
        axis.set_title(f"{labels[index]}, said {predictions[index]}", fontsize=8, pad=3)
    return svg(figure, "Test samples that the network gets wrong")


def _draw_sample(axis: Axes, network: Network, sample: NDArray[Any]) -> None:
    values = sample.astype(np.int64)
    bound = max(1, int(np.abs(values).max()))
    if network.encoder == "levels":
        side = network.input_side
        image = values.reshape(side, side) if side * side == network.inputs else values[None]
        signed = network.signed_input
        axis.imshow(
            image, cmap="RdBu_r" if signed else "Greys", vmin=-bound if signed else 0, vmax=bound, aspect="auto"
        )
    else:
        axis.imshow(values.T, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")


@styled
def lessons(
    network: Network, state: State, samples: Sequence[NDArray[Any]], labels: NDArray[np.uint8], shifts: tuple[int, int]
) -> Markup:
    """Modulators and eligibility over consecutive learning samples: what gates the weights, and what may change.

    Blank columns are samples at which the teacher is content. ``state`` stays as it is.
    """
    reference = ReferenceNetwork(network, state.copy())
    modulators = np.full((network.modulators, len(samples)), np.nan)
    pre = np.zeros((network.layers + 1, len(samples)))
    post = np.zeros((network.layers, len(samples)))
    for index, (sample, label) in enumerate(zip(samples, labels, strict=True)):
        trace = SampleTrace()
        reference.run(sample, int(label), learn=True, shifts=shifts, trace=trace)
        if trace.modulators is not None:
            modulators[:, index] = trace.modulators
        pre[:, index] = [100 * (x != 0).mean() for x in trace.pre]
        post[:, index] = [100 * (h != 0).mean() for h in trace.post[-1]]
    heights = [max(1.2, 0.16 * network.modulators), 1.3, 1.3]
    figure, (upper, middle, lower) = figure_of(6.4, sum(heights) + 0.9, 3, 1, height_ratios=heights, hspace=0.3)
    bound = float(np.nanmax(np.abs(modulators), initial=1.0))
    upper.imshow(modulators, cmap="RdBu_r", vmin=-bound, vmax=bound, aspect="auto", interpolation="nearest")
    upper.set(ylabel="modulator", xticks=[], yticks=[0, network.modulators - 1])
    names = [*(f"layer {k}" for k in range(network.layers)), "readout"]
    colours = [*LAYER_COLOURS[: network.layers], INK]
    for axis, rates, what in ((middle, pre, "eligible axons, %"), (lower, post, "neurons\nnear threshold, %")):
        for rate, name, colour in zip(rates, names, colours, strict=False):
            axis.plot(rate, color=colour, lw=1, label=name)
        axis.set(xlim=(-0.5, len(samples) - 0.5), ylim=(0, None), ylabel=what)
        axis.grid(axis="y", color=FAINT, alpha=0.25)
    middle.tick_params(labelbottom=False)
    middle.legend(loc="lower right", bbox_to_anchor=(1, 0.98), fontsize=7, ncols=len(names), borderpad=0)
    lower.set_xlabel("learning sample")
    return svg(figure, "Modulators and eligibility in consecutive learning samples")
