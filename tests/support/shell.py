"""The command line as a user types it, in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import CliRunner, Result

from threefactor.cli import main


def run(*arguments: object) -> Result:
    """How a command ended, and what it printed."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def said(*arguments: object) -> dict[str, Any]:
    """The object that a command prints last with --json."""
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout.splitlines()[-1]))


def complaint(*arguments: object) -> str:
    """The one sentence that a wrong call ends with."""
    result = run(*arguments)
    assert result.exit_code == 2 and result.stdout == "", result.output
    sentence = result.stderr.splitlines()[-1]
    assert sentence.startswith("threefactor: ")
    return sentence.removeprefix("threefactor: ")
