"""What is said to Ollama, field by field."""

import json
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from liteagent.contracts.errors import InvalidInputError, ProviderRequestError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, OutputSchema, ReasoningEffort, complete
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.ollama import create, profile
from liteagent.testing.llm_suite import PIXEL, WEATHER, WEATHER_REPORT

USER = Message(Role.USER, "Hi")
ASK = LLMRequest((USER,))
CAPABILITIES = ("completion", "tools", "vision", "thinking")


class Server:
    """Says ok to each chat, and what its model can do where `capabilities` is not None."""

    def __init__(self, *capabilities: str, shows: bool = True) -> None:
        self.capabilities = capabilities
        self.shows = shows
        self.requests: list[httpx2.Request] = []
        self.transport = httpx2.MockTransport(self._answer)

    @property
    def chats(self) -> list[dict[str, Any]]:
        return [json.loads(each.content) for each in self.requests if each.url.path.endswith("/api/chat")]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if request.url.path.endswith("/api/chat"):
            return httpx2.Response(200, json={"message": {"content": "ok"}, "done": True})
        if not self.shows:
            return httpx2.Response(404, text="404 page not found")
        return httpx2.Response(200, json={"capabilities": list(self.capabilities)})


def llm_of(server: Server, model: str = "some:8b", **options: Any) -> LLM:
    return create(LLMConfig(model, timeout=20, options=options), transport=server.transport)


async def asked(request: LLMRequest, model: str = "some:8b", **options: Any) -> dict[str, Any]:
    server = Server(*CAPABILITIES)
    await complete(llm_of(server, model, **options), request)
    return server.chats[0]


async def test_a_plain_question_says_no_more_than_it_must() -> None:
    server = Server()
    await complete(llm_of(server), LLMRequest((Message(Role.SYSTEM, "Be kind."), USER)))
    assert server.chats == [
        {
            "model": "some:8b",
            "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
            "stream": True,
        }
    ]
    assert [each.url.path for each in server.requests] == ["/api/chat"]


async def test_settings_of_request_and_provider() -> None:
    request = replace(ASK, temperature=0.0, top_p=0.9, max_output_tokens=64, stop=("END",))
    body = await asked(
        request, keep_alive=-1, num_ctx=8192, truncate=False, options={"seed": 7, "temperature": 1}
    )
    assert body["options"] == {
        "seed": 7,
        "temperature": 0.0,
        "num_ctx": 8192,
        "num_predict": 64,
        "stop": ["END"],
        "top_p": 0.9,
    }
    assert body["keep_alive"] == -1
    assert body["truncate"] is False


async def test_calls_and_results_with_their_names() -> None:
    calls = (ToolCall("a", "get_weather", '{"city": "Paris"}'), ToolCall("b", "broken", "{"))
    messages = (
        USER,
        Message(Role.ASSISTANT, "", tool_calls=calls),
        Message(Role.TOOL, "sunny", tool_call_id="a"),
        Message(Role.TOOL, "?", tool_call_id="unknown"),
    )
    body = await asked(LLMRequest(messages, (WEATHER,)))
    assert body["messages"][1:] == [
        {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "a", "function": {"name": "get_weather", "arguments": {"city": "Paris"}}},
                {"id": "b", "function": {"name": "broken", "arguments": {"unreadable": "{"}}},
            ],
        },
        {"role": "tool", "content": "sunny", "tool_name": "get_weather", "tool_call_id": "a"},
        {"role": "tool", "content": "?", "tool_name": "", "tool_call_id": "unknown"},
    ]
    function = {"name": WEATHER.name, "description": WEATHER.description, "parameters": WEATHER.parameters}
    assert body["tools"] == [{"type": "function", "function": function}]


async def test_the_choice_among_tools_is_told_in_words() -> None:
    other = replace(WEATHER, name="other")
    request = LLMRequest((USER,), (WEATHER, other))
    assert "tools" not in await asked(replace(request, tool_choice="none"))
    one = await asked(replace(request, tool_choice=other))
    assert [tool["function"]["name"] for tool in one["tools"]] == ["other"]
    assert "the tool other" in one["messages"][-1]["content"]
    some = await asked(replace(request, tool_choice="required"))
    assert len(some["tools"]) == 2
    assert "one of the tools" in some["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("structured", "sent", "words"),
    [("schema", WEATHER_REPORT.schema, False), ("json", "json", True), ("none", None, True)],
)
async def test_a_shape(structured: str, sent: Any, words: bool) -> None:
    request = LLMRequest((USER,), output_schema=WEATHER_REPORT)
    body = await asked(request, profile={"structured": structured})
    assert body.get("format") == sent
    assert ("JSON Schema" in body["messages"][0]["content"]) is words


