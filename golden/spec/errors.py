"""The base of every error that a user can cause and mend."""

from __future__ import annotations


class UserError(ValueError):
    """Something the user can put right; the message is one sentence that says what is wrong and what to do."""
