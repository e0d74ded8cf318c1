"""What nodes reach outside through. Every socket may be missing: its nodes then say what to configure."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias, TypeVar

from liteagent.contracts.documents import Passage
from liteagent.contracts.errors import ConfigurationError
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.llm import LLM
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import Sandbox
from liteagent.engine.runs.protocol import Program

__all__ = [
    "DocumentText",
    "NodeFunction",
    "NodeTool",
    "OpenAgent",
    "OpenModel",
    "OpenTool",
    "Retrieve",
    "Services",
]

T = TypeVar("T")

OpenModel: TypeAlias = Callable[[JsonValue], LLM]
"""The model that a pin stands for; None is the default one."""

OpenAgent: TypeAlias = Callable[[JsonValue], Program[Any]]
"""The program of one turn of the agent that a pin stands for."""

NodeFunction: TypeAlias = Callable[..., JsonValue | Awaitable[JsonValue]]
"""A condition `(scope) -> bool` or a transformer `(value, **arguments) -> value`, sync or async."""


class Retrieve(Protocol):
    """Searches data sources."""

    async def __call__(self, datasource_ids: Sequence[str], query: str, top_k: int) -> Sequence[Passage]:
        """The best passages, best first."""
        ...


class DocumentText(Protocol):
    """Reads the text of stored documents."""

    async def __call__(self, datasource_id: str, document_id: str) -> str:
        """The text.

        Raises:
            NotFoundError: There is no such document.
        """
        ...


class NodeTool(Protocol):
    """A tool that a `tool` node calls."""

    @property
    def safety(self) -> Safety:
        """What may be done about a call after a crash."""
        ...

    async def __call__(self, arguments: JsonObject, key: str) -> JsonValue:
        """Call it; `key` is the idempotency key.

        Raises:
            ToolError: It could not do what was asked.
        """
        ...


OpenTool: TypeAlias = Callable[[JsonValue], NodeTool]
"""The tool that a pin stands for."""


@dataclass(frozen=True, slots=True)
class Services:
    """The sockets of one run. `conditions` and `transformers` are the plugged ones, by name.

    Attributes:
        tools: Those that a node may call by name alone.
        tool: Opens one that was pinned for a node.
    """

    fetch: Fetch | None = None
    sandbox: Sandbox | None = None
    model: OpenModel | None = None
    agent: OpenAgent | None = None
    retrieve: Retrieve | None = None
    document: DocumentText | None = None
    tools: Mapping[str, NodeTool] = field(default_factory=lambda: MappingProxyType({}))
    tool: OpenTool | None = None
    conditions: Mapping[str, NodeFunction] = field(default_factory=lambda: MappingProxyType({}))
    transformers: Mapping[str, NodeFunction] = field(default_factory=lambda: MappingProxyType({}))

    @staticmethod
    def required(socket: T | None, what: str, remedy: str) -> T:
        """`socket`, where there is one.

        Raises:
            ConfigurationError: There is none: `what` is not configured, and `remedy` says what to do.
        """
        if socket is None:
            raise ConfigurationError(f"No {what} configured. {remedy}")
        return socket
