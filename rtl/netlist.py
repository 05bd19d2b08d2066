"""A design as RTLIL text: what it holds, and changes of it.

RTLIL is what Amaranth writes and every flow reads. Changes are made here, and not in Yosys, where all flows need the
same: synthesis, export and the simulators then see one text, whatever Yosys each of them has.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_MODULE = re.compile(r"^module (?P<name>\S+)\n.*?^end$", re.S | re.M)
_ATTRIBUTES = r"(?P<attributes>(?:^ *attribute [^\n]*\n)*)"
_CELL = re.compile(rf"{_ATTRIBUTES}^ *cell (?P<kind>\S+) \S+\n(?P<body>.*?)^  end\n", re.S | re.M)
_MEMORY = re.compile(rf"{_ATTRIBUTES}^ *memory width (?P<width>\d+) size (?P<depth>\d+) (?P<name>\\\S+)$", re.M)
_WIRE = re.compile(rf"{_ATTRIBUTES}^ *wire .* (?P<name>\\\S+)$", re.M)
_ATTRIBUTE = re.compile(r"^ *attribute \\(\S+) (.*)$", re.M)
_NAME = re.compile(r'\\[^\s"]*\[[^\s"]*')
_INDEX = re.compile(r"\[(\d+)\]")


class NetlistError(RuntimeError):
    """The text is not what a change of it expects: without this, the change would do nothing and say nothing."""


@dataclass(frozen=True)
class Cell:
    """A cell of a module.

    Attributes
    ----------
    text
        All of it, its attributes included.
    kind
        Type, ``$memrd_v2`` for instance.
    """

    text: str
    kind: str

    def parameter(self, name: str) -> str:
        """Value of a parameter, as written."""
        return self._line("parameter", name)

    def connection(self, port: str) -> str:
        """What a port is connected to, as written."""
        return self._line("connect", port)

    @property
    def memory(self) -> str | None:
        """Name of the memory that the cell belongs to, or None for a cell of another kind."""
        # In quotes, where a backslash is doubled.
        return self.parameter("MEMID")[1:-1].replace(r"\\", "\\") if self.kind.startswith("$mem") else None

    def _line(self, kind: str, name: str) -> str:
        found = re.search(rf"^ *{kind} \\{name} (.*)$", self.text, re.M)
        if found is None:
            raise NetlistError(f"a cell {self.kind} has no {kind} {name}")
        return found[1]


@dataclass(frozen=True)
class Memory:
    """A memory of a module.

    Attributes
    ----------
    module, name
        Where it is, both with the backslash of RTLIL.
    width, depth
        Bits a word, and words.
    attributes
        Its attributes by name, as written.
    """

    module: str
    name: str
    width: int
    depth: int
    attributes: dict[str, str]


def change_modules(rtlil: str, change: Callable[[str], str]) -> str:
    """Replace the text of every module."""
    return _MODULE.sub(lambda module: change(module[0]), rtlil)


def change_cells(module: str, change: Callable[[Cell], str]) -> str:
    """Replace the text of every cell of a module."""
    return _CELL.sub(lambda cell: change(Cell(cell[0], cell["kind"])), module)


def cells_of(module: str) -> list[Cell]:
    """All cells of a module."""
    return [Cell(found[0], found["kind"]) for found in _CELL.finditer(module)]


def memories(rtlil: str) -> list[Memory]:
    """All memories of a design or a module."""
    return [
        Memory(module["name"], found["name"], int(found["width"]), int(found["depth"]), _attributes(found))
        for module in _MODULE.finditer(rtlil)
        for found in _MEMORY.finditer(module[0])
    ]


def wires_with(module: str, attribute: str) -> set[str]:
    """Names of the wires of a module that have an attribute."""
    return {found["name"] for found in _WIRE.finditer(module) if attribute in _attributes(found)}


def change_memories(module: str, change: Callable[[Memory, str], str]) -> str:
    """Replace the declaration of every memory of a module, its attributes included."""
    name = module.split(maxsplit=2)[1]
    return _MEMORY.sub(
        lambda found: change(
            Memory(name, found["name"], int(found["width"]), int(found["depth"]), _attributes(found)), found[0]
        ),
        module,
    )


def unbracketed(rtlil: str) -> str:
    """RTLIL in which the elements of an array are called ``name.0`` instead of ``name[0]``.

    Yosys 0.70 hands names to ABC9 and back as ``name[bit]``, takes such an element for a bit of ``name``, and stops.

    Raises
    ------
    NetlistError
        If a name has brackets around something else than a number.
    """
    text = _NAME.sub(lambda name: _INDEX.sub(r".\1", name[0]), rtlil)
    if left := _NAME.search(text):
        raise NetlistError(f"the name {left[0]} has brackets that are no index")
    return text


def undollared(rtlil: str) -> str:
    """RTLIL in which names that begin with a dollar, those of Amaranth's own signals, begin with an underscore.

    A dollar in front is what names in waves must not have: pyvcd, for one, does not read on.
    """
    return re.sub(r"(?<=\\)\$(?=[A-Za-z])", "_", rtlil)


def _attributes(found: re.Match[str]) -> dict[str, str]:
    return dict(_ATTRIBUTE.findall(found["attributes"] or ""))
