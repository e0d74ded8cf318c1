"""The socket for tools: something that a model can have done, and where sets of them come from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Protocol, TypeAlias

from liteagent.contracts.clock import Clock
from liteagent.contracts.documents import Passage
from liteagent.contracts.fetch import Fetch
from liteagent.contracts.json import JsonObject, JsonValue
from liteagent.contracts.llm import ToolSpec
from liteagent.contracts.runs import Safety
from liteagent.contracts.sandbox import Sandbox

__all__ = [
    "Tool",
    "ToolContext",
    "ToolDefinition",
    "ToolFactory",
    "ToolParts",
    "ToolResult",
    "ToolSource",
    "ToolSourceConfig",
    "ToolSourceFactory",
    "ToolTrait",
]

ToolTrait: TypeAlias = Literal["untrusted_input", "private_data", "outside_effect"]
"""What a tool brings into an agent: texts that anybody may have written, data that not everybody may see, or
a way to change or tell something outside. All three in one agent are what an injected instruction needs."""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as it is declared: plain data that a run pins. What it does is a `Tool`'s.

    Attributes:
        description: In plain language: what it does and when to use it.
        parameters: JSON Schema of type object.
        effect: What may be done about a call whose outcome a crash has hidden.
        approval: Whether a person has to approve each call before it is made.
        traits: What it brings into an agent.
        reads_with: Arguments with which a call only reads, by name and as a list of values: `{"method":
            ["GET"]}`. Such a call is safe, and nobody is asked to approve it.
    """

    name: str
    description: str
    parameters: JsonObject
    effect: Safety = Safety.UNSAFE
    approval: bool = False
    traits: tuple[ToolTrait, ...] = ()
    reads_with: JsonObject = field(default_factory=dict[str, Any])

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model sees it."""
        return ToolSpec(self.name, self.description, self.parameters)

    @property
    def guarded(self) -> "ToolDefinition":
        """The same tool, where a person has to approve each and every call."""
        return replace(self, approval=True, reads_with={})

    def for_call(self, arguments: JsonValue) -> "ToolDefinition":
        """What holds for a call with these arguments; those that are no object are the whole tool's."""
        if not self.reads_with or not isinstance(arguments, dict):
            return self
        if not all(_among(arguments.get(name), values) for name, values in self.reads_with.items()):
            return self
        return replace(self, effect=Safety.SAFE, approval=False)


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call that it serves.

    Attributes:
        key: Idempotency key: the same each time this very call is repeated. Empty in a run without an id.
        attempt: 1, and one more for each repetition after a crash.
    """

    run_id: str
    workspace_id: str
    key: str
    call_id: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class ToolResult:
    """A result that is more than a value.

    Attributes:
        content: As a tool returns it: a string, or anything that JSON can express.
        passages: What a search found, best first. The engine numbers them for citation and tells them to the
            model in place of `content`; None means that the tool is no search.
        trace: How it came about, for people; the model does not see it.
    """

    content: object = None
    passages: tuple[Passage, ...] | None = None
    trace: JsonObject | None = None


class Tool(Protocol):
    """Something that a model can have done."""

    @property
    def definition(self) -> ToolDefinition:
        """What the model and the run know of it."""
        ...

    async def run(self, arguments: JsonObject, context: ToolContext) -> object:
        """Do it. A `ToolResult`, or any value that JSON can express.

        Raises:
            ToolError: The arguments do not fit, or it cannot be done.
        """
        ...


class ToolSource(Protocol):
    """A set of tools of one origin: an MCP server, an API's OpenAPI document."""

    async def tools(self) -> tuple[Tool, ...]:
        """The tools that are there now.

        Raises:
            ToolError: The origin cannot be reached or says something that cannot be used.
        """
        ...

    async def aclose(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class ToolSourceConfig:
    """What a factory needs to open a source of tools.

    Attributes:
        url: Where it is; None for one that the options describe whole.
        headers: Sent with each request; may hold secrets.
        options: What only this type of source knows. A factory refuses unknown keys.
        operator: What the operator's settings say of this type, for instance which commands may be started;
            no user can write here.
    """

    url: str | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str], repr=False)
    options: JsonObject = field(default_factory=dict[str, Any])
    operator: JsonObject = field(default_factory=dict[str, Any], repr=False)


ToolSourceFactory: TypeAlias = Callable[[ToolSourceConfig, Fetch], ToolSource]
"""Opens a source of tools, as entry points of `liteagent.toolsource` give it by type; connects nothing."""


@dataclass(frozen=True, slots=True)
class ToolParts:
    """What a built-in tool may be made of.

    Attributes:
        fetch: The only way to a URL.
        clock: Where time comes from.
        sandbox: None where there is none; a tool that needs it then says so when it is called.
    """

    fetch: Fetch
    clock: Clock
    sandbox: Sandbox | None = None


ToolFactory: TypeAlias = Callable[[ToolParts], Tool]
"""Makes a tool that every workspace has, as entry points of `liteagent.tool` give it by the tool's name."""


def _among(value: JsonValue, values: JsonValue) -> bool:
    return isinstance(values, Sequence) and not isinstance(values, str) and value in values
