"""What is sent to an OpenAI-compatible server, seen by the server."""

import json
from typing import Any

import httpx2
import pytest

from liteagent.contracts.errors import InvalidInputError, ProviderRequestError
from liteagent.contracts.llm import LLMConfig, LLMRequest, OutputSchema, ToolSpec, complete
from liteagent.contracts.messages import Image, Message, Role, ToolCall
from liteagent.providers.llm.openai_compatible import create

ANSWER = (
    b'data: {"choices":[{"index":0,"delta":{"content":"ok"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
)
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


class Server:
    """Answers "ok" and keeps what it was asked."""

    def __init__(self) -> None:
        self.seen: list[httpx2.Request] = []
        self.transport = httpx2.MockTransport(self.answer)

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=ANSWER)

    async def asked(self, request: LLMRequest, config: LLMConfig) -> dict[str, Any]:
        """The body that `request` becomes."""
        llm = create(config, transport=self.transport)
        await complete(llm, request)
        await llm.aclose()
        return json.loads(self.seen[-1].content)


@pytest.fixture
def server() -> Server:
    return Server()


LOCAL = LLMConfig("tiny", base_url="http://model.test/v1")
HI = LLMRequest((Message(Role.USER, "Hi"),))


async def test_a_plain_question(server: Server) -> None:
    assert await server.asked(HI, LOCAL) == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert server.seen[0].method == "POST"
    assert str(server.seen[0].url) == "http://model.test/v1/chat/completions"


async def test_tools_and_settings(server: Server) -> None:
    tool = ToolSpec("get_weather", "The weather of a city.", PARAMETERS)
    request = LLMRequest(HI.messages, (tool,), temperature=0.0, max_output_tokens=50)
    body = await server.asked(request, LOCAL)
    function = {"name": "get_weather", "description": "The weather of a city.", "parameters": PARAMETERS}
    assert body["tools"] == [{"type": "function", "function": function}]
    assert body["temperature"] == 0
    assert body["max_tokens"] == 50


async def test_openai_itself_has_its_own_name_for_the_limit(server: Server) -> None:
    body = await server.asked(LLMRequest(HI.messages, max_output_tokens=50), LLMConfig("m", api_key="k"))
    assert body["max_completion_tokens"] == 50
    assert "max_tokens" not in body
    assert server.seen[0].url.host == "api.openai.com"


