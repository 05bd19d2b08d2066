"""A netlist of cells as Yosys writes it for place and route, and the same in Verilog."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.spec.errors import UserError

TOP = "top"  # as Amaranth calls it
_SCOPE = "$scopeinfo"  # says where cells came from, and is none
_BITS = re.compile(r"[01xz]+")


@dataclass(frozen=True)
class Cell:
    """A cell of the chip.

    Attributes
    ----------
    name, kind
        Its own name, and that of its type.
    parameters
        Numbers as strings of the digits 0, 1, x and z, the highest bit first; words in double quotes.
    connections
        For each port its bits, the lowest first: a net each, or ``"0"``, ``"1"``, ``"x"`` or ``"z"``.
    """

    name: str
    kind: str
    parameters: dict[str, str]
    connections: dict[str, list[int | str]]


@dataclass(frozen=True)
class Netlist:
    """The netlist of a whole chip.

    Attributes
    ----------
    ports
        Direction and net of each pin: every port of a board's top has one bit.
    cells
        All of them.
    """

    ports: dict[str, tuple[str, int]]
    cells: tuple[Cell, ...]

    @classmethod
    def read(cls, file: Path) -> Netlist:
        """Read what ``write_json`` of Yosys wrote."""
        try:
            top = json.loads(file.read_text(encoding="utf-8"))["modules"][TOP]
        except (OSError, ValueError, KeyError) as error:
            raise UserError(f"{file} holds no netlist of a board ({error}); remove it and synthesize again") from None
        ports = {name: (port["direction"], *port["bits"]) for name, port in top["ports"].items()}
        return cls(ports, tuple(_cells(top["cells"])))

    def count(self) -> Counter[str]:
        """How many cells there are of each kind."""
        return Counter(cell.kind for cell in self.cells)

    def verilog(self, name: str) -> str:
        """The same as a module of instances, one for each cell, whose ports are called as the pins are."""
        nets = {
            bit for cell in self.cells for bits in cell.connections.values() for bit in bits if isinstance(bit, int)
        }
        pins = {net: pin for pin, (_, net) in self.ports.items()}
        # Cells of pins have both directions, whatever they are set to.
        lines = [f"module {name} ({', '.join(f'inout {pin}' for pin in self.ports)});"]
        lines += [f"wire n{net};" for net in sorted(nets - set(pins))]
        for number, cell in enumerate(self.cells):
            parameters = ", ".join(f".{key}({_constant(value)})" for key, value in cell.parameters.items())
            ports = ", ".join(f".{port}({_bits(bits, pins)})" for port, bits in cell.connections.items())
            lines.append(f"{cell.kind} {f'#({parameters}) ' if parameters else ''}c{number} ({ports});")
        return "\n".join([*lines, "endmodule", ""])


def _cells(raw: dict[str, Any]) -> Iterator[Cell]:
    for name, cell in raw.items():
        if cell["type"] != _SCOPE:
            parameters = {key: _parameter(value) for key, value in cell["parameters"].items()}
            yield Cell(name, cell["type"], parameters, cell["connections"])


def _parameter(value: str) -> str:
    # Yosys puts a space behind a word that could be taken for a number.
    return value if _BITS.fullmatch(value) else f'"{value[:-1] if _BITS.fullmatch(value.rstrip(" ")) else value}"'


def _constant(value: str) -> str:
    return value if value.startswith('"') else f"{len(value)}'b{value}"


def _bits(bits: list[int | str], pins: dict[int, str]) -> str:
    named = [pins.get(bit, f"n{bit}") if isinstance(bit, int) else f"1'b{bit}" for bit in reversed(bits)]
    return named[0] if len(named) == 1 else f"{{{', '.join(named)}}}"
