"""A graph compiled for running: handlers made, edges looked up, ways in counted."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, TypeAlias

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json import JsonValue
from liteagent.contracts.runs import Effect, Safety
from liteagent.engine.runs.protocol import Perform
from liteagent.engine.workflow.handler import (
    BodyHandler,
    Compiling,
    EffectHandler,
    Handler,
    HumanHandler,
    NodeKind,
    ProgramHandler,
    PureHandler,
    WaitHandler,
)
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.types import ERROR, Graph, NodeDefinition

__all__ = ["CompiledGraph", "CompiledNode", "KindSource", "Materials", "Mode", "compile_graph"]

KindSource: TypeAlias = Callable[[str], NodeKind]
"""The kind of that name; raises NotFoundError."""


class Mode(Enum):
    """How a node is carried out."""

    PURE = "pure"
    EFFECT = "effect"
    WAIT = "wait"
    HUMAN = "human"
    PROGRAM = "program"
    BODY = "body"


_MAX_DEPTH = 32


def _never(_type: str) -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Materials:
    """What graphs are compiled from: see `Compiling`. `hooked` says which types somebody has hooked into."""

    kinds: KindSource
    services: Services = field(default_factory=Services)
    workflows: Mapping[str, Graph] = field(default_factory=dict[str, Graph])
    pins: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    functions: Mapping[str, Callable[..., Any]] = field(default_factory=dict[str, Callable[..., Any]])
    hooked: Callable[[str], bool] = _never


@dataclass(slots=True, eq=False, repr=False)
class CompiledNode:
    """A node with its handler.

    Attributes:
        mode: How it is carried out; a pure node that is hooked into is an effect.
        safety: Of its effect.
        ways: Edges out, as (label, target).
        ways_in: How many edges lead here.
        catches: Whether an `error` edge leads out.
        hooked: Whether hooks are to be called around it although it has no effect of its own.
        performs: Whether its handler has an effect of its own.
        alone: The decision to begin it and nothing else, where it is an effect of the outermost level.
        following: The one node that always comes next and waits for nobody else, where there is one.
        body: The compiled body of a container, made when it is first entered.
    """

    definition: NodeDefinition
    kind: NodeKind
    handler: Handler
    mode: Mode
    safety: Safety
    ways: tuple[tuple[str | None, str], ...]
    ways_in: int
    catches: bool
    hooked: bool
    following: str | None
    performs: bool
    alone: Perform | None
    _materials: Materials
    _depth: int
    _body: "CompiledGraph | None" = None

    @property
    def body(self) -> "CompiledGraph":
        """The compiled body of a container."""
        if self._body is None:
            assert isinstance(self.handler, BodyHandler)
            self._body = compile_graph(self.handler.body(), self._materials, self._depth + 1)
        return self._body


@dataclass(slots=True, eq=False, repr=False)
class CompiledGraph:
    """A level of a workflow. `entries` are the nodes that no edge leads to."""

    nodes: Mapping[str, CompiledNode]
    entries: tuple[str, ...]


def compile_graph(graph: Graph, materials: Materials, depth: int = 0) -> CompiledGraph:
    """Make the handlers of a graph.

    Raises:
        InvalidInputError: A node cannot be made; the document should have been validated.
        NotFoundError: A node type is not installed.
    """
    if depth > _MAX_DEPTH:
        raise InvalidInputError(f"Bodies and child workflows nest deeper than {_MAX_DEPTH} levels.")
    nodes = {each.id: _compile(each, graph, materials, depth) for each in graph.nodes}
    entries = tuple(each.definition.id for each in nodes.values() if each.ways_in == 0)
    return CompiledGraph(nodes, entries)


def _compile(node: NodeDefinition, graph: Graph, materials: Materials, depth: int) -> CompiledNode:
    kind = materials.kinds(node.type)
    compiling = Compiling(
        node, materials.services, materials.workflows, materials.pins, materials.functions, depth
    )
    ways = tuple((edge.label, edge.target) for edge in graph.edges if edge.source == node.id)
    ways_in = Counter(edge.target for edge in graph.edges)
    handler = kind.make(kind.read(node), compiling)
    mode = _mode(handler)
    hooked = materials.hooked(node.type)
    mode = Mode.EFFECT if mode is Mode.PURE and hooked else mode
    safety = handler.safety if isinstance(handler, EffectHandler) else Safety.SAFE
    performs = isinstance(handler, EffectHandler)
    effect = Effect("node", {"node": node.id}, safety, "started", light=not performs)
    return CompiledNode(
        definition=node,
        kind=kind,
        handler=handler,
        mode=mode,
        safety=safety,
        ways=ways,
        ways_in=ways_in[node.id],
        catches=any(label == ERROR for label, _ in ways),
        hooked=hooked and mode is not Mode.EFFECT,
        following=_following(ways, ways_in),
        performs=performs,
        alone=Perform((effect,)) if mode is Mode.EFFECT and depth == 0 else None,
        _materials=_inner(materials, node),
        _depth=depth,
    )


def _following(ways: tuple[tuple[str | None, str], ...], ways_in: Mapping[str, int]) -> str | None:
    if len(ways) == 1 and ways[0][0] is None and ways_in[ways[0][1]] == 1:
        return ways[0][1]
    return None


_MODES: tuple[tuple[type[Handler], Mode], ...] = (
    (PureHandler, Mode.PURE),
    (EffectHandler, Mode.EFFECT),
    (WaitHandler, Mode.WAIT),
    (HumanHandler, Mode.HUMAN),
    (ProgramHandler, Mode.PROGRAM),
    (BodyHandler, Mode.BODY),
)


def _mode(handler: Handler) -> Mode:
    return next(mode for base, mode in _MODES if isinstance(handler, base))


def _inner(materials: Materials, node: NodeDefinition) -> Materials:
    """A child workflow's nodes have pins of their own, under the node that calls it."""
    pinned = materials.pins.get(node.id)
    inner = pinned.get("nodes") if node.type == "workflow" and isinstance(pinned, Mapping) else None
    return replace(materials, pins=inner) if isinstance(inner, Mapping) else materials
