"""Our words in the form of OpenAI's Responses API: pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from liteagent.contracts.llm import LLMRequest, ToolSpec
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.call_arguments import arguments_text
from liteagent.providers.llm.openai_dialect import Dialect
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.llm.openai_wire import (
    asked_messages,
    data_url,
    offered_tools,
    output_format,
    trimmed,
)
from liteagent.providers.vendors.profiles import nearest_effort
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["to_responses"]

_SMALLEST_LIMIT: Final = 16  # the API refuses less
_Item = dict[str, Any]


def to_responses(request: LLMRequest, settings: OpenAISettings, dialect: Dialect) -> dict[str, Any]:
    """The body of a streamed response. The server keeps nothing: what a model has thought comes encrypted and
    goes back with the message that it belongs to. Stop texts are not sent, as the API knows none.
    """
    enforced = output_format(request, settings, dialect)
    messages = asked_messages(request, enforced)
    body: dict[str, Any] = {
        "model": settings.model,
        "input": [item for message in messages for item in _items(message, settings, dialect)],
        "store": False,
        **_tools(request, settings, dialect),
        **_limits(request, settings),
        **_reasoning(request, settings),
    }
    if enforced is not None:
        body["text"] = {"format": enforced}
    if settings.prompt_cache_key:
        body["prompt_cache_key"] = settings.prompt_cache_key
    return {**trimmed(body, dialect.without), **settings.body, "stream": True}


def _items(message: Message, settings: OpenAISettings, dialect: Dialect) -> Iterator[_Item]:
    content = well_formed(message.content)
    if message.role is Role.TOOL:
        yield {"type": "function_call_output", "call_id": message.tool_call_id or "", "output": content}
    elif message.images:
        images = [
            {"type": "input_image", "image_url": data_url(image), "detail": "auto"}
            for image in message.images
        ]
        text = [{"type": "input_text", "text": content}] if content else []
        yield {"role": dialect.role(message.role), "content": [*text, *images]}
    elif message.role is Role.ASSISTANT:
        yield from _answered(message, content, settings, dialect)
    else:
        yield {"role": dialect.role(message.role), "content": content}


def _answered(message: Message, content: str, settings: OpenAISettings, dialect: Dialect) -> Iterator[_Item]:
    """An earlier answer, with its reasoning in its place where this model has written it."""
    kept = None if dialect.without_state else _kept(message, settings)
    if kept is not None:
        yield from _restored(content, message.tool_calls, kept)
        return
    if content or not message.tool_calls:
        yield {"role": "assistant", "content": content}
    yield from map(_call, message.tool_calls)


def _kept(message: Message, settings: OpenAISettings) -> Sequence[Mapping[str, Any]] | None:
    """What was kept of an answer's items, unless the message was changed or another model has written it."""
    state = cast("Any", (message.provider_state or {}).get(settings.provider))
    if not isinstance(state, Mapping):
        return None
    fields = cast("Mapping[str, Any]", state)
    items = cast("Sequence[Mapping[str, Any]]", fields.get("items") or ())
    said = sum(item["characters"] for item in items if item["type"] == "message")
    called = [item["call_id"] for item in items if item["type"] == "function_call"]
    same = said == len(message.content) and called == [call.id for call in message.tool_calls]
    return items if same and fields.get("model") == settings.model else None


def _restored(content: str, calls: Sequence[ToolCall], items: Sequence[Mapping[str, Any]]) -> Iterator[_Item]:
    by_id = {call.id: call for call in calls}
    begin = 0
    for item in items:
        if item["type"] == "message":
            text = content[begin : begin + item["characters"]]
            begin += item["characters"]
            phase = {"phase": item["phase"]} if "phase" in item else {}
            yield {"role": "assistant", "content": text, **phase}
        elif item["type"] == "function_call":
            yield _call(by_id[item["call_id"]])
        else:
            yield dict(item)


def _call(call: ToolCall) -> _Item:
    return {
        "type": "function_call",
        "call_id": call.id,
        "name": call.name,
        "arguments": arguments_text(call.arguments),
    }


def _tools(request: LLMRequest, settings: OpenAISettings, dialect: Dialect) -> _Item:
    offered = offered_tools(request, dialect)
    if not offered:
        return {}
    fields: _Item = {"tools": [_tool(tool) for tool in offered]}
    choice = request.tool_choice
    if isinstance(choice, ToolSpec):
        fields["tool_choice"] = {"type": "function", "name": choice.name}
    elif choice != "auto":
        fields["tool_choice"] = choice
    if not request.parallel_tools and settings.profile.parallel_tools:
        fields["parallel_tool_calls"] = False
    return fields


def _tool(tool: ToolSpec) -> _Item:
    return {
        "type": "function",
        "name": tool.name,
        "description": well_formed(tool.description),
        "parameters": tool.parameters,
        "strict": False,
    }


def _limits(request: LLMRequest, settings: OpenAISettings) -> _Item:
    fields: _Item = {}
    if settings.profile.sampling:
        fields |= {"temperature": request.temperature, "top_p": request.top_p}
    if request.max_output_tokens is not None:
        fields["max_output_tokens"] = max(request.max_output_tokens, _SMALLEST_LIMIT)
    return {name: value for name, value in fields.items() if value is not None}


def _reasoning(request: LLMRequest, settings: OpenAISettings) -> _Item:
    if not settings.profile.reasoning:
        return {}
    how: _Item = {}
    if request.reasoning_effort is not None:
        how["effort"] = nearest_effort(request.reasoning_effort, settings.profile.efforts)
    if settings.reasoning_summary != "off":
        how["summary"] = settings.reasoning_summary
    return {**({"reasoning": how} if how else {}), "include": ["reasoning.encrypted_content"]}
