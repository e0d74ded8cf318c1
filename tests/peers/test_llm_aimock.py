"""`openai_compatible` against aimock, somebody else's implementation of OpenAI's protocol."""

import json
from collections.abc import AsyncIterator, Iterator

import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, LLMResponse, TextDelta, ToolSpec, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.openai_compatible import create
from tests.peers.aimock import Aimock, running_aimock
from tests.peers.failure_suite import FailureSuite, asking

WEATHER = ToolSpec(
    "get_weather",
    "The weather of a city.",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


@pytest.fixture(scope="module")
def peer() -> Iterator[Aimock]:
    with running_aimock("chat.json") as peer:
        yield peer


@pytest.fixture
async def llm(peer: Aimock) -> AsyncIterator[LLM]:
    config = LLMConfig("some-model", "sk-of-the-test", f"{peer.url}/v1", {"X-Team": "blue"}, timeout=20)
    llm = create(config)
    yield llm
    await llm.aclose()


class TestFailures(FailureSuite):
    answered = "hello"


async def test_a_chat_is_streamed_and_counted(llm: LLM) -> None:
    items = [item async for item in llm.stream(asking("hello"))]
    *deltas, last = items
    assert isinstance(last, LLMResponse)
    assert len(deltas) > 3
    text = "".join(item.text for item in deltas if isinstance(item, TextDelta))
    assert text == last.message.content == "Hello! What would you like to know?"
    assert last.finish_reason == "stop"
    assert last.usage.input > 0
    assert last.usage.output > 0
    assert last.model == "some-model"


async def test_what_was_sent_stands_in_its_journal(peer: Aimock, llm: LLM) -> None:
    messages = (Message(Role.SYSTEM, "Be kind."), Message(Role.USER, "hello"))
    await complete(llm, LLMRequest(messages, (WEATHER,), temperature=0.5, max_output_tokens=64))
    asked = peer.asked()
    assert asked["method"] == "POST"
    assert asked["path"] == "/v1/chat/completions"
    assert asked["headers"]["authorization"]
    assert asked["headers"]["x-team"] == "blue"
    function = {"name": WEATHER.name, "description": WEATHER.description, "parameters": WEATHER.parameters}
    assert peer.body() == {
        "model": "some-model",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "hello"}],
        "tools": [{"type": "function", "function": function}],
        "temperature": 0.5,
        "max_tokens": 64,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_tool_calls_and_the_way_back(peer: Aimock, llm: LLM) -> None:
    question = Message(Role.USER, "weather, please")
    first = await complete(llm, LLMRequest((question,), (WEATHER,)))
    calls = first.message.tool_calls
    assert first.finish_reason == "tool_calls"
    assert [(call.name, json.loads(call.arguments)) for call in calls] == [
        ("get_weather", {"city": "Paris"}),
        ("get_weather", {"city": "Rome"}),
    ]
    assert calls[0].id != calls[1].id

    results = tuple(Message(Role.TOOL, "sunny", tool_call_id=call.id) for call in calls)
    second = await complete(llm, LLMRequest((question, first.message, *results), (WEATHER,)))
    assert second.message.content == "It is sunny in Paris."
    sent = peer.asked()["body"]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in sent[1]["tool_calls"]] == [call.id for call in calls]
    assert [message["tool_call_id"] for message in sent[2:]] == [call.id for call in calls]


async def test_a_character_that_is_cut_in_two_arrives_whole(llm: LLM) -> None:
    assert (await complete(llm, asking("emoji"))).message.content == "1234567😀 is in two pieces."


async def test_its_models_are_listed(llm: LLM) -> None:
    assert all(model.id for model in await llm.models())
