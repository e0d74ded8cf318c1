"""What is said to Anthropic, field by field."""

import json
from dataclasses import replace
from typing import Any

import pytest

from liteagent.contracts.errors import InvalidInputError, ProviderRequestError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, OutputSchema, ReasoningEffort, complete
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.anthropic import create, profile
from liteagent.testing.llm_suite import PIXEL, WEATHER, WEATHER_REPORT
from tests.unit.providers.wire.anthropic_events import named, said, text
from tests.unit.providers.wire.server import Server

USER = Message(Role.USER, "Hi")
ASK = LLMRequest((USER,))
NEWEST = "claude-opus-5-5"
USUAL = "claude-haiku-5-5"
OLDER = "claude-sonnet-4-5-20250929"
OLDEST = "claude-3-haiku-20240307"
FOREIGN = "some-other-model"


def llm_of(server: Server, model: str = USUAL, **options: Any) -> LLM:
    return create(LLMConfig(model, "sk-ant-test", timeout=20, options=options), transport=server.transport)


async def asked(request: LLMRequest, model: str = USUAL, **options: Any) -> dict[str, Any]:
    server = Server(said(text("ok")))
    await complete(llm_of(server, model, **options), request)
    return server.bodies[0]


async def test_instructions_stand_apart_and_end_the_kept_head() -> None:
    messages = (Message(Role.SYSTEM, "Be kind."), USER, Message(Role.SYSTEM, "Be brief."))
    body = await asked(LLMRequest(messages))
    assert body == {
        "model": USUAL,
        "max_tokens": 128_000,
        "messages": [{"role": "user", "content": [text("Hi")]}],
        "system": [text("Be kind."), {**text("Be brief."), "cache_control": {"type": "ephemeral"}}],
        "stream": True,
    }


async def test_turns_of_one_role_are_one_and_empty_ones_none() -> None:
    messages = (
        Message(Role.ASSISTANT, "Welcome."),
        Message(Role.USER, "One."),
        Message(Role.USER, ""),
        Message(Role.USER, "Two."),
        Message(Role.ASSISTANT, " "),
        Message(Role.USER, "Three."),
    )
    body = await asked(LLMRequest(messages), prompt_cache=False)
    assert [(turn["role"], [block["text"] for block in turn["content"]]) for turn in body["messages"]] == [
        ("user", ["[What was said before is left out.]"]),
        ("assistant", ["Welcome."]),
        ("user", ["One.", "Two.", "Three."]),
    ]


async def test_instructions_alone_are_a_question() -> None:
    body = await asked(LLMRequest((Message(Role.SYSTEM, "Summarise nothing."),)), prompt_cache=False)
    assert body["messages"] == [{"role": "user", "content": [text("Summarise nothing.")]}]
    assert "system" not in body


@pytest.mark.parametrize(
    ("choice", "parallel", "sent"),
    [
        ("auto", True, None),
        ("auto", False, {"type": "auto", "disable_parallel_tool_use": True}),
        ("none", True, {"type": "none"}),
        ("required", True, {"type": "any"}),
        ("required", False, {"type": "any", "disable_parallel_tool_use": True}),
        (WEATHER, True, {"type": "tool", "name": "get_weather"}),
    ],
)
async def test_the_choice_among_tools(choice: Any, parallel: bool, sent: dict[str, Any] | None) -> None:
    request = LLMRequest((USER,), (WEATHER,), tool_choice=choice, parallel_tools=parallel)
    body = await asked(request)
    assert body.get("tool_choice") == sent
    assert body["tools"][0]["input_schema"] == WEATHER.parameters


async def test_a_model_that_cannot_be_forced_is_told_in_words() -> None:
    body = await asked(LLMRequest((USER,), (WEATHER,), tool_choice=WEATHER), NEWEST)
    assert "tool_choice" not in body
    told = body["messages"][-1]["content"][-1]["text"]
    assert "get_weather" in told
    forced = await asked(LLMRequest((USER,), (WEATHER,), tool_choice="required"), NEWEST, forced_tools=True)
    assert forced["tool_choice"] == {"type": "any"}


