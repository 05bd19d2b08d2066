"""Classes that come one after the other: what is known of each task after every task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from threefactor.plots.style import FAINT, INK, LAYER_COLOURS, figure_of, styled, svg


@styled
def retention_curves(panels: Mapping[str, Mapping[str, Sequence[float]]], everything: str) -> Markup:
    """Accuracy of the classes of each task from when they are learned on, a panel each.

    Parameters
    ----------
    panels
        By variant and test: the accuracy after each task. Tests are ``everything`` and those of the tasks, in order.
    everything
        The test of all classes, drawn in black.
    """
    figure, axes = figure_of(2.9 * len(panels), 2.8, 1, len(panels))
    for axis, (variant, curves) in zip(axes, panels.items(), strict=True):
        tasks = [name for name in curves if name != everything]
        for task, name in enumerate(tasks):
            colour = LAYER_COLOURS[task % len(LAYER_COLOURS)]
            known = [100 * accuracy for accuracy in curves[name][task:]]
            axis.plot(range(task, len(tasks)), known, color=colour, marker=".", ms=5, label=name)
        every = [100 * accuracy for accuracy in curves[everything]]
        axis.plot(range(len(tasks)), every, color=INK, lw=2, ls="--", label=everything)
        axis.set_xticks(range(len(tasks)), [str(task + 1) for task in range(len(tasks))])
        axis.set(xlabel="tasks learned", ylim=(0, 103), title=f"{variant}: {every[-1]:.1f} %")
        axis.grid(axis="y", color=FAINT, alpha=0.25)
    axes[0].set(ylabel="test accuracy, %")
    axes[-1].legend(loc="lower right", fontsize=7)
    return svg(figure, "Accuracy as classes are added")
