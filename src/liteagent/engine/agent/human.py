"""The tool with which an agent asks a person.

Its call is no effect: the reducer turns it into `human.requested`, and the answer into the tool's result.
"""

import json
from dataclasses import dataclass

from liteagent.contracts.errors import ToolError
from liteagent.contracts.json import JsonValue, load
from liteagent.contracts.messages import ToolCall
from liteagent.engine.agent.tools import tool
from liteagent.engine.agent.types import HumanContactRequest
from liteagent.engine.agent.validation import parse_arguments

__all__ = ["REQUEST_HUMAN_INPUT", "answer_text", "question_of", "request_human_input"]

REQUEST_HUMAN_INPUT = "request_human_input"


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


def answer_text(answer: JsonValue) -> str:
    """A person's answer as the model reads it."""
    return answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False)
