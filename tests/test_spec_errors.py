"""Sentences for users quote what others wrote, and stay sentences."""

from __future__ import annotations

import pytest

from golden.spec.errors import ConfigurationError, UserError, harmless


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Zoë's file, line 3: '°' is no number", "Zoë's file, line 3: '°' is no number"),
        ("two\nlines", "two\\nlines"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("turned \u202eround", "turned \\u202eround"),
        ("a\u2028b", "a\\u2028b"),
        ("in Zo\udcc3\udcab", "in Zo\udcc3\udcab"),  # bytes of a name that the locale could not decode
    ],
)
def test_what_spoils_a_terminal_is_escaped(text: str, said: str) -> None:
    assert harmless(text) == said == str(UserError(text)) == str(ConfigurationError(text))


def test_an_endless_quotation_loses_its_middle() -> None:
    said = str(UserError(f"column {'9' * 100_000} is no number; mend it"))
    assert said.startswith("column 999") and said.endswith("999 is no number; mend it") and " ... " in said
    assert len(said) < 1500
