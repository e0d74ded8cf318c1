"""Ids for tool calls that are made up here: the same request gives the same ids. Pure."""

import hashlib
import json
from collections.abc import Iterable

from liteagent.contracts.llm import LLMRequest
from liteagent.contracts.messages import ToolCall

__all__ = ["call_id", "distinct"]


def call_id(request: LLMRequest, *call: str | int) -> str:
    """An id for a tool call in the answer to `request`; `call` tells it from the others of that answer."""
    said = [(message.role, message.content, message.tool_call_id) for message in request.messages]
    return "call_" + hashlib.sha256(json.dumps([said, call]).encode()).hexdigest()[:24]


def distinct(calls: Iterable[ToolCall], request: LLMRequest) -> tuple[ToolCall, ...]:
    """The calls of an answer to `request`, each with an id of its own."""
    given: dict[str, ToolCall] = {}
    for number, call in enumerate(calls):
        if not call.id or call.id in given:
            made = call_id(request, number, call.name, call.arguments)
            call = ToolCall(made, call.name, call.arguments)
        given[call.id] = call
    return tuple(given.values())
