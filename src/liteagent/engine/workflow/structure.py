"""What can be said of a workflow without knowing its node types: ids, edges, bodies, numbers."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from keyword import iskeyword

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.engine.workflow.levels import Placed, levels
from liteagent.engine.workflow.plain_data import MAX_EDGES, MAX_NODES, plain, texts_in
from liteagent.engine.workflow.problems import MAX_PROBLEMS, Problem, invalid, meant, problems_of, shown
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import InputDefinition, Limits, NodeType, RetryPolicy
from liteagent.engine.workflow.wiring import wiring_problems

__all__ = ["check_structure", "structure_problems"]

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_MAX_ID = 64
_SLUG = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MAX_SLUG = 100
_RESERVED = frozenset({"inputs", "output", "input", "vars", "run", "item", "index", "last", "secrets"})
_LITERALS = frozenset({"true", "false", "null", "none"})
_INPUT_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "object": (Mapping,),
    "array": (list, tuple),
    "any": (object,),
}
_CONTAINERS = frozenset({NodeType.LOOP, NodeType.ITERATE})
_MAX_TEXT = 100_000
_MAX_SECONDS = 366 * 24 * 3600.0
_MAX_ATTEMPTS = 100
_MAX_STEPS = 10_000_000
_MAX_DEPTH = 32
_MAX_FACTOR = 100
_MAX_COST = 1_000_000.0
_MAX_PLACE = 1e6
_NAMING = f"Use at most {_MAX_ID} letters, digits and underscores, begin with a letter, and take no keyword."


def check_structure(definition: WorkflowDefinition) -> None:
    """Refuse a workflow whose structure is wrong.

    Raises:
        InvalidInputError: `workflow_invalid`; see `structure_problems`.
    """
    if problems := [each for each in structure_problems(definition) if each.severity == "error"]:
        raise invalid(problems)


def structure_problems(definition: WorkflowDefinition) -> tuple[Problem, ...]:
    """Everything that is wrong, as far as `MAX_PROBLEMS` goes."""
    too_large = _too_large(definition)
    return (too_large,) if too_large else tuple(islice(_problems(definition), MAX_PROBLEMS))


def _problems(definition: WorkflowDefinition) -> Iterator[Problem]:
    yield from _head(definition)
    yield from _inputs(definition.inputs)
    yield from _limits(definition.limits)
    seen: dict[str, str] = {}
    for level in levels(definition):
        for each in level.nodes():
            yield from _node(each, seen, definition.limits)
    for level in levels(definition):
        yield from wiring_problems(level, seen)
    yield from _layout(definition, seen)


def _too_large(definition: WorkflowDefinition) -> Problem | None:
    nodes = edges = 0
    for level in levels(definition):
        if level.depth > _MAX_DEPTH:
            return Problem(
                "", "nodes", "too_deep", f"Bodies nest deeper than {_MAX_DEPTH} levels. Make it flatter."
            )
        nodes += len(level.graph.nodes)
        edges += len(level.graph.edges)
        if nodes > MAX_NODES or edges > MAX_EDGES:
            which, most = ("nodes", MAX_NODES) if nodes > MAX_NODES else ("edges", MAX_EDGES)
            message = f"The flow has more than {most:,} {which}. Move parts of it into flows of their own."
            return Problem("", f"{level.field}{which}", "too_large", message)
    return None


def _head(definition: WorkflowDefinition) -> Iterator[Problem]:
    if not _SLUG.fullmatch(definition.id) or len(definition.id) > _MAX_SLUG:
        message = (
            f"{shown(definition.id)} is no id of a flow. Use at most {_MAX_SLUG} letters, digits, dots, "
            "hyphens and underscores, and begin with a letter or digit."
        )
        yield Problem("", "id", "bad_id", message)
    for field, text in (("name", definition.name), ("description", definition.description)):
        try:
            plain(text, field)
        except InvalidInputError as error:
            yield from problems_of(error)


def _inputs(inputs: Mapping[str, InputDefinition]) -> Iterator[Problem]:
    for name, each in inputs.items():
        field = f"inputs.{name}"
        if not _IDENTIFIER.fullmatch(name) or len(name) > _MAX_ID:
            message = f"{shown(name)} is no name of an input. {_NAMING}"
            yield Problem("", field, "bad_id", message)
        yield from _input(field, each)


def _input(field: str, definition: InputDefinition) -> Iterator[Problem]:
    if definition.type not in _INPUT_TYPES:
        message = f"There is no type {shown(definition.type)}.{meant(definition.type, _INPUT_TYPES)}"
        yield Problem("", f"{field}.type", "unknown_type", message)
        return
    try:
        plain(definition.default, f"{field}.default")
        plain(definition.options, f"{field}.options")
    except InvalidInputError as error:
        yield from problems_of(error)
        return
    for index, option in enumerate(definition.options):
        if not _fits(option, definition.type):
            message = f"{shown(option)} is not of the type {definition.type}. Change the one or the other."
            yield Problem("", f"{field}.options.{index}", "type_mismatch", message)
    yield from _default(field, definition)


def _default(field: str, definition: InputDefinition) -> Iterator[Problem]:
    default, place = definition.default, f"{field}.default"
    if default is None:
        return
    if not _fits(default, definition.type):
        message = f"{shown(default)} is not of the type {definition.type}. Change the one or the other."
        yield Problem("", place, "type_mismatch", message)
    elif definition.options and default not in definition.options:
        message = f"{shown(default)} is not among the options. Add it there, or take one of them."
        yield Problem("", place, "type_mismatch", message)


def _fits(value: JsonValue, kind: str) -> bool:
    if isinstance(value, bool):
        return kind in {"boolean", "any"}
    return isinstance(value, _INPUT_TYPES[kind])


def _limits(limits: Limits) -> Iterator[Problem]:
    yield from _within("limits.steps", limits.steps, 1, _MAX_STEPS)
    yield from _within("limits.depth", limits.depth, 1, _MAX_DEPTH)
    if limits.seconds is not None:
        yield from _within("limits.seconds", limits.seconds, 0.001, _MAX_SECONDS)
    if limits.cost is not None:
        yield from _within("limits.cost", limits.cost, 0.0, _MAX_COST)


def _within(field: str, value: float, least: float, most: float, node: str = "") -> Iterator[Problem]:
    if not least <= value <= most:
        message = f"This is {value}, and may be from {least:,} to {most:,}."
        yield Problem(node, field, "out_of_range", message)


def _node(placed: Placed, seen: dict[str, str], limits: Limits) -> Iterator[Problem]:
    yield from _node_id(placed, seen)
    yield from _retry(placed, placed.node.retry)
    if placed.node.timeout is not None:
        yield from _within(f"{placed.field}.timeout", placed.node.timeout, 0.001, _MAX_SECONDS, placed.path)
    yield from _config(placed)
    yield from _body(placed, limits)


def _node_id(placed: Placed, seen: dict[str, str]) -> Iterator[Problem]:
    name = placed.node.id
    if not _IDENTIFIER.fullmatch(name) or len(name) > _MAX_ID or iskeyword(name) or name in _LITERALS:
        yield placed.problem("", "bad_id", f"{shown(name)} is no id of a node. {_NAMING}")
    elif name in _RESERVED:
        message = (
            f"{name!r} means something else in expressions. Rename the node, for instance to {name}_node."
        )
        yield placed.problem("", "reserved_id", message)
    if (first := seen.setdefault(name, placed.path)) is not placed.path:
        message = f"The id {shown(name)} is there twice, also as {shown(first)}. Rename one of the two."
        yield placed.problem("", "duplicate_id", message)


def _retry(placed: Placed, retry: RetryPolicy) -> Iterator[Problem]:
    field, node = f"{placed.field}.retry", placed.path
    yield from _within(f"{field}.attempts", retry.attempts, 1, _MAX_ATTEMPTS, node)
    yield from _within(f"{field}.delay", retry.delay, 0, _MAX_SECONDS, node)
    yield from _within(f"{field}.factor", retry.factor, 1, _MAX_FACTOR, node)
    yield from _within(f"{field}.max_delay", retry.max_delay, 0, _MAX_SECONDS, node)


def _config(placed: Placed) -> Iterator[Problem]:
    try:
        plain(placed.node.config, placed.field)
    except InvalidInputError as error:
        yield from (placed.problem("", each.code, each.message) for each in problems_of(error))
        return
    for field, text in texts_in(placed.node.config):
        if len(text.encode()) > _MAX_TEXT:
            message = f"This text has more than {_MAX_TEXT // 1000} kB. Keep it in a document or a file."
            yield placed.problem(field, "too_large", message)


def _body(placed: Placed, limits: Limits) -> Iterator[Problem]:
    body, kind = placed.node.body, placed.node.type
    if kind in _CONTAINERS and (body is None or not body.nodes):
        message = f"A {kind} needs a body: nodes of its own under `nodes`, and `edges` between them."
        yield placed.problem("nodes", "body_missing", message)
    elif body is not None and placed.level.depth + 2 > limits.depth:
        message = f"This body is deeper than `limits.depth` allows, {limits.depth}. Raise it, or nest less."
        yield placed.problem("nodes", "too_deep", message)


def _layout(definition: WorkflowDefinition, nodes: Mapping[str, str]) -> Iterator[Problem]:
    for name, (x, y) in definition.layout.items():
        yield from _within(f"layout.{name}", x, -_MAX_PLACE, _MAX_PLACE)
        yield from _within(f"layout.{name}", y, -_MAX_PLACE, _MAX_PLACE)
        if name not in nodes:
            message = f"There is no node {shown(name)} to show here.{meant(name, nodes)}"
            yield Problem("", f"layout.{name}", "unknown_node", message, "warning")
