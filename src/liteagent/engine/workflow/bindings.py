"""What nodes read: whether it is there when they run, and whether it has the shape they expect."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from liteagent.contracts.json import JsonObject
from liteagent.engine.workflow.handler import Names
from liteagent.engine.workflow.levels import Level, Placed, levels
from liteagent.engine.workflow.plain_data import texts_in
from liteagent.engine.workflow.problems import Problem, Severity, meant
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.types import ERROR, Edge, InputDefinition, NodeType
from liteagent.engine.workflow.wiring import targets_of

__all__ = ["Bindings", "mismatch"]

_WARNED = 50
_RUN = ("id", "started_at")
_BODY = {"item": "an iterate node", "index": "a loop or iterate node", "last": "a loop node"}
_GIVEN: Mapping[str, frozenset[str]] = {
    NodeType.ITERATE: frozenset({"item", "index"}),
    NodeType.LOOP: frozenset({"index", "last"}),
}
_FACES = ("output", "error")
_PLAIN_TYPES = {
    "string": "a text",
    "number": "a number",
    "integer": "a number",
    "boolean": "true or false",
    "array": "a list",
    "null": "null",
}


def _no_outputs() -> dict[str, JsonObject]:
    return {}


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the nodes of a workflow may read.

    Attributes:
        outputs: JSON Schema of each node's output, by path.
    """

    definition: WorkflowDefinition
    outputs: Mapping[str, JsonObject] = field(default_factory=_no_outputs)
    _before: dict[str, Mapping[str, frozenset[str]] | None] = field(
        default_factory=dict[str, "Mapping[str, frozenset[str]] | None"]
    )
    _places: dict[str, str] = field(default_factory=dict[str, str])
    _assigned: set[str] = field(default_factory=set[str])
    _warned: set[str] = field(default_factory=set[str])

    def __post_init__(self) -> None:
        for level in levels(self.definition):
            self._before[level.path] = _ancestors(level)
            for each in level.nodes():
                self._places.setdefault(each.node.id, each.path)
                if each.node.type == NodeType.ASSIGN:
                    self._assigned.update(_assigned(each.node.config))

    def problems(self, placed: Placed, names: Names) -> Iterator[Problem]:
        """What is wrong with the names that a node reads."""
        for name in sorted(names):
            yield from self._name(placed, name)

    def schema(self, placed: Placed, name: Sequence[str]) -> JsonObject:
        """What is known of a name that `placed` reads; empty where that is nothing."""
        root, *path = name
        match root:
            case "inputs":
                return self._input_schema(path)
            case "output":
                source = _only_source(placed)
                return _inside(self.outputs.get(source, {}), path) if source else {}
            case _ if path[:1] == ["output"]:
                return _inside(self.outputs.get(self._places.get(root, ""), {}), path[1:])
            case _:
                return {}

    def _name(self, placed: Placed, name: tuple[str, ...]) -> Iterator[Problem]:
        root, path = name[0], name[1:]
        match root:
            case "output" | "input":
                pass
            case "inputs":
                yield from self._input(placed, name, path)
            case "vars":
                yield from self._variable(placed, name, path)
            case "run":
                if path and path[0] not in _RUN:
                    yield _unbound(placed, name, f"A run has {' and '.join(_RUN)}, and no {path[0]!r}.")
            case "secrets":
                message = (
                    f"{_dotted(name)} is not there: flows have no secrets of their own. "
                    "Keep the key in a provider or a tool, and name that."
                )
                yield _unbound(placed, name, message)
            case _ if root in _BODY:
                if root not in _body_names(placed):
                    message = f"{root!r} is there only in the body of {_BODY[root]}."
                    yield _unbound(placed, name, message)
            case _:
                yield from self._node(placed, name)
        yield from self._shape(placed, name)

    def _input(self, placed: Placed, name: tuple[str, ...], path: tuple[str, ...]) -> Iterator[Problem]:
        inputs = self.definition.inputs
        if path and path[0] not in inputs:
            message = f"There is no input {path[0]!r}. Declare it under `inputs`.{meant(path[0], inputs)}"
            yield _unbound(placed, name, message)

    def _variable(self, placed: Placed, name: tuple[str, ...], path: tuple[str, ...]) -> Iterator[Problem]:
        unknown = path and path[0] not in self._assigned | self._warned
        if unknown and len(self._warned) < _WARNED:
            self._warned.add(path[0])
            message = (
                f"No assign node sets the variable {path[0]!r}. Set it before it is read."
                f"{meant(path[0], self._assigned) if self._assigned else ''}"
            )
            yield _unbound(placed, name, message, "warning")

    def _node(self, placed: Placed, name: tuple[str, ...]) -> Iterator[Problem]:
        root, visible = name[0], self._visible(placed)
        if visible is None:
            return
        if root in visible:
            if len(name) > 1 and name[1] not in _FACES:
                rest = ".".join(("output", *name[1:]))
                message = f"A node is read by its output. Write {root}.{rest} instead of {_dotted(name)}."
                yield _unbound(placed, name, message)
        elif root not in self._places:
            known = [*visible, "inputs", "output", "vars", "run"]
            message = f"There is nothing called {root!r} to read.{meant(root, known)}"
            yield _unbound(placed, name, message)
        else:
            yield _unbound(placed, name, self._too_early(placed, root))

    def _too_early(self, placed: Placed, root: str) -> str:
        if root == placed.node.id:
            return (
                f"{root!r} reads its own output, which is not there before it has run. Read another node's."
            )
        path = self._places[root]
        container = path.rpartition("/")[0]
        if container and not placed.path.startswith(f"{container}/"):
            return (
                f"{root!r} stands inside {container!r} and is not seen from outside. "
                f"Read {container.rpartition('/')[2]}.output."
            )
        return (
            f"{root!r} cannot have run before {placed.node.id!r}. Lead an edge from it, or read another node."
        )

    def _visible(self, placed: Placed) -> frozenset[str] | None:
        """Nodes that may have run before; None where circles make that unknown."""
        found: frozenset[str] = frozenset()
        at: Placed | None = placed
        while at is not None:
            before = self._before[at.level.path]
            if before is None:
                return None
            found |= before[at.node.id]
            at = at.level.around
        return found

    def _shape(self, placed: Placed, name: tuple[str, ...]) -> Iterator[Problem]:
        for end in range(1, len(name)):
            if wrong := mismatch(self.schema(placed, name[:end]), name[end]):
                message = f"{_dotted(name[:end])} {wrong}"
                yield placed.problem(_field(placed, name), "type_mismatch", message)
                return

    def _input_schema(self, path: Sequence[str]) -> JsonObject:
        if not path:
            return {}
        definition = self.definition.inputs.get(path[0], InputDefinition())
        return {} if len(path) > 1 or definition.type == "any" else {"type": definition.type}


