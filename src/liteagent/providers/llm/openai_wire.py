"""Our words in the form of OpenAI's chat completions: pure."""

import re
from collections.abc import Mapping
from typing import Any, Final

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, ToolSpec
from liteagent.contracts.messages import Image, Message, Role, ToolCall
from liteagent.providers.llm.call_arguments import arguments_text
from liteagent.providers.llm.openai_dialect import Dialect
from liteagent.providers.llm.openai_settings import OpenAISettings
from liteagent.providers.llm.output_words import with_words
from liteagent.providers.llm.strict_schema import strict_schema
from liteagent.providers.vendors.profiles import nearest_effort
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["asked_messages", "data_url", "offered_tools", "output_format", "to_chat", "trimmed"]

_REASONING_FIELDS: Final = ("reasoning_content", "reasoning")
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME: Final = 64


def to_chat(request: LLMRequest, settings: OpenAISettings, dialect: Dialect) -> dict[str, Any]:
    """The body of a streamed chat completion.

    Usage is asked for with the stream. Settings that are None are left out, so the server's default holds.
    """
    enforced = output_format(request, settings, dialect)
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [_message(message, settings, dialect) for message in asked_messages(request, enforced)],
        **_tools(request, settings, dialect),
        **_shape(enforced),
        **_limits(request, settings, dialect),
    }
    if settings.prompt_cache_key:
        body["prompt_cache_key"] = settings.prompt_cache_key
    body["stream_options"] = {"include_usage": True}
    return {**trimmed(body, dialect.without), **settings.body, "stream": True}


def asked_messages(request: LLMRequest, enforced: Mapping[str, Any] | None) -> tuple[Message, ...]:
    """The messages, with the shape of the answer asked for in words where `enforced` is not all of it."""
    if request.output_schema is None or (enforced is not None and enforced["type"] == "json_schema"):
        return request.messages
    return with_words(request.messages, request.output_schema)


def output_format(
    request: LLMRequest, settings: OpenAISettings, dialect: Dialect
) -> Mapping[str, Any] | None:
    """How the answer's shape is enforced, in the form of the Responses API; None where it is not."""
    wanted = request.output_schema
    if wanted is None or dialect.structured == "none":
        return None
    strict = strict_schema(wanted.schema)
    enforced = strict is not None or settings.loose_schema
    if dialect.structured == "json" or dialect.this_schema_fails or not enforced:
        return {"type": "json_object"}
    schema = wanted.schema if strict is None else strict
    name = _NO_NAME.sub("_", wanted.name)[:_LONGEST_NAME] or "answer"
    return {"type": "json_schema", "name": name, "schema": schema, "strict": strict is not None}


def offered_tools(request: LLMRequest, dialect: Dialect) -> tuple[ToolSpec, ...]:
    """The tools to offer, where a server that takes no `tool_choice` is told by what it is offered."""
    choice = request.tool_choice
    if "tool_choice" not in dialect.without:
        return request.tools
    if isinstance(choice, ToolSpec):
        return (choice,)
    return () if choice == "none" else request.tools


def trimmed(body: Mapping[str, Any], without: frozenset[str]) -> dict[str, Any]:
    """`body` without the fields that a server does not take."""
    kept = {name: value for name, value in body.items() if name not in without}
    for path in without:
        outer, _, inner = path.partition(".")
        if inner and outer in kept:
            kept[outer] = {name: value for name, value in kept[outer].items() if name != inner}
    return kept


def data_url(image: Image) -> str:
    """An image as an address that holds it."""
    return f"data:{image.media_type};base64,{image.data}"


def _message(message: Message, settings: OpenAISettings, dialect: Dialect) -> dict[str, Any]:
    content = well_formed(message.content)
    if message.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": content}
    role = dialect.role(message.role)
    if message.images:
        return {"role": role, "content": _parts(content, message.images)}
    if not message.tool_calls:
        return {"role": role, "content": content}
    return {
        "role": role,
        "content": content or None,
        **_thoughts(message, settings),
        "tool_calls": [_call(call) for call in message.tool_calls],
    }


def _parts(content: str, images: tuple[Image, ...]) -> list[dict[str, Any]]:
    text = [{"type": "text", "text": content}] if content else []
    return [*text, *({"type": "image_url", "image_url": {"url": data_url(image)}} for image in images)]


def _thoughts(message: Message, settings: OpenAISettings) -> JsonObject:
    """What was thought before the calls, under the name that the server gave it."""
    state = (message.provider_state or {}).get(settings.provider)
    if not settings.return_reasoning or not isinstance(state, Mapping):
        return {}
    return {name: state[name] for name in _REASONING_FIELDS if isinstance(state.get(name), str)}


def _call(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": arguments_text(call.arguments)}
    return {"id": call.id, "type": "function", "function": function}


def _tools(request: LLMRequest, settings: OpenAISettings, dialect: Dialect) -> dict[str, Any]:
    offered = offered_tools(request, dialect)
    if not offered:
        return {}
    fields: dict[str, Any] = {"tools": [_tool(tool) for tool in offered]}
    choice = request.tool_choice
    if isinstance(choice, ToolSpec):
        fields["tool_choice"] = {"type": "function", "function": {"name": choice.name}}
    elif choice != "auto":
        fields["tool_choice"] = choice
    if not request.parallel_tools and settings.profile.parallel_tools:
        fields["parallel_tool_calls"] = False
    return fields


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": well_formed(tool.description),
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def _shape(chosen: Mapping[str, Any] | None) -> dict[str, Any]:
    if chosen is None:
        return {}
    if chosen["type"] == "json_object":
        return {"response_format": chosen}
    schema = {name: chosen[name] for name in ("name", "schema", "strict")}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


def _limits(request: LLMRequest, settings: OpenAISettings, dialect: Dialect) -> dict[str, Any]:
    profile = settings.profile
    fields: dict[str, Any] = {}
    if profile.sampling:
        fields |= {"temperature": request.temperature, "top_p": request.top_p}
    fields[dialect.limit_name] = request.max_output_tokens
    fields["stop"] = list(request.stop) or None
    if profile.reasoning and request.reasoning_effort is not None:
        fields["reasoning_effort"] = nearest_effort(request.reasoning_effort, profile.efforts)
    return {name: value for name, value in fields.items() if value is not None}
