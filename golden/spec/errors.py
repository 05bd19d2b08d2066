"""The errors that a user can cause and mend."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(ValueError):
    """Something the user can put right; the message is one sentence that says what is wrong and what to do."""


class ConfigurationError(UserError):
    """A configuration that cannot be; the message is one sentence for the user."""


def require(condition: bool, sentence: str) -> None:
    """Raise ConfigurationError with the sentence unless the condition holds."""
    if not condition:
        raise ConfigurationError(sentence)


def nearest(name: str, known: Iterable[str]) -> str:
    """End of a sentence on an unknown name: "; did you mean tiny?", or nothing where no known name is near."""
    found = get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