async def test_a_model_that_thinks_is_told_how_long_and_by_its_developer(server: Server) -> None:
    request = LLMRequest(
        (Message(Role.SYSTEM, "Be kind."), *HI.messages),
        temperature=0.5,
        top_p=0.5,
        reasoning_effort="minimal",
    )
    body = await server.asked(request, LLMConfig("o3", "k"))
    assert body == {
        "model": "o3",
        "messages": [{"role": "developer", "content": "Be kind."}, {"role": "user", "content": "Hi"}],
        "reasoning_effort": "low",
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_pictures_are_sent_with_the_text(server: Server) -> None:
    picture = Image("image/png", "aGk=")
    shown = {"type": "image_url", "image_url": {"url": "data:image/png;base64,aGk="}}
    for text, parts in (("What?", [{"type": "text", "text": "What?"}, shown]), ("", [shown])):
        body = await server.asked(LLMRequest((Message(Role.USER, text, images=(picture,)),)), LOCAL)
        assert body["messages"] == [{"role": "user", "content": parts}]


@pytest.mark.parametrize("lacking", ["images", "tools"])
async def test_what_a_model_cannot_do_is_not_asked_of_it(server: Server, lacking: str) -> None:
    asked = LLMRequest(
        (Message(Role.USER, "What?", images=(Image("image/png", "aGk="),)),), (ToolSpec("f", "", PARAMETERS),)
    )
    config = LLMConfig("tiny", base_url="http://model.test/v1", options={"profile": {lacking: False}})
    with pytest.raises(ProviderRequestError, match="profile"):
        await server.asked(asked, config)
    assert server.seen == []


async def test_the_rest_of_the_settings(server: Server) -> None:
    tool = ToolSpec("f", "", PARAMETERS)
    request = LLMRequest(
        HI.messages, (tool,), tool_choice=tool, parallel_tools=False, top_p=0.5, stop=("END",)
    )
    options = {"prompt_cache_key": "k", "body": {"top_k": 5}}
    body = await server.asked(request, LLMConfig("tiny", base_url="http://model.test/v1", options=options))
    assert body["tool_choice"] == {"type": "function", "function": {"name": "f"}}
    assert body["parallel_tool_calls"] is False
    assert (body["top_p"], body["stop"], body["prompt_cache_key"], body["top_k"]) == (0.5, ["END"], "k", 5)


@pytest.mark.parametrize(
    ("config", "schema", "expected"),
    [
        (LOCAL, {"type": "object", "properties": {"a": {}}, "required": ["a"]}, ("json_schema", True)),
        (LOCAL, {"type": "object", "properties": {"a": {}}}, ("json_schema", False)),
        (LLMConfig("gpt-3.5-turbo", "k"), {"type": "object"}, ("json_object", None)),
    ],
)
async def test_the_shape_of_the_answer(
    server: Server, config: LLMConfig, schema: dict[str, Any], expected: tuple[str, bool | None]
) -> None:
    body = await server.asked(LLMRequest(HI.messages, output_schema=OutputSchema("s", schema)), config)
    shape = body["response_format"]
    assert (shape["type"], shape.get("json_schema", {}).get("strict")) == expected


@pytest.mark.parametrize(("name", "sent"), [("Ein Maß für alles", "Ein_Ma__f_r_alles"), ("", "answer")])
async def test_the_name_of_a_shape_is_one_that_the_api_takes(server: Server, name: str, sent: str) -> None:
    body = await server.asked(LLMRequest(HI.messages, output_schema=OutputSchema(name, PARAMETERS)), LOCAL)
    assert body["response_format"]["json_schema"]["name"] == sent


async def test_a_query_goes_with_each_request(server: Server) -> None:
    config = LLMConfig("m", base_url="http://model.test/v1?a=1", query={"b": "2"})
    await server.asked(HI, config)
    assert dict(server.seen[0].url.params) == {"a": "1", "b": "2"}
    assert server.seen[0].url.path == "/v1/chat/completions"


@pytest.mark.parametrize(("deployment", "named"), [("mine", "mine"), (None, "gpt-4o")])
async def test_azure_has_its_own_addresses_and_header(
    server: Server, deployment: str | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AZURE_OPENAI_AD_TOKEN", "of-the-environment")
    azure = {"api_version": "2024-10-21", **({"deployment": deployment} if deployment else {})}
    config = LLMConfig("gpt-4o", "key", "https://mine.azure.test", options={"azure": azure})
    await server.asked(LLMRequest(HI.messages, max_output_tokens=5), config)
    asked = server.seen[0]
    assert asked.url.path == f"/openai/deployments/{named}/chat/completions"
    assert asked.url.params["api-version"] == "2024-10-21"
    assert asked.headers["api-key"] == "key"
    assert "authorization" not in asked.headers
    assert json.loads(asked.content)["max_completion_tokens"] == 5


async def test_thoughts_before_calls_go_back_where_a_server_wants_them() -> None:
    seen: list[dict[str, Any]] = []
    call = {"index": 0, "id": "c", "function": {"name": "f", "arguments": "{}"}}
    delta = {"reasoning_content": "hm", "tool_calls": [call]}
    event = json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": "tool_calls"}]})

    def answer(request: httpx2.Request) -> httpx2.Response:
        seen.append(json.loads(request.content))
        return httpx2.Response(
            200, headers={"content-type": "text/event-stream"}, content=f"data: {event}\n\n"
        )

    config = LLMConfig("m", base_url="http://model.test/v1", options={"return_reasoning": True})
    llm = create(config, transport=httpx2.MockTransport(answer))
    response = await complete(llm, HI)
    assert response.reasoning == "hm"
    await complete(
        llm, LLMRequest((*HI.messages, response.message, Message(Role.TOOL, "1", tool_call_id="c")))
    )
    assert seen[1]["messages"][1]["reasoning_content"] == "hm"


async def test_a_whole_turn_with_tools(server: Server) -> None:
    messages = (
        Message(Role.SYSTEM, "Be short."),
        Message(Role.USER, "Weather?"),
        Message(Role.ASSISTANT, "", tool_calls=(ToolCall("c1", "get_weather", '{"city": "Rome"}'),)),
        Message(Role.TOOL, "sunny", tool_call_id="c1"),
        Message(Role.ASSISTANT, "Sunny."),
    )
    body = await server.asked(LLMRequest(messages), LOCAL)
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "get_weather", "arguments": '{"city": "Rome"}'},
    }
    assert body["messages"] == [
        {"role": "system", "content": "Be short."},
        {"role": "user", "content": "Weather?"},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sunny"},
        {"role": "assistant", "content": "Sunny."},
    ]


