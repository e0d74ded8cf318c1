"""What a node type brings: a typed config, and a handler made from it for each node.

A handler is one of six kinds, told apart by its base class here. Handlers keep nothing between calls.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias

import orjson

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.runs import Safety
from liteagent.contracts.values import value
from liteagent.engine.runs.protocol import Program
from liteagent.engine.workflow.services import Services
from liteagent.engine.workflow.types import Graph, NodeDefinition

if TYPE_CHECKING:
    from liteagent.engine.workflow.config import Config

__all__ = [
    "BodyHandler",
    "BodyStep",
    "Compiling",
    "EffectHandler",
    "Handler",
    "HumanHandler",
    "Iteration",
    "IterationResult",
    "Names",
    "NodeContext",
    "NodeKind",
    "Outcome",
    "ProgramHandler",
    "PureHandler",
    "Scope",
    "WaitHandler",
]

Scope: TypeAlias = Mapping[str, JsonValue]
"""What expressions see: `inputs`, `output`, `vars`, `run`, `<node>.output`; a body's `item`, `index`…"""

Names: TypeAlias = frozenset[tuple[str, ...]]
"""Dotted names that a node reads, as tuples: `("classify", "output", "text")`."""

_ConfigModel: TypeAlias = "type[Config]"


@value
class Outcome:
    """What a node came to.

    Attributes:
        output: Its output; JSON.
        label: Which labelled edges are taken; None takes only those without a label.
        assign: Changes of the run's variables: `{"set": {name: value}, "append": {name: value}}`.
        detail: What it did, for people who look at the run (a rendered request); no secrets.
        usage: Tokens and cost, as `contracts.llm.Usage` dumps, with `cost` in US dollars where known.
    """

    output: JsonValue = None
    label: str | None = None
    assign: JsonObject | None = None
    detail: JsonObject | None = None
    usage: JsonObject | None = None


@value
class NodeContext:
    """What an effect node knows besides its scope.

    Attributes:
        node: Its path.
        key: Idempotency key, `run_id:seq`: the same for every try of one node, since a try that failed may
            have been done.
        emit: Hands out live text.
    """

    run_id: str
    workspace_id: str
    node: str
    key: str
    attempt: int
    emit: Callable[[str], None]


class Handler:
    """A node ready to run.

    Attributes:
        names: What it reads from the scope.
    """

    names: Names = frozenset()


class PureHandler(Handler, ABC):
    """A node that computes its output from the scope alone. It costs no commit."""

    @abstractmethod
    def evaluate(self, scope: Scope) -> Outcome:
        """The outcome.

        Raises:
            LiteAgentError: The node fails with it.
        """


class EffectHandler(Handler, ABC):
    """A node that does something outside. `safety` says what may be done about it after a crash."""

    safety: Safety = Safety.UNSAFE

    @abstractmethod
    async def perform(self, scope: Scope, context: NodeContext) -> Outcome:
        """Do it. What it needs from outside it was given when it was made.

        Raises:
            LiteAgentError: The node fails with it.
        """


class WaitHandler(Handler, ABC):
    """A node that waits for a moment; nothing is held meanwhile."""

    @abstractmethod
    def until(self, scope: Scope, now: float) -> float:
        """The moment, in seconds since the epoch.

        Raises:
            LiteAgentError: The node fails with it.
        """

    @abstractmethod
    def over(self, until: float) -> Outcome:
        """The outcome once the moment, in seconds since the epoch, has come."""


class HumanHandler(Handler, ABC):
    """A node that asks a person; nothing is held meanwhile."""

    @abstractmethod
    def ask(self, scope: Scope, now: float) -> JsonObject:
        """The question: `{question, options?, form?, who?, until?, context?}`.

        `until` is in seconds since the epoch.

        Raises:
            LiteAgentError: The node fails with it.
        """

    @abstractmethod
    def answered(self, answer: JsonValue) -> Outcome:
        """The outcome of an answer."""

    @abstractmethod
    def expired(self) -> Outcome:
        """The outcome when nobody has answered in time.

        Raises:
            LiteAgentError: The node fails with it.
        """


