"""A workflow as a document and back: plain data, YAML, JSON. The way there and back loses nothing."""

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NoReturn, cast

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.document_reader import ARROW, SECTIONS, VERSION, node_keys, read_definition
from liteagent.engine.workflow.plain_data import MAX_CHARACTERS, MAX_INTEGER, plain
from liteagent.engine.workflow.problems import Places, Problem, invalid, node_of, placed, problems_of
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import (
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    RetryPolicy,
)

__all__ = ["from_document", "from_json", "from_yaml", "places_of", "to_document", "to_json", "to_yaml"]

_MAX_DIGITS = 400
_EXACT = 2**53


def to_document(definition: WorkflowDefinition) -> dict[str, JsonValue]:
    """The canonical document: JSON-ready, keys in their order, usual values left out.

    Raises:
        InvalidInputError: Something in it cannot be written down: a config that is no JSON, an id twice.
    """
    document: dict[str, JsonValue] = {
        "liteagent": VERSION,
        "id": definition.id,
        "name": definition.name,
        "description": definition.description,
        "inputs": {name: _input(each) for name, each in definition.inputs.items()},
        "limits": _changed(definition.limits, Limits()),
        **_graph(definition.graph, ""),
        "layout": {name: [_tidy(x), _tidy(y)] for name, (x, y) in definition.layout.items()},
    }
    kept = {key: document[key] for key in SECTIONS if key in {"liteagent", "id", "nodes"} or document[key]}
    return cast("dict[str, JsonValue]", plain(kept))


def from_document(data: object) -> WorkflowDefinition:
    """The definition that a document's data holds; it is not validated beyond its shape.

    Raises:
        InvalidInputError: `workflow_invalid`: the shape is wrong; `details["problems"]` names each place.
    """
    return read_definition(data)


def to_yaml(definition: WorkflowDefinition) -> str:
    """The canonical YAML text.

    Raises:
        InvalidInputError: See `to_document`.
    """
    from liteagent.engine.workflow.yaml_document import write_yaml

    return write_yaml(to_document(definition))


def from_yaml(text: str) -> WorkflowDefinition:
    """The definition that a YAML text holds.

    Raises:
        InvalidInputError: `workflow_unreadable` for what is no such YAML, with line and column;
            `workflow_invalid` for a wrong shape, each problem with its line.
    """
    from liteagent.engine.workflow.yaml_document import read_yaml

    data, places = read_yaml(text)
    try:
        return read_definition(data)
    except InvalidInputError as error:
        raise invalid([placed(each, places) for each in problems_of(error)]) from None


def places_of(text: str) -> Places:
    """Where the fields of a YAML text stand, for problems that are found later.

    Raises:
        InvalidInputError: See `from_yaml`.
    """
    from liteagent.engine.workflow.yaml_document import read_yaml

    return read_yaml(text).places


def to_json(definition: WorkflowDefinition) -> str:
    """The canonical JSON text, indented.

    Raises:
        InvalidInputError: See `to_document`.
    """
    return json.dumps(to_document(definition), ensure_ascii=False, indent=2) + "\n"


def from_json(text: str) -> WorkflowDefinition:
    """The definition that a JSON text holds.

    Raises:
        InvalidInputError: `workflow_unreadable` for what is no JSON or repeats a key; else see
            `from_document`.
    """
    if len(text) > MAX_CHARACTERS:
        _refuse(f"The document is longer than {MAX_CHARACTERS:,} characters. Keep data in files of its own.")
    try:
        data = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_integer,
            parse_constant=lambda word: _refuse(f"{word} is no JSON number. Give a finite one."),
        )
    except json.JSONDecodeError as error:
        reason = f"this is no JSON: {error.msg}."
        place = {"line": error.lineno, "column": error.colno, "reason": reason}
        _refuse(f"line {error.lineno}, column {error.colno}: {reason}", place)
    except RecursionError:
        _refuse("The document nests too deep. Make it flatter.")
    return read_definition(data)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))
        _refuse(f"The key {twice[:80]!a} is there twice in one object. Remove one of the two.")
    return found


def _integer(literal: str) -> int:
    if len(literal) > _MAX_DIGITS or abs(int(literal)) > MAX_INTEGER:
        _refuse(f"The integer {literal[:20]}… needs more than 64 bits. Put it in quotes.")
    return int(literal)


def _refuse(message: str, details: Mapping[str, int | str] | None = None) -> NoReturn:
    raise InvalidInputError(message, code="workflow_unreadable", details=details)


def _input(definition: InputDefinition) -> JsonValue:
    changed = _changed(definition, InputDefinition(type=""))
    return definition.type if changed.keys() == {"type"} else changed


def _graph(graph: Graph, place: str) -> JsonObject:
    nodes: dict[str, JsonValue] = {}
    for each in graph.nodes:
        field = f"{place}nodes.{each.id}"
        if each.id in nodes:
            _cannot(field, "duplicate_id", f"The id {each.id!r} is there twice. Rename one of the two.")
        nodes[each.id] = _node(each, field)
    edges = [_edge(each, place) for each in graph.edges]
    return {"nodes": nodes, "edges": edges}


def _node(node: NodeDefinition, field: str) -> JsonObject:
    own = node_keys(node.type)
    if node.timeout is not None and "timeout" not in own:
        message = f"A {node.type} node keeps its `timeout` in its config. Move it there."
        _cannot(f"{field}.timeout", "reserved_key", message)
    for key in sorted(node.config.keys() & own):
        _cannot(
            f"{field}.{key}", "reserved_key", f"The config key {key!r} is a key of every node. Rename it."
        )
    written: dict[str, JsonValue] = {"type": node.type, **node.config}
    if retry := _changed(node.retry, RetryPolicy()):
        written["retry"] = retry
    if node.timeout is not None:
        written["timeout"] = _tidy(node.timeout)
    if node.default is not None:
        written["default"] = node.default.value
    if node.body is not None:
        body = _graph(node.body, f"{field}.")
        written |= body if body["edges"] else {"nodes": body["nodes"]}
    return written


def _edge(edge: Edge, place: str) -> JsonValue:
    way = f"{edge.source} {ARROW} {edge.target}"
    if [each.strip() for each in way.split(ARROW)] != [edge.source, edge.target] or not edge.source:
        _cannot(
            f"{place}edges",
            "bad_edge",
            f"The edge from {edge.source!a} to {edge.target!a} has no way to write.",
        )
    match edge.label:
        case None:
            return way
        case "true" | "false":
            return {way: edge.label == "true"}
        case _:
            return {way: edge.label}


def _changed(value: Any, usual: Any) -> dict[str, JsonValue]:
    """The fields of a dataclass that differ from the usual ones."""
    names = [each.name for each in fields(value)]
    return {
        name: _tidy(getattr(value, name)) for name in names if getattr(value, name) != getattr(usual, name)
    }


def _tidy(value: Any) -> JsonValue:
    """Whole numbers of seconds and pixels without a point."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT
    return int(value) if whole else value


def _cannot(field: str, code: str, message: str) -> NoReturn:
    raise invalid([Problem(node_of(field), field, code, message)])
