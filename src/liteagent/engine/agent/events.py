"""What the events of an agent's turn carry: the payload in the journal is the `dump` of one of these.

- run.started: {inputs: `TurnInputs`, definition: `AgentDefinition`}
- model.requested: {step}; model.completed: `ModelAnswer`; model.failed: `Failure`
- tool.requested: `ToolRequest`; tool.completed: `ToolAnswer`; tool.failed: `Failure`
- human.requested: `HumanContactRequest`; human.answered: {request_id, answer}
- run.completed: {outputs: {message, finish_reason, retrieval?}, usage}
- run.failed: {outputs: {partial?}, error, usage?}; run.cancelled: {partial?}
"""

from dataclasses import dataclass, field

from liteagent.contracts.documents import Passage
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import Usage
from liteagent.contracts.messages import Message

__all__ = ["Failure", "ModelAnswer", "ToolAnswer", "ToolRequest", "TurnInputs"]


@dataclass(frozen=True, slots=True)
class TurnInputs:
    """What a turn starts from.

    Attributes:
        message: What the user says.
        history: What was said in earlier turns, oldest first. Only what users and the agent said to each
            other is taken from it; tool calls and their results are not.
    """

    message: str
    history: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The model answered; `cost` is in US dollars, None where no price is known."""

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = "stop"
    model: str = ""
    reasoning: str = ""
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """An effect failed; `partial` is the text that had arrived by then."""

    error: JsonObject
    partial: str = ""


@dataclass(frozen=True, slots=True)
class ToolRequest:
    """A tool is to be called; `arguments` is the model's own JSON text."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """A tool did what it was asked.

    Attributes:
        passages: What a search found; None for any other tool.
        trace: How the search went.
    """

    call_id: str
    content: str = ""
    passages: tuple[Passage, ...] | None = None
    trace: JsonObject | None = None