class ProgramHandler(Handler, ABC):
    """A node that is a run of its own inside the run: an agent's turn. Its events carry the node's path."""

    @abstractmethod
    def program(self) -> Program[Any]:
        """Reducer and performers; always equal for one node of one run."""

    @abstractmethod
    def start(self, scope: Scope) -> JsonObject:
        """The payload of the `run.started` that the program begins with.

        Raises:
            LiteAgentError: The node fails with it.
        """

    @abstractmethod
    def outcome(self, outputs: JsonObject, usage: JsonObject | None) -> Outcome:
        """The outcome, from what the program finished with."""


@dataclass(frozen=True, slots=True)
class Iteration:
    """A pass through a body that is to begin.

    Attributes:
        names: What the scope has in it besides: `item`, `index`, …; `inputs` for a child workflow.
    """

    index: int
    names: JsonObject = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True)
class IterationResult:
    """How a pass through a body ended: with an output, or with an error that nothing in it caught."""

    index: int
    output: JsonValue = None
    error: JsonObject | None = None


@dataclass(frozen=True, slots=True)
class BodyStep:
    """What a body does next: begin passes, or, with an outcome or an error, end.

    Attributes:
        progress: What the handler wants back at the next call; JSON.
    """

    progress: JsonObject
    begin: Sequence[Iteration] = ()
    outcome: Outcome | None = None
    error: LiteAgentError | None = None


class BodyHandler(Handler, ABC):
    """A node with a graph inside.

    Attributes:
        isolated: Whether the body sees nothing of what is around it (a child workflow).
    """

    isolated: bool = False

    @abstractmethod
    def body(self) -> Graph:
        """The nested graph."""

    @abstractmethod
    def enter(self, scope: Scope) -> JsonObject:
        """What the body works on, to be kept in the journal and handed to `begin`.

        Raises:
            LiteAgentError: The node fails with it.
        """

    @abstractmethod
    def begin(self, entered: JsonObject) -> BodyStep:
        """The first passes, or at once the end."""

    @abstractmethod
    def ended(self, progress: JsonObject, result: IterationResult, scope: Scope) -> BodyStep:
        """A pass has ended: what next. `scope` is the body's, with what the pass has left behind.

        Raises:
            LiteAgentError: The node fails with it.
        """


@dataclass(frozen=True, slots=True)
class Compiling:
    """What nodes are given to be made from.

    Attributes:
        node: The definition.
        services: Sockets of the outside.
        workflows: Child workflows by id or `id@version`, pinned by the run.
        pins: What the run has pinned for this node, by the node's id (an agent's definition).
        functions: Python functions of `function` nodes, by node id.
        depth: Levels of bodies around the node.
    """

    node: NodeDefinition
    services: Services
    workflows: Mapping[str, Graph]
    pins: Mapping[str, JsonValue]
    functions: Mapping[str, Callable[..., Any]]
    depth: int = 0


def _no_labels(_config: Any) -> tuple[str, ...]:
    return ()


def _any_output(_config: Any) -> JsonObject:
    return {}


@dataclass(frozen=True, slots=True)
class NodeKind:
    """A node type, as entry points of `liteagent.node` name it.

    Attributes:
        type: Its name in documents.
        summary: One sentence for people.
        config: The model of its config; its JSON Schema drives forms.
        make: Makes the handler of one node; raises InvalidInputError with `details["field"]` for a config
            that the model accepts and the node cannot use (an expression that does not parse).
        labels: The outcomes that edges out of such a node may name besides `error`.
        output: JSON Schema of the output; empty where nothing is known.
        group: Where the canvas shows it: flow, model, data, outside, people.
    """

    BUILT_IN: ClassVar[str] = "liteagent.node"

    type: str
    summary: str
    config: _ConfigModel
    make: Callable[[Any, Compiling], Handler]
    labels: Callable[[Any], tuple[str, ...]] = _no_labels
    output: Callable[[Any], JsonObject] = _any_output
    group: str = "flow"

    def read(self, node: NodeDefinition) -> "Config":
        """The node's config, checked.

        Raises:
            ValueError: It does not fit (pydantic's ValidationError, which is one).
        """
        return self.config.model_validate_json(orjson.dumps(node.config))
