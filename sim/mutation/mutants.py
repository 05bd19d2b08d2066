"""Mutants: copies of a source file with one small mistake each."""

from __future__ import annotations

import ast
import hashlib
import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, zip_longest

from sim.mutation.edits import edits_of

SENTENCES = ("require", "UserError", "ValueError", "NetlistError")
"""Calls of what is said to users, where a mistake changes no bit."""


@dataclass(frozen=True)
class Mutant:
    """One mistake in one file.

    Attributes
    ----------
    file
        Path from the root, with slashes.
    line
        Of the mistake.
    where
        Class and function.
    kind
        Of mistake, see :mod:`sim.mutation.edits`.
    was, becomes
        The lines that are changed, before and after, in one line.
    number
        Which of several that are equal in all this but the line.
    text
        The whole file with the mistake.
    """

    file: str
    line: int
    where: str
    kind: str
    was: str
    becomes: str
    number: int
    text: str

    @property
    def name(self) -> str:
        """What it is called in results and explanations: the same as long as the code of its function is."""
        number = f" ({self.number})" if self.number > 1 else ""
        return f"{self.file} {self.where}: {self.was} -> {self.becomes}{number}"


def mutants_of(file: str, text: str) -> list[Mutant]:
    """Every mutant of a file, in the order of the text.

    Docstrings, annotations, texts of errors and what is exported are left alone.
    """
    source, tree = text.encode(), ast.parse(text)
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: ast.AST) -> tuple[int, int]:
        first, last = node.lineno, node.end_lineno  # type: ignore[attr-defined]
        return starts[first - 1] + node.col_offset, starts[last - 1] + node.end_col_offset  # type: ignore[attr-defined]

    def words(node: ast.AST) -> str:
        begin, end = place(node)
        return source[begin:end].decode()

    found, counts = list[Mutant](), dict[tuple[str, str, str], int]()
    for node, where, states in _nodes(tree, (), []):
        for edit in edits_of(node, words, states):
            begin, end = place(edit.node)
            changed = (source[:begin] + edit.text.encode() + source[end:]).decode()
            first = source.rfind(b"\n", 0, begin) + 1
            last = (source + b"\n").index(b"\n", end)
            was = _in_one_line(source[first:last])
            becomes = _in_one_line(source[first:begin] + edit.text.encode() + source[end:last])
            scope = ".".join(where)
            key = scope, was, becomes
            counts[key] = counts.get(key, 0) + 1
            line = edit.node.lineno  # type: ignore[attr-defined]
            found.append(Mutant(file, line, scope, edit.kind, was, becomes, counts[key], changed))
    return found


def chosen(mutants: Mapping[str, Iterable[Mutant]], seed: int, count: int | None) -> list[Mutant]:
    """Draw mutants of files: one of each file in turn, in an order that the seed decides.

    The mutants of a smaller count are the first of a larger one.
    """
    drawn = []
    for file, those in sorted(mutants.items()):
        draw = random.Random(int.from_bytes(hashlib.sha256(f"{seed} {file}".encode()).digest()[:8], "big"))
        drawn.append(draw.sample(listed := list(those), len(listed)))
    turns = chain.from_iterable(zip_longest(*drawn))
    return [mutant for mutant in turns if mutant is not None][:count]


def _nodes(
    node: ast.AST, where: tuple[str, ...], states: list[str]
) -> Iterator[tuple[ast.AST, tuple[str, ...], list[str]]]:
    """Nodes in which a mistake counts, each with class and function, and the states of the machine around it."""
    if _is_left_alone(node):
        return
    if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        where = (*where, node.name)
        children: list[ast.AST] = list(node.body)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            children += [*node.args.defaults, *(default for default in node.args.kw_defaults if default)]
    elif isinstance(node, ast.AnnAssign):
        children = [node.value] if node.value else []
    else:
        children = list(ast.iter_child_nodes(node))
    if isinstance(node, ast.With) and any(_called(item.context_expr) == "FSM" for item in node.items):
        calls = (inner for inner in ast.walk(node) if isinstance(inner, ast.Call) and _called(inner) == "State")
        states = [call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)]  # type: ignore[misc]
    yield node, where, states
    for child in children:
        yield from _nodes(child, where, states)


def _is_left_alone(node: ast.AST) -> bool:
    if isinstance(node, ast.Raise | ast.Assert | ast.Import | ast.ImportFrom | ast.JoinedStr):
        return True
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
        return True
    if isinstance(node, ast.keyword) and node.arg == "reset_less" and isinstance(node.value, ast.Constant):
        return True  # a reset where none is needed changes nothing but the size
    return isinstance(node, ast.Call) and _called(node) in SENTENCES


def _called(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return ast.unparse(node.func).rpartition(".")[2]


def _in_one_line(text: bytes) -> str:
    return " ".join(text.decode().split())
