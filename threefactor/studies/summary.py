"""What is told of a study that is complete: a table, a summary and a plot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click

from golden.system.writing import write_json, write_text
from threefactor.console import emit_json, emit_table


class Table(NamedTuple):
    """Results as they are printed."""

    columns: tuple[str, ...]
    rows: list[tuple[object, ...]]


def tell(out: Path, values: Mapping[str, Any], table: Table, picture: str, *, as_json: bool) -> None:
    """Write summary and plot into ``out``, named after study and preset, and print.

    Parameters
    ----------
    values
        What the summary holds: ``study``, ``preset``, and whatever else.
    table, picture
        The same for the eye, the picture as SVG.
    as_json
        Print the summary and where the files are, as one JSON object.
    """
    summary, plot = (out / f"{values['study']}-{values['preset']}.{ending}" for ending in ("json", "svg"))
    write_json(summary, values)
    write_text(plot, picture)
    if as_json:
        emit_json({**values, "summary": str(summary), "plot": str(plot)})
        return
    emit_table(*table)
    click.echo(f"summary {summary}\nplot {plot}")
