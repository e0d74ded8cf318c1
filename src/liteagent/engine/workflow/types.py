"""The words of a workflow: nodes, edges, policies, and how far a node has come."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import RunStatus

__all__ = [
    "ERROR",
    "Default",
    "Edge",
    "Graph",
    "InputDefinition",
    "Limits",
    "NodeDefinition",
    "NodeExecution",
    "NodeStatus",
    "NodeType",
    "RetryPolicy",
    "WorkflowStatus",
]

WorkflowStatus: TypeAlias = RunStatus

ERROR = "error"
"""The label of the edge that is taken when its node has failed for good."""


class NodeType(StrEnum):
    """The built-in node types. `function` is the one that only Python can write."""

    START = "start"
    END = "end"
    ANSWER = "answer"
    AGENT = "agent"
    LLM = "llm"
    CONDITION = "condition"
    SWITCH = "switch"
    TRANSFORM = "transform"
    CODE = "code"
    TEMPLATE = "template"
    HUMAN = "human"
    RETRIEVE = "retrieve"
    HTTP = "http"
    TOOL = "tool"
    CLASSIFY = "classify"
    EXTRACT = "extract"
    ASSIGN = "assign"
    AGGREGATE = "aggregate"
    LIST = "list"
    DOCUMENT = "document"
    ITERATE = "iterate"
    LOOP = "loop"
    WORKFLOW = "workflow"
    WAIT = "wait"
    FUNCTION = "function"


class NodeStatus(StrEnum):
    """How far a node has come."""

    RUNNING = "RUNNING"
    WAITING = "WAITING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Edge:
    """A way from one node to another.

    Attributes:
        label: Taken only when the source ends with this label; None is taken whatever the outcome, except
            a failure, which takes `error` edges only.
    """

    source: str
    target: str
    label: str | None = None


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a failed node is tried again.

    Attributes:
        attempts: Tries in all, at least 1.
        delay: Seconds before the second try.
        factor: Each further wait is this many times longer.
        max_delay: Seconds; no wait is longer.
    """

    attempts: int = 1
    delay: float = 1.0
    factor: float = 2.0
    max_delay: float = 60.0

    def wait(self, attempt: int) -> float:
        """Seconds to wait after try number `attempt`, from 1, has failed."""
        return min(self.delay * self.factor ** (attempt - 1), self.max_delay)


@dataclass(frozen=True, slots=True)
class Default:
    """The output of a node that has failed for good and has no `error` edge."""

    value: JsonValue


@dataclass(frozen=True, slots=True)
class NodeDefinition:
    """A node as it is written down.

    Attributes:
        id: Unique in the document; an identifier, since expressions name it.
        config: What its type says it takes; checked by the type.
        timeout: Seconds for one try; None has no limit of its own.
        body: The nested graph of a `loop` or `iterate`.
    """

    id: str
    type: str
    config: JsonObject = field(default_factory=dict[str, Any])
    retry: RetryPolicy = RetryPolicy()
    timeout: float | None = None
    default: Default | None = None
    body: "Graph | None" = None


@dataclass(frozen=True, slots=True)
class Graph:
    """Nodes in the order written, and the edges between them."""

    nodes: tuple[NodeDefinition, ...] = ()
    edges: tuple[Edge, ...] = ()

    def node(self, node_id: str) -> NodeDefinition | None:
        """The node of that id on this level."""
        return next((each for each in self.nodes if each.id == node_id), None)


@dataclass(frozen=True, slots=True)
class InputDefinition:
    """A value that a run is started with.

    Attributes:
        type: string, number, integer, boolean, object, array or any.
        required: Whether a start without it is refused.
        default: What a start without it gets.
        options: The only values allowed, where not empty.
    """

    type: str = "any"
    required: bool = False
    default: JsonValue = None
    description: str = ""
    options: tuple[JsonValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """What a run may use before it is failed.

    Attributes:
        steps: Nodes begun or finished without an effect, nested ones included.
        seconds: From start to end, waits included.
        depth: Levels of bodies and child workflows inside one another.
        cost: US dollars, of the calls whose price is known.
    """

    steps: int = 10_000
    seconds: float | None = None
    depth: int = 10
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class NodeExecution:
    """How one node of a run stands; `node` is its path, `each/2/classify` inside a body."""

    node: str
    status: NodeStatus
    output: JsonValue = None
    error: Mapping[str, Any] | None = None
