"""Documents: JSON from outside the process, checked against a declared schema before anything uses it.

The schema is a dataclass (or a msgspec struct) with its type annotations: ``Annotated`` with ``msgspec.Meta`` adds
ranges and patterns, ``__post_init__`` what no annotation can say. Nothing is converted: 1.0 and true are no integers,
"2" is no number, NaN and infinity are no JSON. Fields that no one declared are refused, since whoever wrote them meant
something by them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta

from golden.system.reading import DamagedError, read_bytes

MOST_BYTES = 1 << 26

Count = Annotated[int, Meta(ge=0, le=1 << 53)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(ge=0)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{16}\Z")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]

Document = TypeVar("Document")


def read_document(path: Path, kind: type[Document], remedy: str) -> Document:
    """Return the JSON document in a file.

    Parameters
    ----------
    path
        The file.
    kind
        Schema.
    remedy
        End of the sentence of an error: what to do.

    Raises
    ------
    DamagedError
        If the file cannot be read, is no JSON, or does not keep to the schema; the sentence names the field.
    """
    content = read_bytes(path, MOST_BYTES, remedy)
    try:
        return decoded(content, kind)
    except ValueError as error:
        raise DamagedError(path, str(error), remedy) from error


def decoded(content: bytes, kind: type[Document]) -> Document:
    """Return the document in the bytes of a JSON text, or raise ValueError with a few words on what is wrong where."""
    try:
        document = msgspec.json.decode(content, type=kind)
        surplus = next(_surplus(msgspec.json.decode(content), msgspec.to_builtins(document, str_keys=True)), None)
    except msgspec.MsgspecError as error:
        raise ValueError(_in_words(str(error))) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if surplus is not None:
        raise ValueError(f"{surplus.lstrip('.')}: there is no such field")
    return document


def format_of(content: bytes) -> int:
    """Return the field ``format`` of a JSON text, whatever else there is, or raise ValueError as :func:`decoded`.

    It tells a document of another version, which keeps to another schema, from a damaged one.
    """
    try:
        return msgspec.json.decode(content, type=_Formatted).format
    except msgspec.MsgspecError as error:
        raise ValueError(_in_words(str(error))) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


class _Formatted(msgspec.Struct):
    format: int


def _surplus(given: Any, known: Any, place: str = "") -> Iterator[str]:
    """Places of fields that the schema does not know: msgspec skips them where the schema is a dataclass."""
    if isinstance(given, dict) and isinstance(known, dict):
        for name, value in given.items():
            if name in known:
                yield from _surplus(value, known[name], f"{place}.{name}")
            else:
                yield f"{place}.{name}"
    elif isinstance(given, list) and isinstance(known, list | tuple):
        for index, values in enumerate(zip(given, known, strict=True)):
            yield from _surplus(*values, f"{place}[{index}]")


def _in_words(message: str) -> str:
    """``Expected `int`, got `str` - at `$.a[0].b``` as "a[0].b: expected int, got str"."""
    reason, at, place = message.partition(" - at `$")
    reason = reason.replace("`", "")
    if reason[1:2].islower():
        reason = reason[0].lower() + reason[1:]
    place = place.rstrip("`").lstrip(".")
    return f"{place}: {reason}" if at and place else reason
