"""The errors that a user can cause and mend."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 1500  # letters: all that is not quoted from a file, many times over
_UNSPOKEN = ("Cc", "Cf", "Zl", "Zp")  # characters that move a cursor, turn a text round or end a line


class UserError(ValueError):
    """Something the user can put right; the message is one sentence that says what is wrong and what to do.

    A sentence quotes what others wrote, into files or at the other end of a line: whatever could spoil a terminal, or
    make two lines of it, is escaped, and an endless one is shortened.
    """

    def __init__(self, sentence: str) -> None:
        super().__init__(harmless(sentence))


class ConfigurationError(UserError):
    """A configuration that cannot be; the message is one sentence for the user."""


def harmless(text: str) -> str:
    """A text whose control characters are escaped, as Python writes them, and without its middle if it is endless."""
    if len(text) > _LONGEST:
        text = f"{text[: _LONGEST // 2]} ... {text[-_LONGEST // 3 :]}"
    if text.isprintable():
        return text
    return "".join(repr(each)[1:-1] if unicodedata.category(each) in _UNSPOKEN else each for each in text)


def require(condition: bool, sentence: str) -> None:
    """Raise ConfigurationError with the sentence unless the condition holds."""
    if not condition:
        raise ConfigurationError(sentence)


def nearest(name: str, known: Iterable[str]) -> str:
    """End of a sentence on an unknown name: "; did you mean tiny?", or nothing where no known name is near."""
    found = get_close_matches(name, list(known), n=1)
    return f"; did you mean {found[0]}?" if found else ""