def mismatch(schema: JsonObject, key: str) -> str:
    """What is wrong with reading `key` of a value of this schema; empty where nothing is."""
    kind = schema.get("type")
    if isinstance(kind, str) and kind in _PLAIN_TYPES:
        return (
            f"is {_PLAIN_TYPES[kind]} and has no {key!r}. Read it whole, or have its node put out an object."
        )
    properties = schema.get("properties")
    if schema.get("additionalProperties") is False and isinstance(properties, Mapping):
        known = cast("Mapping[str, Any]", properties)
        return "" if key in known else f"has no {key!r}.{meant(key, known)}"
    return ""


def _body_names(placed: Placed) -> frozenset[str]:
    """What the bodies around a node give it; a plugged container may give all of it."""
    found: frozenset[str] = frozenset()
    around = placed.level.around
    while around is not None:
        found |= _GIVEN.get(around.node.type, frozenset(_BODY))
        around = around.level.around
    return found


def _inside(schema: JsonObject, path: Sequence[str]) -> JsonObject:
    for key in path:
        properties = schema.get("properties")
        inner = properties.get(key) if isinstance(properties, Mapping) else None
        if not isinstance(inner, Mapping):
            return {}
        schema = cast("JsonObject", inner)
    return schema


def _only_source(placed: Placed) -> str:
    """The path of the node before, where it is always the same and has not failed."""
    ways: list[Edge] = [each for each in placed.level.graph.edges if each.target == placed.node.id]
    return f"{placed.level.path}{ways[0].source}" if len(ways) == 1 and ways[0].label != ERROR else ""


def _ancestors(level: Level) -> Mapping[str, frozenset[str]] | None:
    """The nodes of a level from which each one is reached; None where the edges lead in a circle."""
    targets = targets_of(level.graph)
    ways_in = dict.fromkeys(targets, 0)
    for reached in targets.values():
        for each in reached:
            ways_in[each] += 1
    found: dict[str, frozenset[str]] = dict.fromkeys(targets, frozenset())
    ready = [each for each, ways in ways_in.items() if not ways]
    for each in ready:
        for target in targets[each]:
            found[target] |= found[each] | {each}
            ways_in[target] -= 1
            if not ways_in[target]:
                ready.append(target)
    return found if len(ready) == len(targets) else None


def _assigned(config: JsonObject) -> Iterator[str]:
    """The variables that an assign node changes."""
    for how in ("set", "append"):
        values = config.get(how)
        if isinstance(values, Mapping):
            yield from values


def _dotted(name: Sequence[str]) -> str:
    return ".".join(name)


def _field(placed: Placed, name: tuple[str, ...]) -> str:
    """The field of the config in which a name is written."""
    for length in range(len(name), 0, -1):
        written = _dotted(name[:length])
        for place, text in texts_in(placed.node.config):
            if written in text:
                return place
    return ""


def _unbound(placed: Placed, name: tuple[str, ...], message: str, severity: Severity = "error") -> Problem:
    return Problem(
        placed.path,
        f"{placed.field}.{_field(placed, name)}".removesuffix("."),
        "unbound_variable",
        message,
        severity,
    )
