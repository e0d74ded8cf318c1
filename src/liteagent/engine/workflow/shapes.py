"""Values of the wrong shape: what is gone through is no list, what is compared can never be equal."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.bindings import Bindings
from liteagent.engine.workflow.expression_syntax import SyntaxRefusedError, parse
from liteagent.engine.workflow.levels import Placed
from liteagent.engine.workflow.problems import Problem, meant, shown
from liteagent.engine.workflow.types import NodeType

__all__ = ["shape_problems"]

_NAME = re.compile(r"\s*(?:\{\{\s*)?([A-Za-z_][\w.]*)(?:\s*\}\})?\s*")
_GONE_THROUGH = frozenset({"array", "object"})
_CONDITIONS: Mapping[str, Sequence[str]] = {NodeType.CONDITION: ("when",), NodeType.LOOP: ("while", "until")}
_WIDER = {"integer": "number"}
_TYPES = {"string": "a text", "boolean": "true or false", "array": "a list", "object": "an object"}


def shape_problems(placed: Placed, bindings: Bindings) -> Iterator[Problem]:
    """What is decidable from the schemas that nodes give of their outputs."""
    if placed.node.type in {NodeType.ITERATE, NodeType.LIST}:
        yield from _items(placed, bindings)
    for field in _CONDITIONS.get(placed.node.type, ()):
        yield from _comparisons(placed, field, bindings)


def _items(placed: Placed, bindings: Bindings) -> Iterator[Problem]:
    written = placed.node.config.get("items")
    found = _NAME.fullmatch(written) if isinstance(written, str) else None
    if not found:
        return
    kind = bindings.schema(placed, found[1].split(".")).get("type")
    if isinstance(kind, str) and kind not in _GONE_THROUGH:
        is_ = _TYPES.get(kind, "a number")
        message = f"{found[1]} is {is_}, and a list or an object is gone through. Make a list of it first."
        yield placed.problem("items", "type_mismatch", message)


def _comparisons(placed: Placed, field: str, bindings: Bindings) -> Iterator[Problem]:
    written = placed.node.config.get(field)
    try:
        tree = parse(written)[0] if isinstance(written, str) else None
    except SyntaxRefusedError:
        return
    for compared in ast.walk(tree) if tree is not None else ():
        if isinstance(compared, ast.Compare) and (wrong := _comparison(placed, compared, bindings)):
            yield placed.problem(field, "type_mismatch", wrong)


def _comparison(placed: Placed, compared: ast.Compare, bindings: Bindings) -> str:
    if len(compared.ops) != 1:
        return ""
    left, right = compared.left, compared.comparators[0]
    name, literal = (_dotted(left), right) if isinstance(right, ast.Constant) else (_dotted(right), left)
    if (
        not name
        or not isinstance(literal, ast.Constant)
        or not isinstance(compared.ops[0], ast.Eq | ast.NotEq)
    ):
        return ""
    return _unequal(".".join(name), bindings.schema(placed, name), literal.value)


def _unequal(name: str, schema: JsonObject, literal: Any) -> str:
    kind, allowed = schema.get("type"), schema.get("enum")
    if isinstance(kind, str) and literal is not None and _kind(literal) not in (kind, _WIDER.get(kind)):
        is_ = _TYPES.get(kind, "a number")
        return f"{name} is {is_} and never equals {shown(literal)}. Compare like with like."
    if isinstance(allowed, list) and isinstance(literal, str) and literal not in allowed:
        return f"{name} is never {shown(literal)}.{meant(literal, map(str, allowed))}"
    return ""


def _kind(literal: Any) -> str:
    match literal:
        case bool():
            return "boolean"
        case str():
            return "string"
        case _:
            return "number"


def _dotted(node: ast.expr) -> list[str]:
    """`a.b.c` as its parts; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []
