"""Our words in the form of Anthropic's messages: pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, cast

from anthropic import transform_schema

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, ToolSpec
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.anthropic_manner import Manner
from liteagent.providers.llm.anthropic_state import Block, Head, said_blocks, text_block, wire_id
from liteagent.providers.llm.output_words import demanded_call, with_words
from liteagent.providers.vendors.profiles import nearest_effort
from liteagent.providers.vendors.wire_text import well_formed

__all__ = ["Call", "to_call"]

_BUDGETS: Final = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384, "xhigh": 32768, "max": 63999}
_SMALLEST_BUDGET: Final = 1024
_LIMIT: Final = 4096
_USUAL_TTL: Final = "5m"
_LEFT_OUT: Final = "[What was said before is left out.]"


@dataclass(frozen=True, slots=True)
class Call:
    """One request, ready to be sent.

    Attributes:
        body: As it is sent.
        fingerprint: Of all that it says; what its answer thinks is bound to it.
        answer_tool: Name of the tool whose arguments are the answer's text; empty where text is text.
    """

    body: Mapping[str, Any]
    fingerprint: str
    answer_tool: str = ""

    def goes_on(self, blocks: Sequence[Block]) -> "Call":
        """The request that lets the model go on after a pause in its answer `blocks`."""
        messages = [*self.body["messages"], {"role": "assistant", "content": list(blocks)}]
        return Call({**self.body, "messages": messages}, self.fingerprint, self.answer_tool)


def to_call(request: LLMRequest, model: str, manner: Manner) -> Call:
    """The request for `model`.

    Temperature and top_p are sent where the model takes them and does not think; the temperature alone where
    both are given, as the API wants. What is not said is left out, so the vendor's default holds; only the
    limit of the answer has to be said.
    """
    shape = _shape(request, manner)
    answer_tool = request.output_schema.name if shape == "tool" and request.output_schema else ""
    messages = request.messages
    if shape == "words" and request.output_schema is not None:
        messages = with_words(messages, request.output_schema)
    apart = manner.profile.system_role != "user"
    system = _system(messages) if apart else []
    tools = _tools(request, answer_tool)
    head = Head(model, [system, tools])
    demand = "" if manner.forced_tools else demanded_call(request)
    turns = _turns(messages, head, demand, apart=apart)
    if not turns:
        turns, system = [{"role": "user", "content": system}], []
    if manner.cache is not None:
        _mark(system or tools, turns, manner.cache)
    said = {
        "model": model,
        "messages": turns,
        "system": system,
        "tools": tools,
        "tool_choice": _chosen(request, manner, answer_tool, tools),
        "stop_sequences": [stop for stop in request.stop if stop.strip()],
        "output_config": _output(request, manner, shape),
        **_bounds(request, manner, shape),
        **manner.body,
        "stream": True,
    }
    body = {name: value for name, value in said.items() if value not in (None, [], {})}
    return Call(body, head.fingerprint, answer_tool)


def _system(messages: Sequence[Message]) -> list[Block]:
    said = (well_formed(each.content) for each in messages if each.role is Role.SYSTEM)
    return [text_block(text) for text in said if text.strip()]


def _turns(messages: Sequence[Message], head: Head, demand: str, *, apart: bool) -> list[dict[str, Any]]:
    """The messages in turns of user and assistant; instructions among them unless they stand apart."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        if apart and message.role is Role.SYSTEM:
            continue
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        blocks = said_blocks(message, head) if role == "assistant" else _heard(message)
        if role == "assistant" and blocks and not turns:
            _say(turns, "user", [text_block(_LEFT_OUT)], head)
        _say(turns, role, blocks, head)
    if demand and turns:
        _say(turns, "user", [text_block(demand)], head)
    return turns


def _say(turns: list[dict[str, Any]], role: str, blocks: Sequence[Block], head: Head) -> None:
    for block in blocks:
        head.add(role, block)
    if blocks and turns and turns[-1]["role"] == role:
        turns[-1]["content"] += blocks
    elif blocks:
        turns.append({"role": role, "content": list(blocks)})


def _heard(message: Message) -> list[Block]:
    text = well_formed(message.content)
    if message.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": wire_id(message.tool_call_id or ""), "content": text}]
    images = [
        {"type": "image", "source": {"type": "base64", "media_type": each.media_type, "data": each.data}}
        for each in message.images
    ]
    return [*images, *([text_block(text)] if text.strip() else [])]


def _tools(request: LLMRequest, answer_tool: str) -> list[Block]:
    if answer_tool and request.output_schema is not None:
        return [_tool(answer_tool, "Give the answer.", request.output_schema.schema)]
    if request.tools:
        return [_tool(tool.name, tool.description, tool.parameters) for tool in request.tools]
    # The API refuses a conversation with calls of tools that are not declared.
    called = dict.fromkeys(call.name for call in chain(*(each.tool_calls for each in request.messages)))
    return [_tool(name, "No longer available.", {"type": "object"}) for name in called]


def _tool(name: str, description: str, schema: JsonObject) -> Block:
    return {"name": name, "description": well_formed(description), "input_schema": schema}


def _chosen(request: LLMRequest, manner: Manner, answer_tool: str, tools: Sequence[Block]) -> Block | None:
    if answer_tool:
        return {"type": "tool", "name": answer_tool, "disable_parallel_tool_use": True}
    if tools and (not request.tools or request.tool_choice == "none"):
        return {"type": "none"}
    return _choice(request, manner) if tools else None


