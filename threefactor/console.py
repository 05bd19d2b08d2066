"""What the user sees: results on stdout, progress and remarks on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from golden.training.metrics import EpochMetrics, Running

remarks = Console(stderr=True, highlight=False)
PIPE_WIDTH = 200  # columns of a table that no terminal wraps


def emit_json(values: Mapping[str, Any]) -> None:
    """Print one JSON object on a line of its own."""
    click.echo(json.dumps(values))


def _results() -> Console:
    """Console of stdout as it is now: tests and pipes replace it."""
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


def emit_values(values: Mapping[str, Any]) -> None:
    """Print names and values, one pair a line; nested values and None are left out."""
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        if value is not None and not isinstance(value, Mapping | list | tuple):
            table.add_row(name.replace("_", " "), as_text(name, value))
    _results().print(table)


def emit_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table; the columns of numbers are aligned to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    table = Table(box=None, header_style="bold", pad_edge=False)
    for index, column in enumerate(columns):
        numeric = bool(cells) and all(row[index][:1].isdigit() or row[index] == "-" for row in cells)
        table.add_column(column, justify="right" if numeric else "left")
    for row in cells:
        table.add_row(*row)
    _results().print(table)


def emit(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print the result of a command."""
    if as_json:
        emit_json(values)
    else:
        emit_values(values)


def as_text(name: str, value: object) -> str:
    """Value as it is read best: accuracies and fractions in per cent, large numbers in groups of three digits."""
    if name.endswith(("accuracy", "fraction")) and isinstance(value, float):
        return f"{value:.2%}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:,.1f}" if isinstance(value, float) else str(value)


class Bar:
    """A progress bar on stderr while a block runs; nothing where stderr is no terminal.

    Parameters
    ----------
    what
        Text before the bar.
    columns
        What follows the bar, by default how many are done and the time that is left.
    width
        Characters of the bar.
    """

    def __init__(self, what: str, *columns: ProgressColumn, width: int = 40) -> None:
        columns = columns or (MofNCompleteColumn(), TimeRemainingColumn())
        columns = (TextColumn("{task.description}"), BarColumn(width), *columns)
        self._progress = Progress(*columns, console=remarks, transient=True, disable=not remarks.is_terminal)
        self._task: TaskID = self._progress.add_task(what, total=None)

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def done(self, done: int, total: int, what: str | None = None, **fields: Any) -> None:
        """Show that ``done`` of ``total`` are done; ``fields`` are for the columns."""
        self._progress.update(self._task, completed=done, total=total, description=what, **fields)


class TrainingBar(Bar):
    """Progress of a training run, and a line for every epoch.

    Parameters
    ----------
    what
        Text before the epoch.
    quiet
        No lines, only the bar.
    as_json
        Print the metrics of every epoch as a JSON object on stdout, too.
    """

    def __init__(self, what: str = "", *, quiet: bool = False, as_json: bool = False) -> None:
        super().__init__(what, TextColumn("{task.fields[figures]}"), width=10)
        self._what, self._quiet, self._as_json = what, quiet, as_json
        self._progress.update(self._task, figures="")

    def samples_done(self, running: Running) -> None:
        """Advance the bar of this epoch, with accuracy, updates, firing rates, speed and the time left for the run."""
        rates = " ".join(f"{rate:.0%}" for rate in running.firing_rates)
        activity = f" {rates} fire," if rates else ""
        line = "" if running.resent is None else f" {running.resent:,} frames resent,"
        left = timedelta(seconds=round(running.seconds_left))
        self.done(
            running.done,
            running.total,
            f"{self._what} epoch {running.epoch}/{running.epochs}".lstrip(),
            figures=f"{running.train_accuracy:.1%} right, {running.update_fraction:.0%} update,{activity} "
            f"{running.samples_per_second:,.0f}/s,{line} {left} left",
        )

    def warned(self, sentence: str) -> None:
        """Print a warning while the epoch goes on."""
        if not self._quiet:
            remarks.print(f"[yellow]{sentence}[/yellow]", soft_wrap=True)

    def epoch_done(self, metrics: EpochMetrics) -> None:
        """Print the metrics of an epoch."""
        if self._as_json:
            emit_json(vars(metrics))
        if self._quiet:
            return
        rates = " ".join(f"{rate:.1%}" for rate in metrics.firing_rates)
        firing = f"   firing {rates}" if rates else ""
        tested = "" if metrics.test_accuracy is None else f"   test {metrics.test_accuracy:.2%}"
        remarks.print(
            f"epoch {metrics.epoch:3}   training {metrics.train_accuracy:.2%}{tested}"
            f"   updates {metrics.update_fraction:.1%}{firing}   {metrics.samples_per_second:,.0f} samples/s",
            soft_wrap=True,
        )
