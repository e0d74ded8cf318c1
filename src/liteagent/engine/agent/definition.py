"""What an agent is, as plain data: a run pins it, and two engines with the same one decide alike."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from liteagent.contracts.errors import InvalidInputError
from liteagent.contracts.json_schema import JsonSchema
from liteagent.contracts.llm import OutputSchema, ReasoningEffort
from liteagent.contracts.runs import Safety
from liteagent.engine.agent.guards import Guards
from liteagent.engine.agent.memory import Memory, TokenLimitedMemory
from liteagent.engine.agent.prefetch import Prefetch
from liteagent.engine.agent.prompts import Prompts
from liteagent.engine.agent.subagents import MAX_DEPTH, asking_tool, check_name, handing_tool, tool_name
from liteagent.engine.agent.types import ToolDefinition

__all__ = ["AgentDefinition", "SubAgent"]

_COUNTS = ("max_steps", "max_tool_calls", "max_failures", "max_error_chars", "max_result_chars")
_BUDGETS = ("max_tokens", "max_cost", "max_seconds", "context_window")


@dataclass(frozen=True, slots=True)
class SubAgent:
    """Another agent that an agent may reach, as it was pinned with it.

    Attributes:
        name: What the model calls it by: letters, digits, `_` and `-`.
        description: When to turn to it, in plain language.
        hand_off: Whether it takes the conversation over, instead of answering a task.
    """

    name: str
    definition: "AgentDefinition"
    description: str = ""
    hand_off: bool = False

    @property
    def tool_name(self) -> str:
        """What the tool is called with which the model reaches it."""
        return tool_name(self.name, hand_off=self.hand_off)

    @property
    def tool(self) -> ToolDefinition:
        """How the model reaches it."""
        make = handing_tool if self.hand_off else asking_tool
        return make(self.name, self.description)


@dataclass(frozen=True, slots=True)
class AgentDefinition:
    """An agent without its model and without the code of its tools; `contracts.json` dumps and loads it.

    Attributes:
        purpose: What this agent is for, in plain language; becomes the body of its system prompt.
        memory: What of a long conversation goes into a request.
        max_steps: Model calls in one turn.
        max_tool_calls: Tool calls in one turn.
        max_failures: Model answers in a row whose every tool call may fail before the model gets one last
            call, to answer without tools.
        max_error_chars: A failed call is told to the model in at most this many characters.
        max_result_chars: A tool's result is cut to this many characters.
        temperature: None leaves it to the provider.
        max_output_tokens: None leaves it to the provider.
        output_schema: The shape of its answers: JSON, checked when it arrives. None takes any text.
        client_tools: Tools of whoever started the turn. A call of one ends the turn; its result comes back as
            history of the next.
        prefetch: Calls made at the beginning of each turn.
        agents: Other agents that it may ask, or hand over to.
        guards: What its texts are watched for.
        max_tokens: Tokens that the model calls of one turn may read and write; None is no limit. What is over
            is noticed after the call that exceeds it; so with the next two.
        max_cost: US dollars of one turn. A model without a known price cannot keep to one.
        max_seconds: Seconds of work in one turn; waiting for people does not count.
        context_window: What the model can read at once, in tokens; None is unknown.
        tool_choice: `auto`, `none`, `required`, or the name of the tool that is to be called first.
        parallel_tools, reasoning_effort, top_p, stop: As in `LLMRequest`.

    Raises:
        InvalidInputError: A limit is of no use, two tools have one name, the schema cannot be checked, a
            prefetched tool is not safe, or agents stand more than four deep.
    """

    name: str = "Assistant"
    purpose: str = ""
    tools: tuple[ToolDefinition, ...] = ()
    prompts: Prompts = field(default_factory=Prompts)
    memory: Memory = field(default_factory=TokenLimitedMemory)
    max_steps: int = 10
    max_tool_calls: int = 50
    max_failures: int = 3
    max_error_chars: int = 400
    max_result_chars: int = 16_000
    temperature: float | None = None
    max_output_tokens: int | None = None
    output_schema: OutputSchema | None = None
    client_tools: tuple[ToolDefinition, ...] = ()
    prefetch: tuple[Prefetch, ...] = ()
    agents: tuple[SubAgent, ...] = ()
    guards: Guards = field(default_factory=Guards)
    max_tokens: int | None = None
    max_cost: float | None = None
    max_seconds: float | None = None
    context_window: int | None = None
    tool_choice: str = "auto"
    parallel_tools: bool = True
    reasoning_effort: ReasoningEffort | None = None
    top_p: float | None = None
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for limit in _COUNTS:
            if getattr(self, limit) < 1:
                raise InvalidInputError(f"{limit} is {getattr(self, limit)}; give at least 1.")
        for budget in _BUDGETS:
            value = getattr(self, budget)
            if value is not None and value <= 0:
                raise InvalidInputError(f"{budget} is {value}; give more than 0, or None for no limit.")
        self._check_names()
        self._check_prefetch()
        if self.output_schema is not None:
            JsonSchema(self.output_schema.schema, "output_schema")
        if self.depth > MAX_DEPTH:
            raise InvalidInputError(
                f"These agents stand {self.depth} deep; {MAX_DEPTH} is the most. Let one of them do without."
            )

    @property
    def offered(self) -> tuple[ToolDefinition, ...]:
        """All that the model is told it can call: own tools, other agents, the client's tools."""
        return (*self.tools, *(each.tool for each in self.agents), *self.client_tools)

    @property
    def depth(self) -> int:
        """How many agents stand under each other, this one among them."""
        return 1 + max((each.definition.depth for each in self.agents), default=0)

    def tool(self, name: str) -> ToolDefinition | None:
        """Its own tool of that name."""
        return next((tool for tool in self.tools if tool.name == name), None)

    def agent(self, tool: str) -> SubAgent | None:
        """The agent that is reached by the tool of that name."""
        return next((each for each in self.agents if each.tool_name == tool), None)

    def member(self, name: str) -> SubAgent | None:
        """The agent of that name."""
        return next((each for each in self.agents if each.name == name), None)

    def is_client_tool(self, name: str) -> bool:
        """Whether a tool belongs to whoever started the turn."""
        return any(tool.name == name for tool in self.client_tools)

    def _check_names(self) -> None:
        for each in self.agents:
            check_name(each.name)
        names = [tool.name for tool in self.offered]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidInputError(f"Two tools are called {twice[0]!r}; rename one of them.")
        if self.tool_choice not in ("auto", "none", "required", *names):
            raise InvalidInputError(
                f"tool_choice names {self.tool_choice!r}, which is no tool of this agent."
            )

    def _check_prefetch(self) -> None:
        for problem in self._unfetchable():
            raise InvalidInputError(f"{problem} Prefetch only safe tools of the agent without approval.")

    def _unfetchable(self) -> Iterator[str]:
        for each in self.prefetch:
            tool = self.tool(each.tool)
            if tool is None:
                yield f"There is no tool {each.tool!r} to prefetch."
            elif tool.effect is not Safety.SAFE or tool.approval:
                yield f"The tool {each.tool!r} cannot be prefetched."