@pytest.mark.parametrize("written", ['{"city": ', "[1]", "", "nonsense", "[" * 100_000])
async def test_badly_written_arguments_of_an_earlier_call_do_not_spoil_the_rest(
    server: Server, written: str
) -> None:
    messages = (*HI.messages, Message(Role.ASSISTANT, "", (ToolCall("c", "f", written),)), *HI.messages)
    body = await server.asked(LLMRequest(messages), LOCAL)
    arguments = body["messages"][1]["tool_calls"][0]["function"]["arguments"]
    assert json.loads(arguments) == {"unreadable": written}


async def test_text_that_is_no_unicode_is_mended(server: Server) -> None:
    body = await server.asked(LLMRequest((Message(Role.USER, "a\ud800b\0c"),)), LOCAL)
    assert body["messages"][0]["content"] == "a\ufffdb\ufffdc"


async def test_key_and_headers_are_sent(server: Server) -> None:
    config = LLMConfig("m", "sk-secret", "https://model.test/v1", {"X-Team": "blue"})
    await server.asked(HI, config)
    assert server.seen[0].headers["authorization"] == "Bearer sk-secret"
    assert server.seen[0].headers["x-team"] == "blue"


async def test_without_a_key_a_placeholder_is_sent_and_nothing_of_the_environment(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-the-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-environment")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://elsewhere.test")
    await server.asked(HI, LOCAL)
    assert server.seen[0].headers["authorization"] == "Bearer not-needed"
    assert not [value for value in server.seen[0].headers.values() if "environment" in value]
    assert server.seen[0].url.host == "model.test"


@pytest.mark.parametrize(
    "config",
    [
        LLMConfig(" ", base_url="http://h/v1"),
        LLMConfig("m", base_url="h/v1"),
        LLMConfig("m", base_url="ftp://h/v1"),
        LLMConfig("m", base_url="http://"),
        LLMConfig("m", base_url="http://h:99999/v1"),
        LLMConfig("m", base_url="http://a b/v1"),
        LLMConfig("m", base_url="http://[::1/v1"),
        LLMConfig("m", "sk-\nsecret"),
        LLMConfig("m", "sk-sécret"),
        LLMConfig("m", headers={"X-A": "secret\r\nX-B: c"}),
        LLMConfig("m", headers={"X A": "secret"}),
        LLMConfig("m", timeout=0),
        LLMConfig("m", timeout=float("nan")),
        LLMConfig("m", timeout=float("inf")),
        LLMConfig("m", options={"zebra": 1}),
        LLMConfig("m", options={"api": "assistants"}),
        LLMConfig("m", options={"azure": {}}),
        LLMConfig("m", options={"azure": {"api_version": "1", "key": "secret"}}),
        LLMConfig("m", options={"profile": {"image": True}}),
        LLMConfig("m", options={"profile": {"images": "yes"}}),
        LLMConfig("m", options={"body": "secret"}),
    ],
)
def test_an_unusable_configuration_is_refused_without_telling_the_key(config: LLMConfig) -> None:
    with pytest.raises(InvalidInputError) as caught:
        create(config)
    assert "secret" not in caught.value.message
    assert "sécret" not in caught.value.message


def test_the_key_is_in_no_repr() -> None:
    config = LLMConfig("m", "sk-secret", "https://model.test/v1", {"X-Key": "also-secret"})
    llm = create(config, transport=Server().transport)
    assert llm.model == "m"
    assert "secret" not in repr(config) + repr(llm) + repr(vars(llm))
