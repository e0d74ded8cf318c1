"""Whether a workflow can be run: all that can be known without running, importing or connecting anything."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from pydantic import ValidationError

from liteagent.contracts.errors import ConfigurationError, InvalidInputError, LiteAgentError, NotFoundError
from liteagent.engine.workflow.bindings import Bindings
from liteagent.engine.workflow.config import Config
from liteagent.engine.workflow.graph import KindSource
from liteagent.engine.workflow.handler import BodyHandler, Compiling, Handler, NodeKind
from liteagent.engine.workflow.levels import Level, Placed, levels
from liteagent.engine.workflow.problems import MAX_PROBLEMS, Problem, Severity, invalid, meant, shown
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.shapes import shape_problems
from liteagent.engine.workflow.state import WorkflowDefinition
from liteagent.engine.workflow.structure import structure_problems
from liteagent.engine.workflow.types import ERROR, Edge, Graph, NodeDefinition, NodeType

__all__ = ["Known", "Problem", "check", "validate"]

_UNFIT = frozenset({"not_json", "too_deep", "too_large", "body_missing"})
_ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True)
class Known:
    """What there is outside of the flow, by name; None where that is not known, and then not checked.

    Attributes:
        agents: Slugs and ids that an `agent` node may name.
        tools: What a `tool` node may call.
        datasources: Names and ids that a `retrieve` or `document` node may name.
    """

    agents: Collection[str] | None = None
    tools: Collection[str] | None = None
    datasources: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """A node as far as it could be made."""

    placed: Placed
    kind: NodeKind
    config: Config
    handler: Handler | None


def check(
    definition: WorkflowDefinition,
    kinds: KindSource,
    *,
    workflows: Mapping[str, Graph] | None = None,
    known: Known | None = None,
    services: Services | None = None,
) -> None:
    """Refuse a workflow that cannot be run.

    Raises:
        InvalidInputError: `workflow_invalid`; `details["problems"]` names node and field of each error.
    """
    problems = validate(definition, kinds, workflows=workflows, known=known, services=services)
    if errors := [each for each in problems if each.severity == "error"]:
        raise invalid(errors)


def validate(
    definition: WorkflowDefinition,
    kinds: KindSource,
    *,
    workflows: Mapping[str, Graph] | None = None,
    known: Known | None = None,
    services: Services | None = None,
) -> tuple[Problem, ...]:
    """Everything that is wrong with a workflow, or looks it, in the order of its document.

    Args:
        definition: The workflow.
        kinds: The node types.
        workflows: Child workflows by id and `id@version`; None leaves unchecked whether there are any.
        known: What else there is.
        services: Where plugged conditions and transformers are looked up; None leaves unchecked
            whether there are any.
    """
    structure = structure_problems(definition)
    if any(each.code in {"too_large", "too_deep"} and not each.node for each in structure):
        return structure
    return _Validation(definition, kinds, workflows, known or Known(), services).all(structure)


class _Validation:
    def __init__(
        self,
        definition: WorkflowDefinition,
        kinds: KindSource,
        workflows: Mapping[str, Graph] | None,
        known: Known,
        services: Services | None,
    ) -> None:
        self._definition = definition
        self._kinds = kinds
        self._workflows = workflows
        self._known = known
        self._services = services
        self._found: list[Problem] = []
        self._room: dict[Severity, int] = {"error": MAX_PROBLEMS, "warning": MAX_PROBLEMS}

    def all(self, structure: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """All problems, those of the structure among them."""
        self._add(structure)
        unfit = {each.node for each in structure if each.code in _UNFIT}
        placed = [
            each for level in levels(self._definition) for each in level.nodes() if each.path not in unfit
        ]
        made = list(self._all_made(placed))
        self._check_labels({each.placed.path: each for each in made})
        outputs = {each.placed.path: each.kind.output(each.config) for each in made}
        bindings = Bindings(self._definition, outputs)
        for each in made:
            if self._is_full():
                break
            if each.handler is not None:
                self._add(bindings.problems(each.placed, each.handler.names))
                self._add(shape_problems(each.placed, bindings))
            self._add(self._outside(each.placed))
        return _in_order(self._definition, self._found)

    def _all_made(self, placed: Iterable[Placed]) -> Iterator[_Made]:
        for each in placed:
            if self._is_full():
                return
            if made := self._make(each):
                yield made

    def _is_full(self) -> bool:
        return not self._room["error"]

    def _add(self, problems: Iterable[Problem]) -> None:
        """Keep problems, as far as there is room; no error is lost among warnings."""
        for each in problems:
            if self._is_full():
                return
            if self._room[each.severity]:
                self._room[each.severity] -= 1
                self._found.append(each)

    def _make(self, placed: Placed) -> _Made | None:
        kind = self._kind(placed)
        config = None if kind is None else self._config(placed, kind)
        if kind is None or config is None:
            return None
        return _Made(placed, kind, config, self._handler(placed, kind, config))

    def _kind(self, placed: Placed) -> NodeKind | None:
        name = placed.node.type
        try:
            return self._kinds(name)
        except NotFoundError:
            message = (
                f"There is no node type {shown(name)}.{meant(name, NodeType) or ' Install its package.'}"
            )
            self._add([placed.problem("type", "unknown_type", message)])
        except ConfigurationError as error:
            self._add([placed.problem("type", "not_installed", error.message)])
        return None

    def _config(self, placed: Placed, kind: NodeKind) -> Config | None:
        try:
            return kind.read(placed.node)
        except ValidationError as error:
            self._add(_misfits(placed, kind, error))
        return None

    def _handler(self, placed: Placed, kind: NodeKind, config: Config) -> Handler | None:
        compiling = Compiling(
            node=placed.node,
            services=self._services or _standing_in(placed.node),
            workflows=_any_workflow(placed.node),
            pins={},
            functions=self._definition.functions,
            depth=placed.level.depth,
        )
        try:
            handler = kind.make(config, compiling)
            self._check_body(placed, handler)
            return handler
        except InvalidInputError as error:
            place = str(error.details.get("field", ""))
            self._add([placed.problem(place, error.error_code, error.message)])
        except LiteAgentError as error:
            problem = placed.problem(str(error.details.get("field", "")), error.error_code, error.message)
            self._add([replace(problem, severity="warning")])
        return None

    def _check_body(self, placed: Placed, handler: Handler) -> None:
        container = isinstance(handler, BodyHandler) and placed.node.type != NodeType.WORKFLOW
        if placed.node.body is not None and not container:
            message = f"A {placed.node.type} node has no body. Put the nodes into a loop or iterate node."
            self._add([placed.problem("nodes", "body_unexpected", message)])

    def _check_labels(self, made: Mapping[str, _Made]) -> None:
        for level in levels(self._definition):
            ways: dict[str, list[Edge]] = {}
            for edge in level.graph.edges:
                ways.setdefault(edge.source, []).append(edge)
            for each in level.nodes():
                if each.path in made:
                    found = made[each.path]
                    labels = found.kind.labels(found.config)
                    self._add(_labels(level, each, labels, ways.get(each.node.id, [])))

    def _outside(self, placed: Placed) -> Iterator[Problem]:
        config = placed.node.config
        match placed.node.type:
            case NodeType.AGENT:
                yield from _named(placed, "agent", config.get("agent"), self._known.agents)
            case NodeType.TOOL:
                yield from _named(placed, "tool", config.get("tool"), self._known.tools)
            case NodeType.RETRIEVE | NodeType.DOCUMENT:
                for key in ("datasource", "datasources"):
                    yield from _named(placed, key, config.get(key), self._known.datasources)
            case NodeType.WORKFLOW:
                yield from self._child(placed, config.get("workflow"))
            case _:
                return

    def _child(self, placed: Placed, name: Any) -> Iterator[Problem]:
        workflows, limit = self._workflows, self._definition.limits.depth
        if workflows is None or not isinstance(name, str):
            return
        if name not in workflows and name != self._definition.id:
            message = f"There is no workflow {shown(name)}.{meant(name, workflows)}"
            yield placed.problem("workflow", "unknown_workflow", message)
            return
        graphs = {**workflows, self._definition.id: self._definition.graph}
        if placed.level.depth + 1 + _depth(name, graphs, {}) > limit:
            message = (
                f"{shown(name)} calls workflows more than {limit} levels deep, which is `limits.depth`; one "
                "that calls itself does so without end. Raise the limit, or call fewer."
            )
            yield placed.problem("workflow", "too_deep", message)


def _standing_in(node: NodeDefinition) -> Services:
    """Services that have whatever condition or transformer the node names."""
    condition, transformer = node.config.get("condition"), node.config.get("transformer")
    return Services(
        conditions={condition: _nothing} if isinstance(condition, str) else {},
        transformers={transformer: _nothing} if isinstance(transformer, str) else {},
    )


def _nothing(*_positional: Any, **_named: Any) -> None:
    """What stands in for a function that is named and may be there."""


def _any_workflow(node: NodeDefinition) -> Mapping[str, Graph]:
    """Whatever workflow the node names; whether there is one is looked up elsewhere."""
    name = node.config.get("workflow")
    return {name: Graph()} if isinstance(name, str) else {}


def _depth(name: str, workflows: Mapping[str, Graph], found: dict[str, int]) -> int:
    """Levels of child workflows and bodies under a workflow; more than any limit where it has no end."""
    if name not in found:
        found[name] = _ENDLESS
        graph = workflows.get(name, Graph())
        found[name] = 1 + _graph_depth(graph, workflows, found)
    return found[name]


def _graph_depth(graph: Graph, workflows: Mapping[str, Graph], found: dict[str, int]) -> int:
    deepest = 0
    for node in graph.nodes:
        child = node.config.get("workflow")
        if node.type == NodeType.WORKFLOW and isinstance(child, str):
            deepest = max(deepest, _depth(child, workflows, found))
        if node.body is not None:
            deepest = max(deepest, 1 + _graph_depth(node.body, workflows, found))
    return deepest


def _named(placed: Placed, key: str, value: Any, known: Collection[str] | None) -> Iterator[Problem]:
    names = cast("list[Any]", value if isinstance(value, list) else [value])
    for name in names:
        if known is not None and isinstance(name, str) and "{{" not in name and name not in known:
            message = f"There is no {key.removesuffix('s')} {shown(name)}.{meant(name, known)}"
            yield placed.problem(key, f"unknown_{key.removesuffix('s')}", message)


def _labels(level: Level, placed: Placed, labels: tuple[str, ...], edges: list[Edge]) -> Iterator[Problem]:
    field, node = f"{level.field}edges", placed.path
    for edge in edges:
        if edge.label is None or edge.label in {*labels, ERROR}:
            continue
        way = shown(f"{edge.source} -> {edge.target}: {edge.label}")
        if labels:
            fix = meant(edge.label, [*labels, ERROR])
            message = f"{node!a} never ends with {shown(edge.label)}, so {way} is never taken.{fix}"
        else:
            message = f"{node!a} has no outcomes to choose from. Remove the label of {way}."
        yield Problem(node, field, "unknown_label", message)
    taken = {edge.label for edge in edges}
    if taken and (missing := [each for each in labels if each not in taken and None not in taken]):
        words = ", ".join(missing[:5])
        message = (
            f"Nothing follows when {node!a} ends with {words}. Add an edge with the label, or one without."
        )
        yield Problem(node, field, "branch_missing", message, "warning")


def _misfits(placed: Placed, kind: NodeKind, error: ValidationError) -> Iterator[Problem]:
    fields = [each.alias or name for name, each in kind.config.model_fields.items()]
    for each in error.errors(include_url=False, include_context=False):
        place = ".".join(str(part) for part in each["loc"])
        message = _message(each["type"], each["msg"], place, fields, each["input"])
        yield placed.problem(place, _code(each["type"]), message)


def _code(kind: str) -> str:
    return {"extra_forbidden": "unknown_field", "missing": "missing"}.get(kind, "bad_value")


def _message(kind: str, said: str, place: str, fields: list[str], value: Any) -> str:
    match kind:
        case "extra_forbidden":
            return f"There is no field {shown(place)} here.{meant(place, fields) if '.' not in place else ''}"
        case "missing":
            return f"The field {place} is missing. Add it."
        case "value_error":
            text = said.removeprefix("Value error, ").rstrip(".")
            return f"{text[:1].upper()}{text[1:]}."
        case _:
            return f"{said}, and this is {shown(value)}."


def _in_order(definition: WorkflowDefinition, problems: list[Problem]) -> tuple[Problem, ...]:
    """The problems in the order of the document; those of one field as they were found."""
    ranks = {"": 0, "id": 0, "inputs": 1, "limits": 2, "nodes": 3}
    _rank(definition.graph, "", ranks)
    ranks["layout"] = len(ranks) + 1

    def rank(problem: Problem) -> int:
        parts = problem.field.split(".")
        for length in range(len(parts), 0, -1):
            if (found := ranks.get(".".join(parts[:length]))) is not None:
                return found
        return 0

    return tuple(sorted(dict.fromkeys(problems), key=rank))


def _rank(graph: Graph, field: str, ranks: dict[str, int]) -> None:
    for node in graph.nodes:
        place = f"{field}nodes.{node.id}"
        ranks[place] = len(ranks)
        if node.body is not None:
            _rank(node.body, f"{place}.", ranks)
    ranks[f"{field}edges"] = len(ranks)
