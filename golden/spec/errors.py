"""The errors that a user can cause and mend."""

from __future__ import annotations


class UserError(ValueError):
    """Something the user can put right; the message is one sentence that says what is wrong and what to do."""


class ConfigurationError(UserError):
    """A configuration that cannot be; the message is one sentence for the user."""


def require(condition: bool, sentence: str) -> None:
    """Raise ConfigurationError with the sentence unless the condition holds."""
    if not condition:
        raise ConfigurationError(sentence)
