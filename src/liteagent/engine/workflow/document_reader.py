"""From a document's data to a definition; everything that has the wrong shape is reported at once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.engine.workflow.plain_data import MAX_EDGES, MAX_NODES, plain
from liteagent.engine.workflow.problems import MAX_PROBLEMS, Problem, invalid, meant, node_of, shown
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import (
    Default,
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    NodeType,
    RetryPolicy,
)

__all__ = ["ARROW", "SECTIONS", "VERSION", "node_keys", "read_definition"]

VERSION = 1
ARROW = "->"
SECTIONS = ("liteagent", "id", "name", "description", "inputs", "limits", "nodes", "edges", "layout")
"""The keys of a document, in their order."""

_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "an integer",
    str: "a text",
    dict: "an object",
    list: "a list",
}

_NODE_KEYS = frozenset({"type", "retry", "timeout", "default", "nodes", "edges"})

T = TypeVar("T")


def node_keys(kind: str) -> frozenset[str]:
    """The keys of a node that are not its config. How long a person has is config; all others' is a try's."""
    return _NODE_KEYS - {"timeout"} if kind == NodeType.HUMAN else _NODE_KEYS


def read_definition(data: object) -> WorkflowDefinition:
    """The definition that a document holds.

    Raises:
        InvalidInputError: Its shape is wrong; the problems name each place.
    """
    reader = _Reader()
    found = reader.definition(plain(data))
    if reader.problems:
        raise invalid(reader.problems)
    return found


class _Reader:
    """Reads leniently and keeps what was wrong, so that all of it can be told."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._nodes = 0
        self._edges = 0

    def definition(self, data: JsonValue) -> WorkflowDefinition:
        if not isinstance(data, dict):
            message = (
                f"A flow is an object that begins with `liteagent: {VERSION}`, and this is {_kind(data)}."
            )
            raise invalid([Problem("", "", "wrong_type", message)])
        document = cast("JsonObject", data)
        self._keys(document, SECTIONS, "")
        self._version(document)
        return WorkflowDefinition(
            id=self._id(document),
            name=self._value(document, "name", str, "", ""),
            description=self._value(document, "description", str, "", ""),
            inputs=dict(self._inputs(document)),
            graph=self._graph(document, ""),
            limits=self._limits(document),
            layout=dict(self._layout(document)),
        )

    def _version(self, document: JsonObject) -> None:
        version = document.get("liteagent")
        if version is None:
            self._add("liteagent", "missing", f"The version is missing. Write `liteagent: {VERSION}` first.")
        elif version is True or version != VERSION:
            message = f"This version of LiteAgent reads `liteagent: {VERSION}`, and this is {shown(version)}."
            self._add("liteagent", "wrong_version", message)

    def _id(self, document: JsonObject) -> str:
        if "id" not in document:
            self._add("id", "missing", "The flow has no id. Give it one, like `id: triage`.")
        return self._value(document, "id", str, "", "")

    def _inputs(self, document: JsonObject) -> Iterator[tuple[str, InputDefinition]]:
        for name, value in self._object(document, "inputs", "").items():
            place = f"inputs.{name}"
            written = {"type": value} if isinstance(value, str) else self._as_object(value, place)
            self._keys(written, ("type", "required", "default", "description", "options"), place)
            yield (
                name,
                InputDefinition(
                    type=self._value(written, "type", str, "any", place),
                    required=self._value(written, "required", bool, False, place),
                    default=written.get("default"),
                    description=self._value(written, "description", str, "", place),
                    options=tuple(self._list(written, "options", place)),
                ),
            )

    def _limits(self, document: JsonObject) -> Limits:
        written, usual = self._object(document, "limits", ""), Limits()
        self._keys(written, ("steps", "seconds", "depth", "cost"), "limits")
        return Limits(
            steps=self._value(written, "steps", int, usual.steps, "limits"),
            seconds=self._number(written, "seconds", "limits"),
            depth=self._value(written, "depth", int, usual.depth, "limits"),
            cost=self._number(written, "cost", "limits"),
        )

    def _layout(self, document: JsonObject) -> Iterator[tuple[str, tuple[float, float]]]:
        for name, value in self._object(document, "layout", "").items():
            match value:
                case [int() | float() as x, int() | float() as y]:
                    yield name, (float(x), float(y))
                case _:
                    self._add(f"layout.{name}", "wrong_type", "A place is a list of two numbers: [x, y].")

    def _graph(self, written: JsonObject, place: str) -> Graph:
        nodes = self._object(written, "nodes", place)
        edges = self._list(written, "edges", place)
        self._count(len(nodes), _inner(place, "nodes"))
        return Graph(
            tuple(self._node(name, value, _inner(place, f"nodes.{name}")) for name, value in nodes.items()),
            tuple(self._all_edges(edges, _inner(place, "edges"))),
        )

    def _count(self, nodes: int, place: str) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            message = f"The flow has more than {MAX_NODES:,} nodes. Move parts of it into flows of their own."
            raise invalid([Problem(node_of(place), place, "too_large", message)])

    def _node(self, name: str, value: JsonValue, place: str) -> NodeDefinition:
        written = self._as_object(value, place)
        if "type" not in written and isinstance(value, dict):
            self._add(f"{place}.type", "missing", f"The node has no type. Write {name}: {{type: …}}.")
        body = self._graph(written, place) if written.keys() & {"nodes", "edges"} else None
        kind = self._value(written, "type", str, "", place)
        own = node_keys(kind)
        return NodeDefinition(
            id=name,
            type=kind,
            config={key: each for key, each in written.items() if key not in own},
            retry=self._retry(written, place),
            timeout=self._number(written, "timeout", place) if "timeout" in own else None,
            default=Default(written["default"]) if "default" in written else None,
            body=body,
        )

    def _retry(self, node: JsonObject, around: str) -> RetryPolicy:
        written, usual, place = self._object(node, "retry", around), RetryPolicy(), f"{around}.retry"
        self._keys(written, ("attempts", "delay", "factor", "max_delay"), place)
        return RetryPolicy(
            attempts=self._value(written, "attempts", int, usual.attempts, place),
            delay=self._number(written, "delay", place, usual.delay),
            factor=self._number(written, "factor", place, usual.factor),
            max_delay=self._number(written, "max_delay", place, usual.max_delay),
        )

    def _all_edges(self, written: Sequence[JsonValue], place: str) -> Iterator[Edge]:
        for index, each in enumerate(written):
            for edge in self._edges_of(each, f"{place}.{index}"):
                self._edges += 1
                if self._edges > MAX_EDGES:
                    message = (
                        f"The flow has more than {MAX_EDGES:,} edges. Move parts of it into other flows."
                    )
                    raise invalid([Problem(node_of(place), place, "too_large", message)])
                yield edge

    def _edges_of(self, written: JsonValue, place: str) -> Iterator[Edge]:
        match written:
            case str():
                yield from self._chain(written, None, place)
            case dict() if written:
                for way, label in cast("JsonObject", written).items():
                    yield from self._chain(way, self._label(way, label, place), place)
            case _:
                message = f"An edge is `a -> b`, or `a -> b: label`, and this is {_kind(written)}."
                self._add(place, "wrong_type", message)

    def _chain(self, way: str, label: str | None, place: str) -> Iterator[Edge]:
        ids = [each.strip() for each in way.split(ARROW)]
        if len(ids) < 2 or not all(ids):
            self._add(place, "bad_edge", f"An edge is written `a -> b`, and this is {shown(way)}.")
        elif label is not None and len(ids) > 2:
            message = (
                f"Which edge of {shown(way)} has the label? Write the one that has it on a line of its own."
            )
            self._add(place, "bad_edge", message)
        else:
            yield from (Edge(source, target, label) for source, target in pairwise(ids))

    def _label(self, way: str, label: JsonValue, place: str) -> str | None:
        match label:
            case bool():
                return "true" if label else "false"
            case int():
                return str(label)
            case str() if label:
                return label
            case _:
                message = (
                    f"The label of {shown(way)} is {shown(label)}. Give a text in quotes, or write no colon."
                )
                self._add(place, "bad_label", message)
                return None

    def _keys(self, written: JsonObject, known: Sequence[str], place: str) -> None:
        for key in written:
            if key not in known:
                message = f"There is no key {shown(key)} here.{meant(key, known)}"
                self._add(_inner(place, key), "unknown_key", message)

    def _value(self, written: JsonObject, key: str, kind: type[T], usual: T, around: str) -> T:
        value = written.get(key, usual)
        if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
            return value
        quotes = " Put it in quotes." if kind is str and isinstance(value, int | float) else ""
        message = f"This is {_NAMES[kind]}, and {shown(value)} is none.{quotes}"
        self._add(_inner(around, key), "wrong_type", message)
        return usual

    def _number(self, written: JsonObject, key: str, around: str, usual: Any = None) -> Any:
        value = written.get(key, usual)
        if value is None and usual is None:
            return None
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        self._add(_inner(around, key), "wrong_type", f"This is a number, and {shown(value)} is none.")
        return usual

    def _object(self, written: JsonObject, key: str, around: str) -> JsonObject:
        return self._as_object(written.get(key, {}), _inner(around, key))

    def _as_object(self, value: JsonValue, place: str) -> JsonObject:
        if isinstance(value, dict):
            return cast("JsonObject", value)
        self._add(place, "wrong_type", f"This is an object, and {_kind(value)} stands here.")
        return {}

    def _list(self, written: JsonObject, key: str, around: str) -> Sequence[JsonValue]:
        value = written.get(key, [])
        if isinstance(value, list):
            return value
        self._add(_inner(around, key), "wrong_type", f"This is a list, and {_kind(value)} stands here.")
        return []

    def _add(self, field: str, code: str, message: str) -> None:
        self.problems.append(Problem(node_of(field), field, code, message))
        if len(self.problems) >= MAX_PROBLEMS:
            raise invalid(self.problems)


def _inner(place: str, key: str) -> str:
    return f"{place}.{key}" if place else key


def _kind(value: JsonValue) -> str:
    match value:
        case None:
            return "nothing"
        case Mapping():
            return "an object"
        case list() | tuple():
            return "a list"
        case _:
            return shown(value)