async def test_a_forced_call_and_thinking_exclude_each_other() -> None:
    request = LLMRequest((USER,), (WEATHER,), tool_choice="required", reasoning_effort="high")
    assert (await asked(request))["thinking"] == {"type": "disabled"}
    assert "thinking" not in await asked(request, OLDER)


async def test_tools_of_earlier_calls_are_declared_and_ids_made_fit() -> None:
    call = ToolCall("call:1|a", "search", '{"query": ')
    messages = (
        USER,
        Message(Role.ASSISTANT, "", tool_calls=(call,)),
        Message(Role.TOOL, "", tool_call_id=call.id),
    )
    body = await asked(LLMRequest(messages), prompt_cache=False)
    use = body["messages"][1]["content"][0]
    assert use["input"] == {"unreadable": '{"query": '}
    assert body["messages"][2]["content"] == [
        {"type": "tool_result", "tool_use_id": use["id"], "content": ""}
    ]
    assert use["id"].startswith("call_")
    assert [tool["name"] for tool in body["tools"]] == ["search"]
    assert body["tool_choice"] == {"type": "none"}


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "output"),
    [
        (USUAL, None, None, None),
        (USUAL, "minimal", "adaptive", {"effort": "low"}),
        (USUAL, "max", "adaptive", {"effort": "max"}),
        (USUAL, "none", "disabled", None),
        ("claude-sonnet-5-5", "none", "between_tools", None),
        ("claude-opus-4-6", "xhigh", "adaptive", {"effort": "high"}),
        (NEWEST, "none", None, {"effort": "low"}),
        (NEWEST, "high", "adaptive", {"effort": "high"}),
        (OLDER, "none", None, None),
        (OLDEST, "high", None, None),
    ],
)
async def test_how_long_to_think(
    model: str, effort: ReasoningEffort | None, thinking: str | None, output: dict[str, Any] | None
) -> None:
    body = await asked(replace(ASK, reasoning_effort=effort), model)
    assert body.get("thinking", {}).get("type") == thinking
    assert body.get("output_config") == output


@pytest.mark.parametrize(
    ("effort", "limit", "budget"),
    [("minimal", None, 1024), ("medium", None, 8192), ("max", None, 62_976), ("high", 4096, 3072)],
)
async def test_a_budget_of_thinking_leaves_room_for_the_answer(
    effort: ReasoningEffort, limit: int | None, budget: int
) -> None:
    body = await asked(replace(ASK, reasoning_effort=effort, max_output_tokens=limit), OLDER)
    assert body["thinking"] == {"type": "enabled", "budget_tokens": budget}
    assert body["max_tokens"] >= budget + 1024
    small = await asked(replace(ASK, reasoning_effort=effort, max_output_tokens=1500), OLDER)
    assert "thinking" not in small


async def test_sampling_is_said_where_it_is_taken_in_the_older_version() -> None:
    request = replace(ASK, temperature=0.2, top_p=0.9)
    for model, sent in ((OLDER, {"temperature": 0.2}), (USUAL, {})):
        server = Server(said(text("ok")))
        await complete(llm_of(server, model), request)
        body = server.bodies[0]
        assert {name: body[name] for name in ("temperature", "top_p") if name in body} == sent
        older = server.requests[0].headers["anthropic-version"] == "2023-06-01"
        assert older is bool(sent)
    assert (await asked(replace(ASK, top_p=0.9), OLDER))["top_p"] == 0.9
    assert "temperature" not in await asked(replace(request, reasoning_effort="low"), OLDER)


@pytest.mark.parametrize(
    ("model", "asked_for", "options", "sent"),
    [
        (USUAL, None, {}, 128_000),
        (USUAL, 500, {}, 500),
        (USUAL, None, {"max_tokens": 900}, 900),
        (USUAL, 999_999, {}, 128_000),
        (OLDEST, None, {}, 4096),
        (FOREIGN, None, {}, 4096),
        (FOREIGN, 50_000, {}, 50_000),
        (FOREIGN, None, {"profile": {"max_output": 777}}, 777),
    ],
)
async def test_there_is_always_a_limit(
    model: str, asked_for: int | None, options: dict[str, Any], sent: int
) -> None:
    body = await asked(replace(ASK, max_output_tokens=asked_for), model, **options)
    assert body["max_tokens"] == sent


async def test_stop_texts_without_blank_ones() -> None:
    assert (await asked(replace(ASK, stop=("END", "\n"))))["stop_sequences"] == ["END"]


async def test_the_head_of_a_request_is_kept() -> None:
    call = ToolCall("a", "get_weather", "{}")
    messages = (
        Message(Role.SYSTEM, "Be kind."),
        USER,
        Message(Role.ASSISTANT, "", tool_calls=(call,)),
        Message(Role.TOOL, "sunny", tool_call_id="a"),
    )
    request = LLMRequest(messages, (WEATHER,))
    cases: tuple[tuple[dict[str, Any], Any], ...] = (
        ({}, {"type": "ephemeral"}),
        ({"cache_ttl": "1h"}, {"type": "ephemeral", "ttl": "1h"}),
        ({"prompt_cache": False}, None),
    )
    for options, mark in cases:
        body = await asked(request, **options)
        assert body["system"][-1].get("cache_control") == mark
        assert body["messages"][-1]["content"][-1].get("cache_control") == mark
        assert "cache_control" not in body["messages"][0]["content"][0]
        assert "cache_control" not in body["tools"][0]
    first = await asked(LLMRequest((USER,), (WEATHER,)))
    assert first["tools"][0]["cache_control"] == {"type": "ephemeral"}
    assert "cache_control" not in first["messages"][0]["content"][0]


async def test_a_shape_is_enforced_by_the_server() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 1}, "who": {"enum": ["a", "b"]}},
        "required": ["n"],
    }
    body = await asked(LLMRequest((USER,), output_schema=OutputSchema("out", schema)))
    sent = body["output_config"]["format"]
    assert sent["type"] == "json_schema"
    assert sent["schema"]["additionalProperties"] is False
    assert "minimum" not in sent["schema"]["properties"]["n"]
    assert "system" not in body


@pytest.mark.parametrize(
    "part",
    [
        {},
        {"type": "object"},
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": ["string"]},
    ],
)
async def test_a_shape_that_the_server_would_narrow_is_asked_for_in_words(part: dict[str, Any]) -> None:
    schema = {"type": "object", "properties": {"part": part}, "required": ["part"]}
    body = await asked(LLMRequest((USER,), output_schema=OutputSchema("out", schema)))
    assert "output_config" not in body
    assert json.dumps(schema) in body["system"][0]["text"]


async def test_a_shape_as_the_arguments_of_a_tool() -> None:
    answer: dict[str, Any] = {"type": "tool_use", "id": "x", "name": "weather_report", "input": {}}
    server = Server(
        named(
            {"type": "message_start", "message": {"model": "m-1"}},
            {"type": "content_block_start", "index": 0, "content_block": answer},
            *(
                {
                    "type": "content_block_delta",
                    "index": 0,
                    "delta": {"type": "input_json_delta", "partial_json": piece},
                }
                for piece in ('{"city":', '"Paris","celsius":21}')
            ),
            {"type": "content_block_stop", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 2}},
            {"type": "message_stop"},
        ),
        said({**answer, "input": {"city": "Rome", "celsius": 30}}, reason="tool_use"),
    )
    llm = llm_of(server, FOREIGN)
    request = LLMRequest((USER,), output_schema=WEATHER_REPORT)
    items = [item async for item in llm.stream(request)]
    assert [getattr(item, "text", None) for item in items[:-1]] == ['{"city":', '"Paris","celsius":21}']
    whole = await complete(llm, request)
    assert json.loads(whole.message.content) == {"city": "Rome", "celsius": 30}
    assert whole.finish_reason == "stop"
    assert not whole.message.tool_calls
    body = server.bodies[0]
    assert body["tool_choice"] == {
        "type": "tool",
        "name": "weather_report",
        "disable_parallel_tool_use": True,
    }
    assert body["tools"][0]["input_schema"] == WEATHER_REPORT.schema


