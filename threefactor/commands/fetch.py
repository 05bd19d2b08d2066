"""``threefactor fetch``."""

from __future__ import annotations

from pathlib import Path

import click

from golden.data.download import MIRRORS, fetch
from threefactor import options
from threefactor.console import emit


@click.command("fetch")
@click.argument("dataset", type=options.Name(MIRRORS))
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    envvar="THREEFACTOR_DATA",
    show_envvar=True,
    required=True,
    help="Folder to put the files into; name the same one when training.",
)
@options.as_json
def command(dataset: str, data: Path, as_json: bool) -> None:
    """Download the files of a data set that is not shipped, and check their checksums.

    Files that are there and right are kept.
    """
    emit({"dataset": dataset, "folder": str(fetch(dataset, data))}, as_json=as_json)