async def test_a_shape_beside_tools_does_not_keep_from_calling() -> None:
    schema = OutputSchema("out", {"type": "object"})
    body = await asked(LLMRequest((USER,), (WEATHER,), output_schema=schema))
    assert "format" not in body
    assert "JSON Schema" in body["messages"][0]["content"]


@pytest.mark.parametrize(
    ("model", "effort", "sent"),
    [
        ("some:8b", None, None),
        ("some:8b", "low", True),
        ("some:8b", "none", False),
        ("gpt-oss:20b", "max", "high"),
        ("gpt-oss:20b", "none", "low"),
    ],
)
async def test_how_long_to_think(model: str, effort: ReasoningEffort | None, sent: Any) -> None:
    assert (await asked(replace(ASK, reasoning_effort=effort), model)).get("think") == sent


async def test_what_the_server_says_of_its_model_holds() -> None:
    server = Server("completion")
    llm = llm_of(server, "qwen3:8b")
    await complete(llm, replace(ASK, reasoning_effort="high"))
    assert "think" not in server.chats[0]
    with pytest.raises(ProviderRequestError, match="tools"):
        await complete(llm, LLMRequest((USER,), (WEATHER,)))
    with pytest.raises(ProviderRequestError, match="images"):
        await complete(llm, LLMRequest((Message(Role.USER, "?", images=(PIXEL,)),)))
    assert [each.url.path for each in server.requests] == ["/api/show", "/api/chat"]


async def test_the_option_profile_knows_better_than_the_server() -> None:
    server = Server("completion")
    await complete(llm_of(server, profile={"tools": True}), LLMRequest((USER,), (WEATHER,)))
    assert server.chats[0]["tools"]


async def test_a_server_that_cannot_say_is_taken_at_the_models_name() -> None:
    server = Server(shows=False)
    await complete(llm_of(server, "qwen3:8b"), replace(ASK, reasoning_effort="high"))
    assert server.chats[0]["think"] is True


async def test_the_system_role_of_a_profile() -> None:
    request = LLMRequest((Message(Role.SYSTEM, "Be kind."), USER))
    body = await asked(request, profile={"system_role": "user"})
    assert body["messages"][0] == {"role": "user", "content": "Be kind."}


async def test_thinking_goes_back_until_there_is_an_answer() -> None:
    call = ToolCall("a", "get_weather", "{}")
    state = {"ollama": {"thinking": "Hm."}}
    thought = Message(Role.ASSISTANT, "", tool_calls=(call,), provider_state=state)
    result = Message(Role.TOOL, "sunny", tool_call_id="a")
    within = await asked(LLMRequest((USER, thought, result), (WEATHER,)))
    assert within["messages"][1]["thinking"] == "Hm."
    after = await asked(LLMRequest((USER, thought, result, USER), (WEATHER,)))
    assert "thinking" not in after["messages"][1]


@pytest.mark.parametrize("base_url", ["http://box.test:1/v1", "http://box.test:1/api/", "http://box.test:1"])
async def test_where_the_server_is_and_what_opens_it(base_url: str) -> None:
    server = Server()
    config = LLMConfig("m", "key-1", base_url, {"X-Team": "blue"}, query={"tenant": "t"})
    await complete(create(config, transport=server.transport), ASK)
    sent = server.requests[0]
    assert str(sent.url) == "http://box.test:1/api/chat?tenant=t"
    assert sent.headers["authorization"] == "Bearer key-1"
    assert sent.headers["x-team"] == "blue"


@pytest.mark.parametrize(
    "options", [{"num_ctxx": 1}, {"num_ctx": 0}, {"keep_alive": True}, {"options": []}, {"profile": {"x": 1}}]
)
def test_wrong_options_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInputError, match=next(iter(options))):
        create(LLMConfig("m", options=options))


def test_a_model_needs_a_name() -> None:
    with pytest.raises(InvalidInputError, match="model name"):
        create(LLMConfig(""))


def test_profiles_are_known_by_name() -> None:
    assert profile("gpt-oss:20b").efforts == ("low", "medium", "high")
    assert profile("llava:7b").images is True
    assert profile("qwen3-coder:30b").reasoning is False
    assert profile("somebody/of-ones-own").tools is True
