"""Ids for tool calls that are made up here: the same request gives the same ids. Pure."""

import hashlib
import json

from liteagent.contracts.llm import LLMRequest

__all__ = ["call_id"]


def call_id(request: LLMRequest, *call: str | int) -> str:
    """An id for a tool call in the answer to `request`; `call` tells it from the others of that answer."""
    said = [(message.role, message.content, message.tool_call_id) for message in request.messages]
    return "call_" + hashlib.sha256(json.dumps([said, call]).encode()).hexdigest()[:24]
