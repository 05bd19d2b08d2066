"""What a training has changed: receptive fields, thresholds and weights."""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from golden.spec.config import Network
from golden.state import State
from threefactor.plots.style import FAINT, LAYER_COLOURS, MARK, TEST, figure_of, styled, svg

SHOWN_FIELDS = 24


@styled
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
    figure, axes = figure_of(0.42 * columns, 1.15, rows, columns, wspace=0.08, hspace=0.12)
    for row, weights in enumerate((old, new)):
        for column, neuron in enumerate(shown):
            axis = axes[row * columns + column]
            field = weights[:, neuron].reshape(side, side)
            axis.imshow(field, cmap="RdBu_r", vmin=-bound, vmax=bound, interpolation="nearest")
            axis.set(xticks=[], yticks=[])
            axis.spines[:].set_visible(False)
        axes[row * columns].set_ylabel(("before", "after")[row], rotation=0, ha="right", va="center")
    return svg(figure, "Receptive fields of layer 0 before and after training")


@styled
def distributions(network: Network, before: State, after: State) -> Markup:
    """Thresholds and weights of each layer after training, beside where they began."""
    figure, (thresholds, weights) = figure_of(6.4, 2.4, 1, 2, wspace=0.25)
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
    return svg(figure, "Thresholds and weights after training")
