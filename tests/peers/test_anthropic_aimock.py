"""`anthropic` against aimock, somebody else's implementation of Anthropic's protocol."""

from collections.abc import AsyncIterator, Iterator

import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, Usage, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.anthropic import create
from liteagent.testing.llm_suite import WEATHER, LLMSuite
from tests.peers.aimock import Aimock, running_aimock
from tests.peers.failure_suite import FailureSuite


@pytest.fixture(scope="module")
def peer() -> Iterator[Aimock]:
    with running_aimock("anthropic.json") as peer:
        yield peer


@pytest.fixture
async def llm(peer: Aimock) -> AsyncIterator[LLM]:
    llm = create(LLMConfig("claude-haiku-5-5", "sk-of-the-test", peer.url, {"X-Team": "blue"}, timeout=20))
    yield llm
    await llm.aclose()


class TestAgainstAimock(LLMSuite, FailureSuite):
    counts_usage = True
    calls_in_parallel = True
    gives_structure = True
    sees_images = True
    thinks_aloud = True

    def tool_request(self) -> LLMRequest:
        return self.parallel_request()


async def test_what_was_sent_stands_in_its_journal(peer: Aimock, llm: LLM) -> None:
    messages = (Message(Role.SYSTEM, "Be kind."), Message(Role.USER, "Say a sentence"))
    response = await complete(llm, LLMRequest(messages, (WEATHER,), max_output_tokens=64))
    assert response.usage == Usage(9, 8)
    asked = peer.asked()
    assert (asked["method"], asked["path"]) == ("POST", "/v1/messages")
    assert asked["headers"]["anthropic-version"]
    assert asked["headers"]["x-api-key"]
    assert asked["headers"]["x-team"] == "blue"
    function = {"name": WEATHER.name, "description": WEATHER.description, "parameters": WEATHER.parameters}
    assert peer.body() == {
        "model": "claude-haiku-5-5",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Say a sentence"},
        ],
        "max_tokens": 64,
        "tools": [{"type": "function", "function": function}],
        "stream": True,
    }


async def test_calls_and_the_way_back(peer: Aimock, llm: LLM) -> None:
    request = LLMSuite().parallel_request()
    first = await complete(llm, request)
    calls = first.message.tool_calls
    results = tuple(Message(Role.TOOL, "sunny", tool_call_id=call.id) for call in calls)
    second = await complete(llm, LLMRequest((*request.messages, first.message, *results), request.tools))
    assert second.message.content == "It is sunny in both."
    sent = peer.body()["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["id"] for call in sent[1]["tool_calls"]] == [call.id for call in calls]
    assert [message["tool_call_id"] for message in sent[2:]] == [call.id for call in calls]


async def test_signed_and_hidden_thinking_is_kept(llm: LLM) -> None:
    response = await complete(llm, LLMSuite().reasoning_request())
    assert response.reasoning == "Those are 2, 3, 5, 7, 11, 13, 17 and 19."
    kept = str(response.message.provider_state)
    assert "c2lnbmVkIGJ5IGFpbW9jaw==" in kept
    assert "aGlkZGVu" in kept
