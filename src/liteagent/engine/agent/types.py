"""The words of the agent engine: statuses, steps, tools as they are declared, questions to people."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from liteagent.contracts.runs import RunStatus
from liteagent.contracts.tools import ToolDefinition

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
