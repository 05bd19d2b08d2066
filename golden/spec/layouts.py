"""Fields that share a word, as values: their order and formats."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from golden.spec.formats import Format


@dataclass(frozen=True)
class Row:
    """``length`` values of one format, the first one in the low bits."""

    form: Format
    length: int

    @property
    def bits(self) -> int:
        """Width of the row."""
        return self.form.bits * self.length

    def pack(self, values: Sequence[Any]) -> Any:
        """Word of the values."""
        if len(values) != self.length:
            raise ValueError(f"a row of {self.length} values must not have {len(values)}")
        return sum(_packed(self.form, value) << self.form.bits * index for index, value in enumerate(values))

    def unpack(self, word: Any) -> list[Any]:
        """Values in a word; bits above them are ignored."""
        return [_unpacked(self.form, word >> self.form.bits * index) for index in range(self.length)]

    def __str__(self) -> str:
        return f"{self.length} x {self.form}"


@dataclass(frozen=True)
class Layout:
    """Named fields of a word, from the low bits up.

    Parameters
    ----------
    fields
        Name and format of each; a field may be a row, or have a layout of its own.

    Notes
    -----
    Words and values may be integers, or integer arrays with a sign bit to spare, which then have the same shape.
    """

    fields: tuple[tuple[str, Format | Row | Layout], ...]

    @classmethod
    def of(cls, **fields: Format | Row | Layout) -> Layout:
        """Layout with these fields in this order."""
        return cls(tuple(fields.items()))

    @property
    def bits(self) -> int:
        """Width of the word."""
        return sum(field.bits for _, field in self.fields)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the fields in their order."""
        return tuple(name for name, _ in self.fields)

    def starts(self) -> Iterator[tuple[str, int, Format | Row | Layout]]:
        """Yield name, lowest bit and format of every field."""
        start = 0
        for name, field in self.fields:
            yield name, start, field
            start += field.bits

    def pack(self, values: Mapping[str, Any]) -> Any:
        """Word of the fields' values.

        ``values`` names every field: a value, a sequence for a row, or a mapping for a layout. What is beyond the
        format of a field is cut off, as on wires.
        """
        if set(values) != set(self.names):
            raise ValueError(f"fields must be {', '.join(self.names)}, not {', '.join(values)}")
        return sum(_packed(field, values[name]) << start for name, start, field in self.starts())

    def unpack(self, word: Any) -> dict[str, Any]:
        """Values of the fields in a word; bits above it are ignored."""
        return {name: _unpacked(field, word >> start) for name, start, field in self.starts()}

    def __str__(self) -> str:
        described = []
        for name, start, field in self.starts():
            end = start + field.bits - 1
            form = f"({field})" if isinstance(field, Layout) else str(field)
            described.append(f"{name} {form} [{start if start == end else f'{end}:{start}'}]")
        return ", ".join(described)


def _packed(field: Format | Row | Layout, value: Any) -> Any:
    if isinstance(field, Row | Layout):
        return field.pack(value)
    return value & (1 << field.bits) - 1


def _unpacked(field: Format | Row | Layout, word: Any) -> Any:
    if isinstance(field, Row | Layout):
        return field.unpack(word)
    raw = word & (1 << field.bits) - 1
    return raw - (raw >> field.bits - 1 << field.bits) if field.signed else raw
