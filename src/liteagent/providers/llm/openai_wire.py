"""Our words in the form of OpenAI's chat completions: pure."""

import json
from typing import Any

from liteagent.contracts.llm import LLMRequest, ToolSpec
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["to_wire"]


def to_wire(request: LLMRequest, model: str, limit_name: str = "max_tokens") -> dict[str, Any]:
    """The body of a streamed chat completion.

    Args:
        request: What is asked.
        model: The name that the server knows its model by.
        limit_name: The field that bounds the answer: `max_completion_tokens` at OpenAI, else `max_tokens`.

    Usage is asked for with the stream. Settings that are None are left out, so the server's default holds.
    """
    body: dict[str, Any] = {
        "model": model,
        "messages": [_message(message) for message in request.messages],
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
    if request.temperature is not None:
        body["temperature"] = request.temperature
    if request.max_output_tokens is not None:
        body[limit_name] = request.max_output_tokens
    return body


def _message(message: Message) -> dict[str, Any]:
    content = well_formed(message.content)
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": content}
    if not message.tool_calls:
        return {"role": message.role.value, "content": content}
    return {
        "role": message.role.value,
        "content": content or None,
        "tool_calls": [_call(call) for call in message.tool_calls],
    }


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": _arguments(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _arguments(written: str) -> str:
    # Several servers parse the arguments of earlier calls and refuse the whole conversation
    # for one that a model once wrote badly, so a bad one travels as a string inside an object.
    text = well_formed(written)
    try:
        if isinstance(json.loads(text), dict):
            return text
    except (ValueError, RecursionError):
        pass
    return json.dumps({"unreadable": text})


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": well_formed(tool.description),
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}
