"""What a worker, a process here or on another machine, must have in common with whoever asked it."""

from __future__ import annotations

from golden.spec.errors import UserError


def require_same_code(found: str, wanted: str) -> None:
    """Raise UserError unless a digest that a worker's code enters is the one that was asked for."""
    if found != wanted:
        raise UserError("a worker has another version of this project; install the one that is here on its machine")


def require_same_data(name: str, found: str, wanted: str) -> None:
    """Raise UserError unless the data set called ``name`` has the digest on a worker that it has here."""
    if found != wanted:
        raise UserError(f"data set {name!r} of a worker is not the one here; give its machine the same files")
