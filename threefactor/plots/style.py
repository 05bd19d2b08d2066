"""How plots look, and how they become SVG that stands in a page by itself."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, FAINT, TRAIN, TEST, MARK = "#1f2933", "#9aa5b1", "#b9770e", "#0f766e", "#b42318"
LAYER_COLOURS = ("#0f766e", "#4f46e5", "#b9770e", "#b42318", "#0369a1", "#7c3aed", "#15803d", "#be185d")

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


def styled(plot: Callable[Arguments, Plot]) -> Callable[Arguments, Plot]:
    """Draw in the style of the report."""

    @wraps(plot)
    def drawn(*arguments: Arguments.args, **named: Arguments.kwargs) -> Plot:
        with rc_context(_STYLE):
            return plot(*arguments, **named)

    return drawn


def svg(figure: Figure, description: str) -> Markup:
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


def figure_of(width: float, height: float, rows: int = 1, columns: int = 1, **grid: Any) -> tuple[Figure, list[Axes]]:
    """Figure of a size in inches with a grid of axes, row by row; ``grid`` goes to the grid."""
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False, gridspec_kw=grid)
    return figure, list(axes.flat)
