"""One neuron, and a network that begins to learn: what there is to see in the first minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from golden.network import ReferenceNetwork, SampleTrace
from golden.neuron import effective_threshold
from golden.spec.config import Network
from golden.state import State
from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, MARK, TEST, styled, svg

SEEN = 50  # samples over which errors are averaged


@dataclass(frozen=True)
class Moment:
    """The network at one moment of its learning: a name for the reader, and the state."""

    name: str
    state: State


def most_changed(before: State, after: State) -> tuple[int, int]:
    """Layer and neuron whose weights learning moved the most; the first of several."""
    moved = np.array(
        [np.abs(new.astype(np.int64) - old).sum(axis=0) for old, new in zip(before.weights, after.weights, strict=True)]
    )
    layer, neuron = np.unravel_index(int(moved.argmax()), moved.shape)
    return int(layer), int(neuron)


@styled
def first_learning(
    network: Network,
    moments: Sequence[Moment],
    neuron: tuple[int, int],
    sample: NDArray[Any],
    label: int,
    wrong: NDArray[np.bool_],
    updated: NDArray[np.bool_],
) -> Markup:
    """A neuron and all spikes in the same sample at each moment, a column each, and how the error falls.

    Parameters
    ----------
    moments
        Before and after learning, for instance.
    neuron
        Layer and neuron to look into.
    sample, label
        The sample that is shown at each moment.
    wrong, updated
        Of every learning sample in order, shape (n,): whether the prediction was wrong before its update, and whether
        weights were updated.
    """
    columns = len(moments)
    heights = [1.5, 2.4, 1.5]
    figure = Figure(figsize=(4.6 * columns, sum(heights) + 1.6))
    grid = figure.add_gridspec(3, columns, height_ratios=heights, hspace=0.5, wspace=0.3)
    upper, middle = ([figure.add_subplot(grid[row, column]) for column in range(columns)] for row in (0, 1))
    for potential, raster, moment in zip(upper, middle, moments, strict=True):
        trace = SampleTrace()
        reference = ReferenceNetwork(network, moment.state.copy())
        said = reference.run(sample, label, learn=False, shifts=(0, 0), trace=trace).prediction
        potential.set_title(f"{moment.name}: class {label} is taken for {said}", loc="left", fontsize=9)
        _draw_potential(potential, network, moment.state, trace, neuron)
        _draw_spikes(raster, network, reference.events_of(sample), trace, neuron)
    low, high = (bound(axis.get_ylim()[end] for axis in upper) for end, bound in ((0, min), (1, max)))
    for axis in upper:
        axis.set_ylim(low, high)
    upper[0].legend(loc="upper left", bbox_to_anchor=(0, -0.17), fontsize=7, ncols=3, borderpad=0)
    upper[0].set_ylabel(f"neuron {neuron[1]} of layer {neuron[0]}\npotential, weight steps")
    middle[0].set_ylabel("neurons and inputs")
    _draw_errors(figure.add_subplot(grid[2, :]), wrong, updated)
    return svg(figure, "One neuron, all spikes, and the first learning")


def _draw_potential(axis: Axes, network: Network, state: State, trace: SampleTrace, neuron: tuple[int, int]) -> None:
    """v(t) after each step, the threshold, the window in which a step is eligible, and the spikes."""
    layer, index = neuron
    steps = np.arange(network.steps)
    potential = np.array([potentials[layer, index] for potentials in trace.potentials])
    spikes = np.array([spikes[layer, index] for spikes in trace.spikes])
    none = np.zeros(1, dtype=np.int64)
    (theta,) = effective_threshold(network, state.thresholds[layer][index : index + 1].astype(np.int64), none)
    window = network.nominal_threshold // 2
    axis.axhspan(theta - window, theta + window, color=FAINT, alpha=0.18, lw=0)
    axis.axhline(theta, color=MARK, lw=0.9, ls="--", label="threshold (grey: eligible to learn)")
    axis.axhline(0, color=FAINT, lw=0.5)
    axis.step(steps, potential, where="mid", color=LAYER_COLOURS[layer], lw=1.4, label="after each step")
    axis.vlines(steps[spikes], theta, theta + window, color=INK, lw=1.4, label="spike")
    axis.set(xlim=(-0.7, network.steps - 0.3))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_spikes(
    axis: Axes, network: Network, events: NDArray[Any], trace: SampleTrace, neuron: tuple[int, int]
) -> None:
    """Spikes of the inputs and of each layer above each other; the neuron that is looked into stands out."""
    layers = np.array(trace.spikes)
    first = 0
    populations = [("input", events != 0, FAINT)]
    populations += [(f"layer {k}", layers[:, k], LAYER_COLOURS[k]) for k in range(network.layers)]
    for name, spikes, colour in populations:
        steps, indices = np.nonzero(spikes)
        axis.scatter(steps, first + indices, marker="|", s=9, linewidths=1, color=colour)
        axis.text(
            network.steps - 0.2, first + spikes.shape[1] / 2, f"{name}\n{spikes.sum()} spikes", fontsize=7, va="center"
        )
        if name == f"layer {neuron[0]}":
            (own,) = np.nonzero(spikes[:, neuron[1]])
            axis.scatter(own, np.full(len(own), first + neuron[1]), marker="|", s=40, linewidths=1.6, color=MARK)
        first += spikes.shape[1]
        axis.axhline(first - 0.5, color=FAINT, lw=0.5)
    axis.set(xlim=(-0.7, network.steps - 0.3), ylim=(-1, first), yticks=[], xlabel="step")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def _draw_errors(axis: Axes, wrong: NDArray[np.bool_], updated: NDArray[np.bool_]) -> None:
    seen = min(SEEN, len(wrong))
    window = np.ones(seen) / seen
    last = np.arange(seen, len(wrong) + 1)
    for values, colour, name in ((wrong, MARK, "wrong"), (updated, TEST, "weights updated")):
        axis.plot(last, 100 * np.convolve(values, window, "valid"), color=colour, lw=1.4, label=name)
    axis.set(xlabel=f"samples learned, one after the other (mean of the last {seen})", ylabel="%", ylim=(0, 103))
    axis.set_xlim(0, len(wrong))
    axis.grid(axis="y", color=FAINT, alpha=0.25)
    axis.legend(loc="lower right", bbox_to_anchor=(1, 0.98), ncols=2, borderpad=0)
