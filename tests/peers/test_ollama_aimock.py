"""`ollama` against aimock, somebody else's implementation of Ollama's protocol."""

from collections.abc import AsyncIterator, Iterator

import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.ollama import create
from liteagent.testing.llm_suite import WEATHER, LLMSuite
from tests.peers.aimock import Aimock, running_aimock
from tests.peers.failure_suite import FailureSuite


@pytest.fixture(scope="module")
def peer() -> Iterator[Aimock]:
    with running_aimock("ollama.json") as peer:
        yield peer


@pytest.fixture
async def llm(peer: Aimock) -> AsyncIterator[LLM]:
    options = {"profile": {"images": True}, "num_ctx": 8192}
    config = LLMConfig("some:8b", None, peer.url, {"X-Team": "blue"}, timeout=20, options=options)
    llm = create(config)
    yield llm
    await llm.aclose()


class TestAgainstAimock(LLMSuite, FailureSuite):
    told_of_no_model = "ollama pull some:8b"
    calls_in_parallel = True
    gives_structure = True
    sees_images = True

    def tool_request(self) -> LLMRequest:
        return self.parallel_request()


async def test_what_was_sent_stands_in_its_journal(peer: Aimock, llm: LLM) -> None:
    messages = (Message(Role.SYSTEM, "Be kind."), Message(Role.USER, "Say a sentence"))
    await complete(llm, LLMRequest(messages, (WEATHER,), temperature=0.5, max_output_tokens=64))
    asked = peer.asked()
    assert (asked["method"], asked["path"]) == ("POST", "/api/chat")
    assert asked["headers"]["x-team"] == "blue"
    function = {"name": WEATHER.name, "description": WEATHER.description, "parameters": WEATHER.parameters}
    assert peer.body() == {
        "model": "some:8b",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "Say a sentence"},
        ],
        "temperature": 0.5,
        "max_tokens": 64,
        "tools": [{"type": "function", "function": function}],
        "stream": True,
    }


async def test_calls_without_ids_and_the_way_back(peer: Aimock, llm: LLM) -> None:
    request = LLMSuite().parallel_request()
    first, again = await complete(llm, request), await complete(llm, request)
    calls = first.message.tool_calls
    assert calls == again.message.tool_calls
    results = tuple(Message(Role.TOOL, "sunny", tool_call_id=call.id) for call in calls)
    second = await complete(llm, LLMRequest((*request.messages, first.message, *results), request.tools))
    assert second.message.content == "It is sunny in both."
    sent = peer.body()["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "tool"]
    assert [call["function"]["name"] for call in sent[1]["tool_calls"]] == ["get_weather"] * 2