def _choice(request: LLMRequest, manner: Manner) -> Block | None:
    wanted = request.tool_choice
    choice: Block = {"type": "auto"}
    if manner.forced_tools and isinstance(wanted, ToolSpec):
        choice = {"type": "tool", "name": wanted.name}
    elif manner.forced_tools and wanted == "required":
        choice = {"type": "any"}
    if not request.parallel_tools or not manner.profile.parallel_tools:
        choice["disable_parallel_tool_use"] = True
    return None if choice == {"type": "auto"} else choice


def _forced(request: LLMRequest, manner: Manner) -> bool:
    return bool(request.tools) and manner.forced_tools and request.tool_choice not in ("auto", "none")


def _limit(request: LLMRequest, manner: Manner) -> int:
    most = manner.profile.max_output
    wanted = request.max_output_tokens or manner.max_tokens or most or _LIMIT
    return min(wanted, most) if most else wanted


def _thinking(request: LLMRequest, manner: Manner, shape: str, limit: int) -> Block | None:
    effort = request.reasoning_effort
    if not manner.profile.reasoning:
        return None
    if _forced(request, manner) or shape == "tool":
        effort = "none"  # the API does not let a model think that is forced to call
    elif effort is None:
        return None
    if effort == "none":
        return _not_thinking(manner)
    if manner.thinking == "adaptive":
        return {"type": "adaptive", "display": "summarized"}
    budget = min(_BUDGETS[effort], limit - _SMALLEST_BUDGET)
    return {"type": "enabled", "budget_tokens": budget} if budget >= _SMALLEST_BUDGET else None


def _not_thinking(manner: Manner) -> Block | None:
    if manner.thinking == "budget" or manner.thinking_off == "never":
        return None
    return {"type": manner.thinking_off}


def _shape(request: LLMRequest, manner: Manner) -> str:
    """How JSON of a shape is had: `format`, `tool` or `words`; empty where none is wanted."""
    wanted = request.output_schema
    if wanted is None:
        return ""
    if manner.profile.structured == "schema" and _enforced(wanted.schema) is not None:
        return "format"
    calm = not request.tools and request.reasoning_effort in (None, "none")
    may_force = manner.forced_tools and manner.profile.tools and calm
    alone = not any(message.tool_calls for message in request.messages)
    return "tool" if manner.profile.structured == "json" and may_force and alone else "words"


def _output(request: LLMRequest, manner: Manner, shape: str) -> Block:
    output: Block = {}
    if shape == "format" and request.output_schema is not None:
        output["format"] = {"type": "json_schema", "schema": _enforced(request.output_schema.schema)}
    if request.reasoning_effort is not None and manner.profile.reasoning and manner.profile.efforts:
        output["effort"] = nearest_effort(request.reasoning_effort, manner.profile.efforts)
    if request.reasoning_effort == "none" and manner.thinking_off != "never":
        output.pop("effort", None)
    return output


def _enforced(schema: JsonObject) -> Block | None:
    """The schema as the API takes it; None where it cannot hold an answer to it."""
    if not _enforceable(schema):
        return None
    try:
        return transform_schema(dict(schema))
    except ValueError:
        return None


def _enforceable(schema: object) -> bool:
    """Whether the API can hold an answer to this: it closes every object, so a map would become empty."""
    if not isinstance(schema, Mapping):
        return False
    fields = cast("JsonObject", schema)
    if fields.get("type") == "object" and (
        not fields.get("properties") or fields.get("additionalProperties") not in (None, False)
    ):
        return False
    parts: list[object] = [fields["items"]] if "items" in fields else []
    for name in ("properties", "$defs"):
        parts += cast("Mapping[str, object]", fields.get(name) or {}).values()
    for name in ("anyOf", "oneOf", "allOf"):
        parts += cast("list[object]", fields.get(name) or [])
    known = {"type", "anyOf", "oneOf", "allOf", "$ref", "enum", "const"} & set(fields)
    return bool(known) and isinstance(fields.get("type", ""), str) and all(map(_enforceable, parts))


def _bounds(request: LLMRequest, manner: Manner, shape: str) -> Block:
    """How much is written and thought, and how freely."""
    limit = _limit(request, manner)
    thinking = _thinking(request, manner, shape, limit)
    bounds: Block = {"max_tokens": limit, "thinking": thinking}
    thinks = thinking is not None and thinking["type"] in ("adaptive", "enabled")
    if not manner.profile.sampling or thinks:
        return bounds
    if request.temperature is not None:
        return {**bounds, "temperature": request.temperature}
    return {**bounds, "top_p": request.top_p}


def _mark(fixed: list[Block], turns: Sequence[dict[str, Any]], ttl: str) -> None:
    """Have kept what the next request begins with: tools, instructions, a conversation that goes on."""
    cache = {"type": "ephemeral", **({"ttl": ttl} if ttl != _USUAL_TTL else {})}
    if fixed:
        fixed[-1] = {**fixed[-1], "cache_control": cache}
    if len(turns) > 1 and turns[-1]["role"] == "user":
        last = turns[-1]["content"]
        last[-1] = {**last[-1], "cache_control": cache}
