"""Our words in the form of Ollama's /api/chat: pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, ModelProfile, ToolSpec
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.call_arguments import arguments_object
from liteagent.providers.llm.output_words import demanded_call, with_words
from liteagent.providers.vendors.profiles import nearest_effort
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["PROVIDER", "OllamaSettings", "to_body"]

PROVIDER: Final = "ollama"
"""The key in `Message.provider_state`."""


@dataclass(frozen=True, slots=True)
class OllamaSettings:
    """What is configured of one model.

    Attributes:
        model: Its name, with the tag.
        keep_alive: How long the server keeps it loaded, like `5m`; None leaves that to the server.
        truncate: False has the server refuse what is too long for the window; None leaves that to it.
        options: The model's own: `num_ctx`, `seed` and so on.
    """

    model: str
    keep_alive: str | int | None = None
    truncate: bool | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])


def to_body(request: LLMRequest, settings: OllamaSettings, profile: ModelProfile) -> dict[str, Any]:
    """The body of a streamed chat. What is not said is left out, so the server's default holds.

    Ollama cannot be told how to choose among tools: one that must be called is asked for in words. A shape is
    not enforced beside tools, since it would keep the model from calling them.
    """
    tools, demand = _offered(request), demanded_call(request)
    form = "" if tools else profile.structured
    messages = request.messages
    if request.output_schema is not None and form != "schema":
        messages = with_words(messages, request.output_schema)
    body: dict[str, Any] = {
        "model": settings.model,
        "messages": [
            *_messages(messages, profile),
            *([{"role": "user", "content": demand}] if demand else []),
        ],
        "tools": [_tool(tool) for tool in tools] or None,
        "format": _format(request, form),
        "think": _think(request, profile),
        "options": _options(request, settings, profile) or None,
        "keep_alive": settings.keep_alive,
        "truncate": settings.truncate,
        "stream": True,
    }
    return {name: value for name, value in body.items() if value is not None}


def _offered(request: LLMRequest) -> Sequence[ToolSpec]:
    choice = request.tool_choice
    if not request.tools or choice == "none":
        return ()
    return (choice,) if isinstance(choice, ToolSpec) else request.tools


def _messages(messages: Sequence[Message], profile: ModelProfile) -> Iterator[dict[str, Any]]:
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    last_asked = max((at for at, each in enumerate(messages) if each.role is Role.USER), default=-1)
    for at, message in enumerate(messages):
        said: dict[str, Any] = {"role": message.role.value, "content": well_formed(message.content)}
        if message.role is Role.SYSTEM:
            said["role"] = profile.system_role
        if message.role is Role.TOOL and message.tool_call_id is not None:
            said |= {"tool_name": names.get(message.tool_call_id, ""), "tool_call_id": message.tool_call_id}
        if message.images:
            said["images"] = [image.data for image in message.images]
        if message.tool_calls:
            said["tool_calls"] = [_call(call) for call in message.tool_calls]
            said |= _thinking(message) if at > last_asked else {}
        yield said


def _thinking(message: Message) -> dict[str, Any]:
    """What was thought before the calls, which the model wants to hear until it has answered."""
    state = (message.provider_state or {}).get(PROVIDER)
    thought = cast("JsonObject", state).get("thinking") if isinstance(state, Mapping) else None
    return {"thinking": thought} if isinstance(thought, str) else {}


def _call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "function": {"name": call.name, "arguments": arguments_object(call.arguments)}}


def _tool(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": well_formed(tool.description),
        "parameters": tool.parameters,
    }
    return {"type": "function", "function": function}


def _format(request: LLMRequest, form: str) -> JsonObject | str | None:
    if request.output_schema is None:
        return None
    return {"schema": request.output_schema.schema, "json": "json"}.get(form)


def _think(request: LLMRequest, profile: ModelProfile) -> bool | str | None:
    if request.reasoning_effort is None or not profile.reasoning:
        return None
    if profile.efforts:
        return nearest_effort(request.reasoning_effort, profile.efforts)
    return request.reasoning_effort != "none"


def _options(request: LLMRequest, settings: OllamaSettings, profile: ModelProfile) -> dict[str, Any]:
    asked: dict[str, Any] = {"num_predict": request.max_output_tokens, "stop": list(request.stop) or None}
    if profile.sampling:
        asked |= {"temperature": request.temperature, "top_p": request.top_p}
    return {**settings.options, **{name: value for name, value in asked.items() if value is not None}}
