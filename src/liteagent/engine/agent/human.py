"""What an agent asks a person: its own questions, and whether a tool may be called.

A call of `request_human_input` is no effect: the reducer turns it into `human.requested`, and the answer into
the tool's result. A call of a tool that needs approval becomes an effect once a person has approved it.
"""

import json
from dataclasses import dataclass

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonValue, load
from liteagent.contracts.messages import ToolCall
from liteagent.engine.agent.results import compact
from liteagent.engine.agent.tools import tool
from liteagent.engine.agent.types import HumanContactRequest
from liteagent.engine.agent.validation import parse_arguments

__all__ = [
    "APPROVE",
    "REJECT",
    "REQUEST_HUMAN_INPUT",
    "answer_text",
    "approval_of",
    "question_of",
    "rejection",
    "request_human_input",
]

REQUEST_HUMAN_INPUT = "request_human_input"
APPROVE, REJECT = "approve", "reject"
_SHOWN = 500


@dataclass(frozen=True, slots=True)
class _Question:
    question: str
    options: tuple[str, ...] = ()
    context: str = ""


@tool(effect="safe", name=REQUEST_HUMAN_INPUT)
async def request_human_input(question: str, options: tuple[str, ...] = (), context: str = "") -> str:
    """Ask a person and wait for the answer. Use it for approvals, choices and facts that only people have.

    Args:
        question: One clear question.
        options: Answers to offer, where there are only a few.
        context: What the person has to know to answer.
    """
    raise ToolError(f"Nobody can be asked here: {question!r}, {len(options)} options, {context!r}.")


def question_of(call: ToolCall) -> HumanContactRequest | None:
    """What a call of `request_human_input` asks; None if its arguments do not fit."""
    try:
        asked = load(_Question, parse_arguments(call.arguments))
    except (ValueError, ToolError):
        return None
    return HumanContactRequest(call.id, asked.question, asked.options, asked.context)


def approval_of(call: ToolCall) -> HumanContactRequest:
    """The question whether a call may be made; what it would be made with is in full in the context."""
    shown = compact(call.arguments, _SHOWN) or "{}"
    question = f"May the tool {call.name!r} be called with {shown}?"
    return HumanContactRequest(call.id, question, (APPROVE, REJECT), call.arguments)


def rejection(call: ToolCall) -> ToolError:
    """What a model is told of a call that a person did not approve."""
    return ToolError(
        f"A person has rejected this call of {call.name!r}; it was not made. Do without it.",
        code="call_rejected",
    )


def answer_text(answer: JsonValue) -> str:
    """A person's answer as the model reads it."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
