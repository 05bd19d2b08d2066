"""Presets as files: TOML with the tables data, network, hardware and training, read field by field."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import MISSING, Field, asdict, fields, replace
from pathlib import Path
from typing import Any

from golden.spec.config import Preset
from golden.spec.data import FILES, Data
from golden.spec.errors import ConfigurationError, nearest
from golden.spec.hardware import Hardware
from golden.spec.network import Network
from golden.spec.training import Training

SUFFIX = ".toml"
TABLES = {"network": Network, "hardware": Hardware, "training": Training}
_LARGEST = 1 << 20  # bytes: nobody writes more by hand


def read_preset(path: Path) -> Preset:
    """Return the preset that a file describes; its name is that of the file without the suffix.

    The file is TOML: a ``summary``, and the tables ``[data]``, ``[network]``, ``[hardware]`` and ``[training]``. In
    ``[data]``, ``set`` names a data set, or the fields are those of :class:`golden.spec.data.Data`, with file names
    relative to the preset file. The fields of the others are those of :class:`golden.spec.config.Network`,
    :class:`golden.spec.config.Hardware` and :class:`golden.spec.config.Training`. What is left out has the default
    that stands there.

    Raises
    ------
    ConfigurationError
        In one sentence that names the file, and the line where there is one: it cannot be read, is no TOML, has an
        unknown table or field (the nearest right name is suggested), a value of the wrong type, or an impossible
        combination.
    """
    return preset_of(_text(path), path)


def preset_of(text: str, path: Path) -> Preset:
    """Return the preset that the text of a preset file describes; ``path`` names it. Raises as :func:`read_preset`."""
    try:
        document = tomllib.loads(text)
    except RecursionError:
        raise ConfigurationError(
            f"{path} is nested too deeply; no field of a preset file holds more than a list"
        ) from None
    except ValueError as error:  # tomllib.TOMLDecodeError, and that of int() where a number has thousands of digits
        raise ConfigurationError(f"{path} is not TOML: {_lowered(str(error))}") from None
    lines = _Lines(path, text)
    _require_known(document, ("summary", "data", *TABLES), "a preset file", "", lines)
    data = _table(document, "data", lines)
    if not isinstance(document.get("summary", ""), str):
        raise lines.error("", "summary", f"summary must be a text, not {document['summary']!r}")
    dataset = _dataset(data, path, lines)
    parts: dict[str, Any] = {}
    for name, kind in TABLES.items():
        values = _table(document, name, lines)
        known = [field.name for field in fields(kind)]
        _require_known(values, known, f"table {name}", name, lines)
        for field in fields(kind):
            if field.name not in values and _required(field):
                raise lines.error("", name, f"table {name} lacks {field.name}; add the line: {field.name} = ...")
        try:
            parts[name] = kind(**_with_tuples(values))
        except ConfigurationError as error:
            raise lines.located(error, {name: values}) from None
    try:
        return Preset(path.stem, document.get("summary", ""), dataset, **parts)
    except ConfigurationError as error:
        raise lines.located(error, {name: document.get(name, {}) for name in TABLES}) from None


def written(preset: Preset) -> str:
    """Return the text of a preset file with every field of the preset, defaults too; :func:`read_preset` inverts it."""
    dataset = preset.dataset
    tables: dict[str, dict[str, Any]] = {"data": asdict(dataset) if isinstance(dataset, Data) else {"set": dataset}}
    tables |= {name: asdict(getattr(preset, name)) for name in TABLES}
    lines = [f"summary = {literal(preset.summary)}"]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *(f"{key} = {literal(value)}" for key, value in table.items())]
    return "\n".join(lines) + "\n"


def literal(value: Any) -> str:
    """What a text, a whole number, a truth value or a list of them looks like in TOML: as in JSON."""
    return json.dumps(value, ensure_ascii=False)


def _dataset(values: dict[str, Any], path: Path, lines: _Lines) -> str | Data:
    """The name of a data set, or the user's own files, whose names are relative to the preset file."""
    if "set" in values:
        _require_known(values, ("set",), "table data with a set", "data", lines)
        if not isinstance(values["set"], str) or not values["set"]:
            raise lines.error("data", "set", f"set must be a text, the name of a data set, not {values['set']!r}")
        return values["set"]
    if "train" not in values:
        raise lines.error("", "data", 'table data must name a data set, set = "digits", or a file, train = "mine.csv"')
    _require_known(values, [field.name for field in fields(Data)], "table data", "data", lines)
    try:
        own = Data(**_with_tuples(values))
    except ConfigurationError as error:
        raise lines.located(error, {"data": values}) from None
    beside, names = path.absolute().parent, {name: getattr(own, name) for name in FILES}
    files: dict[str, Any] = {name: str(beside / file) for name, file in names.items() if file}
    return replace(own, **files)


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}); name a preset or its file") from None
    if len(content) > _LARGEST:
        raise ConfigurationError(f"{path} is larger than {_LARGEST >> 20} MB, which no preset file is; name another")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigurationError(f"{path}, line {line}: not UTF-8; save the file in that encoding") from None


def _required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _table(document: dict[str, Any], name: str, lines: _Lines) -> dict[str, Any]:
    table = document.get(name, {})
    if not isinstance(table, dict):
        raise lines.error("", name, f"{name} must be a table, [{name}], not {table!r}")
    return table


def _require_known(
    values: dict[str, Any], known: tuple[str, ...] | list[str], what: str, place: str, lines: _Lines
) -> None:
    for key in values:
        if key not in known:
            advice = nearest(key, known) or f"; it has {', '.join(known)}"
            raise lines.error(place, key, f"{what} has no field {key!r}{advice}")


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


class _Lines:
    """Where the keys of a TOML text stand: enough to point a reader at a line."""

    _HEADER = re.compile(r"\s*\[\s*([^\[\]]+?)\s*\]")
    _KEY = re.compile(r"\s*(?P<quote>[\"']?)(?P<key>[^\s\"'=#\[\]]+)(?P=quote)\s*=")

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._found: dict[tuple[str, str], int] = {}
        table = ""
        for number, line in enumerate(text.splitlines(), 1):
            if header := self._HEADER.match(line):
                table = header[1].strip("\"'")
                self._found.setdefault(("", table), number)
            elif key := self._KEY.match(line):
                head, dot, tail = key["key"].partition(".")
                place = (head, tail) if dot and not table else (table, key["key"])
                self._found.setdefault(place, number)

    def error(self, table: str, key: str, sentence: str) -> ConfigurationError:
        """The sentence with the file and, where the key stands in it, the line."""
        line = self._found.get((table, key))
        return ConfigurationError(f"{self._path}{'' if line is None else f', line {line}'}: {sentence}")

    def located(self, error: ConfigurationError, tables: dict[str, dict[str, Any]]) -> ConfigurationError:
        """The error with the line of the first field that its sentence names."""
        sentence = str(error)
        named = [
            (found.start(), table, key)
            for table, values in tables.items()
            for key in values
            if (found := re.search(rf"\b{re.escape(key)}\b", sentence))
        ]
        _, table, key = min(named, default=(0, "", next(iter(tables))))
        return self.error(table, key, sentence)
