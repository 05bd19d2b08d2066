"""What every reader promises of whatever it is given."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

from golden.spec.errors import UserError
from golden.system.temporary import SUFFIX

TARGETS = tuple(sorted(path.stem for path in (Path(__file__).parent / "targets").glob("[a-z]*.py")))
CORPUS = Path(__file__).parents[1] / "corpus"


def target_named(name: str) -> ModuleType:
    """Module of a target."""
    return importlib.import_module(f"tests.fuzz.targets.{name}")


def judged(target: ModuleType, content: bytes, folder: Path) -> str | None:
    """Give content to a target, and return the sentence it refuses with, if it does.

    Any other exception comes through. AssertionError says what else was promised: one sentence, and no file left half
    written.
    """
    try:
        target.read(content, folder)
        refusal = None
    except getattr(target, "REFUSALS", (UserError,)) as error:
        refusal = str(error)
        assert refusal, "no word on what is wrong"
        assert len(refusal.splitlines()) == 1 and min(refusal) >= " ", f"no sentence for a terminal: {refusal!r}"
        assert len(refusal) < 2000, f"a sentence of {len(refusal)} letters"
    assert not [path for path in folder.rglob("*") if path.name.endswith(SUFFIX)]
    return refusal
