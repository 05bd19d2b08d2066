"""Pages that need nothing else: a template filled in, style and plots inside."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from boards.provenance import git_state, tool_versions
from golden.system.writing import write_text


def write_page(template: str, contents: Mapping[str, Any], file: Path) -> None:
    """Fill in a template and write the page.

    Parameters
    ----------
    template
        Name of a file in ``templates``, without its suffixes.
    contents
        What the template names. Sources, versions and the time of writing are added.
    file
        The page.
    """
    environment = Environment(
        loader=PackageLoader("threefactor.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda fraction, digits=1: f"{100 * fraction:.{digits}f} %"
    environment.filters["grouped"] = lambda number: f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    page = environment.get_template(f"{template}.html.jinja").render(
        **contents,
        git=git_state(),
        versions=tool_versions(),
        written=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )
    write_text(file, page)
