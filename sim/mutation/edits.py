"""What a mistake in a line of Python or Amaranth looks like: one small change of an expression or a statement."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from typing import NamedTuple

COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
}
OPERATORS: dict[type[ast.operator], str] = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "+",
    ast.FloorDiv: "*",
    ast.Mod: "//",
    ast.BitAnd: "|",
    ast.BitOr: "&",
    ast.BitXor: "|",
    ast.LShift: ">>",
    ast.RShift: "<<",
}
OPPOSITES = {"min": "max", "minimum": "maximum", "any": "all", "signed": "unsigned"}
OPPOSITES |= {after: before for before, after in OPPOSITES.items()}
HANDSHAKES = ("valid", "ready", "en")
CASTS = ("as_signed", "as_unsigned")


class Edit(NamedTuple):
    """A node, what its text becomes, and the kind of mistake."""

    node: ast.AST
    text: str
    kind: str


Source = Callable[[ast.AST], str]
"""Text of a node, without brackets around it."""


def edits_of(node: ast.AST, source: Source, states: list[str]) -> Iterator[Edit]:
    """Every mistake in one node, not in those below it; ``states`` are those of the state machines around."""
    if isinstance(node, ast.expr):
        yield from _of_expression(node, source)
    if isinstance(node, ast.Call):
        yield from _of_call(node, source)
    if isinstance(node, ast.If | ast.While | ast.IfExp):
        yield Edit(node.test, f"(not ({source(node.test)}))", "condition negated")
        yield from _conjuncts(node.test, source)
    if isinstance(node, ast.stmt):
        yield from _of_statement(node, states)


def _of_expression(node: ast.expr, source: Source) -> Iterator[Edit]:
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bool):
            yield Edit(node, str(not node.value), "truth")
        elif isinstance(node.value, int):
            yield Edit(node, str(node.value + 1), "number")
            if node.value > 0:
                yield Edit(node, str(node.value - 1), "number")
    elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        _, other = COMPARISONS[type(node.ops[0])]
        yield Edit(node, f"(({source(node.left)}) {other} ({source(node.comparators[0])}))", "comparison")
    elif isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        yield Edit(node, f"(({source(node.left)}) {OPERATORS[type(node.op)]} ({source(node.right)}))", "operator")
    elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
        lower, upper = node.slice.lower, node.slice.upper
        for bound, change in ((lower, "+ 1"), (upper, "- 1")):
            if bound is not None and not isinstance(bound, ast.Constant):
                yield Edit(bound, f"({source(bound)}) {change}", "slice")


def _of_call(node: ast.Call, source: Source) -> Iterator[Edit]:
    name, arguments = _name(node.func), node.args
    if name in ("If", "Elif") and len(arguments) == 1:
        yield Edit(arguments[0], f"({source(arguments[0])}) == 0", "condition negated")
        yield from _conjuncts(arguments[0], source)
    elif name == "Mux" and len(arguments) == 3:
        condition, chosen, other = map(source, arguments)
        yield Edit(node, f"Mux({condition}, {other}, {chosen})", "branches exchanged")
    elif name == "eq" and isinstance(node.func, ast.Attribute) and _name(node.func.value) in HANDSHAKES:
        for value in "01":
            if source(arguments[0]) != value:
                yield Edit(arguments[0], value, "handshake wired")
    elif name == "Signal" and "reset_less" not in {keyword.arg for keyword in node.keywords}:
        inside = source(node)[len(source(node.func)) + 1 : -1].rstrip().removesuffix(",")
        yield Edit(node, f"{source(node.func)}({inside}{', ' if inside else ''}reset_less=True)", "reset taken away")
    elif name in CASTS and isinstance(node.func, ast.Attribute):
        yield Edit(node, source(node.func.value), "cast dropped")
    if name in OPPOSITES:
        before = source(node.func)
        yield Edit(node.func, before.removesuffix(name) + OPPOSITES[name], "opposite")


def _of_statement(node: ast.stmt, states: list[str]) -> Iterator[Edit]:
    if isinstance(node, ast.AugAssign) and ast.unparse(node.target).startswith("m.d."):
        parts = node.value.elts if isinstance(node.value, ast.List) else []
        if len(parts) > 1:
            for part in parts:
                yield Edit(part, "[]", "statement dropped")
        else:
            yield Edit(node, "pass", "statement dropped")
    elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "m.next":
        yield Edit(node, "pass", "state")
        if isinstance(node.value, ast.Constant) and node.value.value in states:
            other = states[(states.index(node.value.value) + 1) % len(states)]
            if other != node.value.value:
                yield Edit(node.value, repr(other), "state")
    elif isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Subscript)
        and not ast.unparse(node.targets[0]).startswith("m.")
    ):
        yield Edit(node, "pass", "statement dropped")


def _conjuncts(node: ast.expr, source: Source) -> Iterator[Edit]:
    """A condition of which one part is forgotten."""
    parts: list[ast.expr] = []
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd):
        parts = [node.left, node.right]
    elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        parts = node.values
    for part in parts:
        yield Edit(node, f"({source(part)})", "conjunct alone")


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
