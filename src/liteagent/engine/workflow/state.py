"""A workflow and the state of one of its runs: immutable values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, cast

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import RunStatus
from liteagent.engine.workflow.graph import CompiledGraph
from liteagent.engine.workflow.types import (
    Edge,
    Graph,
    InputDefinition,
    Limits,
    NodeDefinition,
    NodeExecution,
    NodeStatus,
)

__all__ = [
    "Arrival",
    "Body",
    "Frame",
    "Nested",
    "Ready",
    "Waiting",
    "WorkflowDefinition",
    "WorkflowState",
]

_new: Callable[[type[Any], tuple[Any, ...]], Any] = cast("Any", tuple).__new__


@dataclass(frozen=True, slots=True)
class WorkflowDefinition:
    """A flow as it is written down: what builder, YAML and canvas have in common.

    Attributes:
        id: Its slug.
        layout: Where the canvas shows nodes: id -> (x, y).
        functions: Python functions of its `function` nodes, by node id; they are in no document.
    """

    id: str
    name: str = ""
    description: str = ""
    inputs: Mapping[str, InputDefinition] = field(default_factory=dict[str, InputDefinition])
    graph: Graph = field(default_factory=Graph)
    limits: Limits = field(default_factory=Limits)
    layout: Mapping[str, tuple[float, float]] = field(default_factory=dict[str, "tuple[float, float]"])
    functions: Mapping[str, Callable[..., Any]] = field(
        default_factory=dict[str, Callable[..., Any]], compare=False, repr=False
    )

    @property
    def nodes(self) -> tuple[NodeDefinition, ...]:
        """The nodes of the outermost level."""
        return self.graph.nodes

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges of the outermost level."""
        return self.graph.edges


class Ready(NamedTuple):
    """A node whose ways in are settled, and that is to begin or has its effect in flight.

    Attributes:
        frame: Key of its frame.
        node: Its id.
        sources: The nodes that led here, in the order they ended.
        attempt: Which try it is, from 1.
        first: Seq of the first try's request, whose idempotency key all tries share; 0 until that has failed.
        hooked: Whether what is hooked in before it was called already.
    """

    frame: str
    node: str
    sources: tuple[str, ...]
    attempt: int = 1
    first: int = 0
    hooked: bool = False


class Waiting(NamedTuple):
    """A node that waits: `why` is human, timer or retry.

    `answer` is `(value,)` once a person has answered; `until` is in seconds since the epoch; `first` is as in
    `Ready`.
    """

    frame: str
    node: str
    sources: tuple[str, ...]
    attempt: int
    why: str
    until: float | None = None
    answer: tuple[JsonValue, ...] | None = None
    first: int = 0


class Nested(NamedTuple):
    """A node that is a run of its own; `state` is its program's."""

    frame: str
    node: str
    sources: tuple[str, ...]
    attempt: int
    state: Any


class Body(NamedTuple):
    """A container at work. `open` is how many passes are under way; `end` says how it came to its end."""

    frame: str
    node: str
    sources: tuple[str, ...]
    attempt: int
    progress: JsonObject
    open: int = 0
    output: JsonObject | None = None
    error: JsonObject | None = None


class Arrival(NamedTuple):
    """How many ways into a node are settled, and by which nodes they were taken."""

    settled: int
    sources: tuple[str, ...]


class Frame(NamedTuple):
    """A level at work: the whole flow, or one pass through a body.

    Attributes:
        key: "" for the outermost one, `each/2/` for a pass through a body.
        parent: Key of the frame around it; None for the outermost one.
        container: Id of the container in the parent.
        place: Which pass it is, from 0.
        names: What the scope has besides: `item`, `index`, …
        errors: Of failed nodes whose failure was caught.
        error: What failed the frame.
        outputs: Of finished nodes, in the order they ended.
        arrivals: Of nodes with several ways in, while not all are settled.
        busy: Nodes of this frame that are ready, in flight, waiting or at work inside.
        last: The node that ended last.
    """

    graph: CompiledGraph
    key: str = ""
    parent: str | None = None
    container: str = ""
    place: int = 0
    names: JsonObject = {}  # noqa: RUF012  nobody changes a Mapping
    errors: Mapping[str, JsonObject] = {}
    error: JsonObject | None = None
    outputs: Mapping[str, JsonValue] = {}
    arrivals: Mapping[str, Arrival] = {}
    busy: int = 0
    last: str = ""

    def moved(
        self, outputs: Mapping[str, JsonValue], arrivals: Mapping[str, Arrival], busy: int, last: str
    ) -> "Frame":
        """The frame with its last four fields changed: what `_replace` does, in a fifth of the time."""
        return _new(Frame, (*self[:8], outputs, arrivals, busy, last))


class WorkflowState(NamedTuple):
    """One run of a workflow, complete: the next step needs nothing else.

    Attributes:
        vars: Variables that `assign` nodes set.
        outputs: What the run ended with.
        error: Why it failed, as `LiteAgentError.to_json` writes it.
        usage: What model calls consumed, and `cost` in US dollars where prices are known.
        waiting, nested, bodies: Nodes at work without an effect of their own, by path.
        seq: How many events were folded; the next one has the number above.
        now: When the newest event that tells the time happened, in seconds since the epoch.
        steps: Nodes begun or finished so far.
        frames: Levels at work, by key.
        ready: Nodes to begin.
        active: Effects in flight, by the seq of their request.
    """

    workflow: WorkflowDefinition
    run_id: str = ""
    status: RunStatus = RunStatus.PENDING
    started_at: float = 0.0
    inputs: JsonObject = {}  # noqa: RUF012  nobody changes a Mapping
    vars: JsonObject = {}  # noqa: RUF012  nobody changes a Mapping
    outputs: JsonObject = {}  # noqa: RUF012  nobody changes a Mapping
    error: JsonObject | None = None
    usage: JsonObject = {}  # noqa: RUF012  nobody changes a Mapping
    waiting: Mapping[str, Waiting] = {}
    nested: Mapping[str, Nested] = {}
    bodies: Mapping[str, Body] = {}
    seq: int = 0
    now: float = 0.0
    steps: int = 0
    frames: Mapping[str, Frame] = {}
    ready: tuple[Ready, ...] = ()
    active: Mapping[int, Ready] = {}

    def moved(
        self,
        seq: int,
        now: float,
        steps: int,
        frames: Mapping[str, Frame],
        ready: tuple[Ready, ...],
        active: Mapping[int, Ready],
    ) -> "WorkflowState":
        """The state with its last six fields changed: what `_replace` does, in a fifth of the time."""
        return _new(WorkflowState, (*self[:12], seq, now, steps, frames, ready, active))

    @property
    def executions(self) -> Mapping[str, NodeExecution]:
        """How each node of the frames at work stands, by path."""
        found: dict[str, NodeExecution] = {}
        for frame in self.frames.values():
            for node, output in frame.outputs.items():
                path, error = frame.key + node, frame.errors.get(node)
                status = NodeStatus.FAILED if error else NodeStatus.COMPLETED
                found[path] = NodeExecution(path, status, output, error)
        for each in (*self.active.values(), *self.nested.values(), *self.bodies.values()):
            found[each.frame + each.node] = NodeExecution(each.frame + each.node, NodeStatus.RUNNING)
        for path in self.waiting:
            found[path] = NodeExecution(path, NodeStatus.WAITING)
        return found

    @property
    def node_outputs(self) -> Mapping[str, JsonValue]:
        """Outputs of the outermost level's finished nodes, in the order they ended."""
        return self.frames[""].outputs if "" in self.frames else {}
