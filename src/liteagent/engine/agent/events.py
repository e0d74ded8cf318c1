"""What the events of an agent's turn carry: the payload in the journal is the `dump` of one of these.

- run.started: {inputs: `TurnInputs`, definition: `AgentDefinition`}
- model.requested: {step}; model.completed: `ModelAnswer`; model.failed: `Failure`
- tool.requested: `ToolRequest`; tool.completed: `ToolAnswer`; tool.failed: `Failure`
- human.requested: `HumanContactRequest`; human.answered: {request_id, answer}
- summary.requested: {covered}; summary.completed: `SummaryMade`; summary.failed: `Failure`
- guard.requested: {stage}; guard.completed: `Verdict`; guard.failed: `Failure`
- injection.flagged: `Flag`; answer.rejected: {problem}
- agent.started: {call_id, name, inputs}; agent.completed: {call_id, outputs, usage, cost}; agent.failed:
  {call_id, error, usage, cost}; agent.handed_off: {call_id, name}
- Every event of an agent that was asked carries `agent`, the ids of the calls that lead to it: `c1`, `c1/c7`.
- run.completed: {outputs: {message, finish_reason, output?, retrieval?, injection?, tool_results?}, usage}
- run.failed: {outputs: {partial?}, error, usage?}; run.cancelled: {partial?}
"""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from liteagent.contracts.documents import Passage
from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import Usage
from liteagent.contracts.messages import Image, Message

__all__ = [
    "Failure",
    "Flag",
    "FlagSource",
    "ModelAnswer",
    "Origin",
    "SummaryMade",
    "ToolAnswer",
    "ToolRequest",
    "TurnInputs",
    "Verdict",
]

Origin: TypeAlias = Literal["chat", "webhook", "schedule", "api", "mcp"]
"""What started a turn."""

FlagSource: TypeAlias = Literal["message", "tool", "passage", "prefetch"]
"""Where a text comes from that is looked at."""


@dataclass(frozen=True, slots=True)
class TurnInputs:
    """What a turn starts from.

    Attributes:
        message: What the user says; empty where the history ends with what is to be answered, for instance
            the results of the client's tools.
        history: What was said in earlier turns, oldest first. Only what users and the agent said to each
            other is taken from it, and calls of client tools with their results; other tool calls and their
            results are not.
        images: Shown with the message.
        kind: What started the turn.
        source: Which one: a webhook's name, a schedule's id.
        summary: Stands in for what was said before the history.
    """

    message: str
    history: tuple[Message, ...] = ()
    images: tuple[Image, ...] = ()
    kind: Origin = "chat"
    source: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """The model answered; `cost` is in US dollars, None where no price is known.

    Attributes:
        withheld: What the output filter has taken out of the message.
        held: Whether nobody has heard the message yet: it is to be judged first.
    """

    message: Message
    usage: Usage = field(default_factory=Usage)
    finish_reason: str = "stop"
    model: str = ""
    reasoning: str = ""
    cost: float | None = None
    withheld: tuple[str, ...] = ()
    held: bool = False


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
class Flag:
    """A text reads like an injected instruction.

    Attributes:
        source: `message`, `tool`, `passage` or `prefetch`.
        name: Of the tool, or of the passage's document.
        action: `blocked` where the text was kept from the model.
    """

    source: FlagSource
    name: str
    score: float
    patterns: tuple[str, ...]
    action: Literal["flagged", "blocked"] = "flagged"


@dataclass(frozen=True, slots=True)
class SummaryMade:
    """The summary of the `covered` oldest messages of the turn's history, with what was before them."""

    text: str
    covered: int
    usage: Usage = field(default_factory=Usage)
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guardrails say of a text.

    Attributes:
        text: What it was changed to; None where it stays.
        refused: Why it is not let through; None where it is.
        by: The guardrail that refused it.
        message: What is told of an answer that is let through.
    """

    stage: Literal["input", "output"]
    text: str | None = None
    refused: str | None = None
    by: str = ""
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """A tool did what it was asked.

    Attributes:
        passages: What a search found; None for any other tool.
        trace: How the search went.
        flags: What in it reads like an injected instruction.
    """

    call_id: str
    content: str = ""
    passages: tuple[Passage, ...] | None = None
    trace: JsonObject | None = None
    flags: tuple[Flag, ...] = ()