@pytest.mark.parametrize(
    ("more", "model"),
    [({"tools": (WEATHER,)}, FOREIGN), ({"reasoning_effort": "high"}, FOREIGN), ({}, "claude-2.1")],
)
async def test_a_shape_in_words_where_no_tool_may_be_forced(more: dict[str, Any], model: str) -> None:
    body = await asked(LLMRequest((USER,), output_schema=WEATHER_REPORT, **more), model)
    assert "JSON Schema" in body["system"][0]["text"]
    assert "tool_choice" not in body


async def test_what_the_model_cannot_do_is_not_asked() -> None:
    shown = LLMRequest((Message(Role.USER, "?", images=(PIXEL,)),))
    with pytest.raises(ProviderRequestError, match="images"):
        await asked(shown, FOREIGN)
    await asked(shown, FOREIGN, profile={"images": True})


async def test_broken_text_is_mended_before_it_is_sent() -> None:
    body = await asked(LLMRequest((Message(Role.USER, "a\ud800b\0"),)))
    assert body["messages"][0]["content"][0]["text"] == "a\ufffdb\ufffd"


async def test_instructions_of_a_model_that_knows_none() -> None:
    request = LLMRequest((Message(Role.SYSTEM, "Be kind."), USER))
    body = await asked(request, profile={"system_role": "user"})
    assert body["messages"] == [{"role": "user", "content": [text("Be kind."), text("Hi")]}]
    assert "system" not in body


async def test_fields_of_the_users_own() -> None:
    assert (await asked(ASK, body={"service_tier": "standard_only"}))["service_tier"] == "standard_only"


@pytest.mark.parametrize(
    "options",
    [
        {"prompt_cach": True},
        {"prompt_cache": "yes"},
        {"cache_ttl": "2h"},
        {"max_tokens": 0},
        {"thinking": "hard"},
        {"profile": {"imagess": True}},
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(options))):
        create(LLMConfig(USUAL, options=options))


def test_a_model_needs_a_name() -> None:
    with pytest.raises(InvalidInputError, match="model name"):
        create(LLMConfig(" "))


async def test_another_vendors_server_gets_what_older_clients_send_and_nothing_of_ours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "https://else.test")
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Secret: of the environment")
    server = Server(said(text("ok")))
    config = LLMConfig(
        FOREIGN, "key-1", "https://other.test/anthropic/v1/", {"X-Team": "blue"}, query={"tenant": "t"}
    )
    await complete(create(config, transport=server.transport), ASK)
    sent = server.requests[0]
    assert str(sent.url) == "https://other.test/anthropic/v1/messages?tenant=t"
    assert sent.headers["authorization"] == "Bearer key-1"
    assert sent.headers["x-api-key"] == "key-1"
    assert sent.headers["anthropic-version"] == "2023-06-01"
    assert sent.headers["x-team"] == "blue"
    assert "x-secret" not in sent.headers


async def test_without_a_key_nothing_of_the_environment_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-of-the-environment")
    server = Server(said(text("ok")))
    config = LLMConfig(FOREIGN, base_url="http://local.test")
    await complete(create(config, transport=server.transport), ASK)
    assert "of-the-environment" not in str(server.requests[0].headers)


def test_profiles_are_known_by_name() -> None:
    assert profile("us.anthropic.claude-haiku-4-5-20251001-v1:0").max_output == 64_000
    assert profile("claude-opus-4-8").sampling is False
    assert profile("claude-3-5-haiku-20241022").reasoning is False
    unknown = profile("kimi-k3")
    assert (unknown.structured, unknown.images, unknown.max_output) == ("json", False, None)
