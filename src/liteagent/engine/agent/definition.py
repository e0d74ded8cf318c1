"""What an agent is, as plain data: a run pins it, and two engines with the same one decide alike."""

from dataclasses import dataclass, field

from liteagent.contracts.errors import InvalidInputError
from liteagent.engine.agent.memory import Memory, TokenLimitedMemory
from liteagent.engine.agent.prompts import Prompts
from liteagent.engine.agent.types import ToolDefinition

__all__ = ["AgentDefinition"]


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

    Raises:
        InvalidInputError: A limit is below 1, or two tools have one name.
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

    def __post_init__(self) -> None:
        for limit in ("max_steps", "max_tool_calls", "max_failures", "max_error_chars", "max_result_chars"):
            if getattr(self, limit) < 1:
                raise InvalidInputError(f"{limit} is {getattr(self, limit)}; give at least 1.")
        names = [tool.name for tool in self.tools]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise InvalidInputError(f"Two tools are called {twice[0]!r}; rename one of them.")

    def tool(self, name: str) -> ToolDefinition | None:
        """The tool of that name."""
        return next((tool for tool in self.tools if tool.name == name), None)
