"""The words of the agent engine: statuses, steps, tools as they are declared, questions to people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import ToolSpec
from liteagent.contracts.runs import RunStatus, Safety

__all__ = ["AgentStatus", "AgentStep", "HumanContactRequest", "StepType", "ToolDefinition"]

AgentStatus: TypeAlias = RunStatus
"""An agent's turn is a run: it has the same states, and one enum means that they compare equal everywhere."""


class StepType(StrEnum):
    """What happened in one step of an agent's turn."""

    MESSAGE = "MESSAGE"
    """The user said something."""
    MODEL = "MODEL"
    """The model said something."""
    TOOL_CALL = "TOOL_CALL"
    TOOL_RESULT = "TOOL_RESULT"
    HUMAN_REQUEST = "HUMAN_REQUEST"
    HUMAN_ANSWER = "HUMAN_ANSWER"
    ERROR = "ERROR"
    """The turn failed."""


@dataclass(frozen=True, slots=True)
class AgentStep:
    """One line of what an agent did, for display.

    Attributes:
        index: From 0.
        content: Text, arguments or result, cut to a line or two.
        name: The tool's, for the steps of a tool.
    """

    index: int
    type: StepType
    content: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ToolDefinition:
    """A tool as it is declared: plain data that a run pins. What it does is a `Tool`'s.

    Attributes:
        description: In plain language: what it does and when to use it.
        parameters: JSON Schema of type object.
        effect: What may be done about a call whose outcome a crash has hidden.
        approval: Whether a person has to approve each call before it is made.
    """

    name: str
    description: str
    parameters: JsonObject
    effect: Safety = Safety.UNSAFE
    approval: bool = False

    @property
    def spec(self) -> ToolSpec:
        """The tool as a model sees it."""
        return ToolSpec(self.name, self.description, self.parameters)


@dataclass(frozen=True, slots=True)
class HumanContactRequest:
    """A question that waits for a person.

    Attributes:
        request_id: Unique in the run; an answer names it.
        options: Answers to offer; a person may say something else.
        context: What the person should know to answer.
    """

    request_id: str
    question: str
    options: tuple[str, ...] = ()
    context: str = ""
