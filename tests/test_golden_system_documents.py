"""Documents keep to their schema, or are refused in a few words that name the field."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import pytest
from msgspec import Meta

from golden.system.documents import MOST_BYTES, Count, Digest, Fraction, decoded, read_document
from golden.system.reading import DamagedError


@dataclass(frozen=True)
class Part:
    share: Fraction
    pair: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Whole:
    count: Count
    digest: Digest
    parts: tuple[Part, ...]
    free: dict[str, Any] = field(default_factory=dict)
    name: str | None = None
    even: Annotated[int, Meta(multiple_of=2)] = 0

    def __post_init__(self) -> None:
        if self.count < len(self.parts):
            raise ValueError("count must be at least the number of parts")


GOOD = '{"count": 2, "digest": "0123456789abcdef", "parts": [{"share": 1, "pair": [3, 4]}, {"share": 0.5}]%s}'
DIGEST = "0123456789abcdef"


def document(**changes: str) -> bytes:
    """A document as JSON, some fields of it in other words."""
    fields = {"count": "2", "digest": f'"{DIGEST}"', "parts": '[{"share": 0.5}]'} | changes
    return ("{" + ", ".join(f'"{name}": {value}' for name, value in fields.items()) + "}").encode()


def test_what_keeps_to_the_schema(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(GOOD % ', "free": {"x": [{"y": 1}]}')
    found = read_document(tmp_path / "a.json", Whole, "again")
    assert found == Whole(2, DIGEST, (Part(1.0, (3, 4)), Part(0.5)), {"x": [{"y": 1}]})
    assert decoded(document(name="null", even="4"), Whole).even == 4


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "input data was truncated"),
        (b"{", "input data was truncated"),
        (b"[]", "expected object, got array"),
        (b"{}", "object missing required field count"),
        (b"\xff", "JSON is malformed: invalid character (byte 0)"),
        (document() + b"}", "JSON is malformed: trailing characters (byte 70)"),
        (document(count="2.0"), "count: expected int, got float"),
        (document(count='"2"'), "count: expected int, got str"),
        (document(count="true"), "count: expected int, got bool"),
        (document(count="null"), "count: expected int, got null"),
        (document(count="-1"), "count: expected int >= 0"),
        (document(count="9" * 30), "count: expected int <= 9007199254740992"),
        (document(count="9" * 5000), "count: integer value out of range"),
        (document(count="0"), "count must be at least the number of parts"),
        (document(even="3"), "even: expected int that's a multiple of 2"),
        (document(digest='"0123456789abcdef\\n"'), r"digest: expected str matching regex '^[0-9a-f]{16}\\Z'"),
        (document(parts="{}"), "parts: expected array, got object"),
        (document(parts='[{"share": NaN}]'), "JSON is malformed: invalid character (byte 63)"),
        (document(parts='[{"share": 1e999}]'), "parts[0].share: number out of range"),
        (document(parts='[{"share": 1.5}]'), "parts[0].share: expected float <= 1.0"),
        (document(parts='[{"share": 1}, {"share": "1"}]'), "parts[1].share: expected float, got str"),
        (document(parts='[{"share": 1, "pair": [1]}]'), "parts[0].pair: expected array of length 2"),
        (document(parts='[{"share": 1, "shade": 1}]'), "parts[0].shade: there is no such field"),
        (document(counts="2"), "counts: there is no such field"),
        (document(name='"\\ud800"'), "input data was truncated"),
        (document(free="[" * 100_000), "free: expected object, got array"),
        (document(free='{"x": ' + "[" * 100_000), "it is nested too deeply"),
        (document(other="[" * 100_000), "it is nested too deeply"),
    ],
)
def test_what_does_not(content: bytes, reason: str, tmp_path: Path) -> None:
    place = tmp_path / "a.json"
    place.write_bytes(content)
    with pytest.raises(DamagedError, match=f"^{re.escape(f'{place} is damaged ({reason}); again')}$") as found:
        read_document(place, Whole, "again")
    assert found.value.reason == reason


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(ValueError, match="can't decode byte 0xff"):
        decoded(document(name='"x"').replace(b"x", b"\xff"), Whole)


def test_nothing_is_read_of_what_is_too_large(tmp_path: Path) -> None:
    with (tmp_path / "a.json").open("wb") as file:
        file.truncate(10 << 40)
    with pytest.raises(DamagedError, match=f"it has more than {MOST_BYTES:,} bytes"):
        read_document(tmp_path / "a.json", Whole, "again")
