"""`openai` and Azure against aimock: Responses, Chat Completions and deployments, its journal read back."""

from collections.abc import AsyncIterator, Iterator
from typing import Any, ClassVar

import pytest

from liteagent.contracts.errors import ProviderRequestError
from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm import openai, openai_compatible
from liteagent.testing import LLMSuite
from tests.peers.aimock import Aimock, running_aimock
from tests.peers.failure_suite import FailureSuite, asking


@pytest.fixture(scope="module")
def peer() -> Iterator[Aimock]:
    with running_aimock("openai.json") as peer:
        yield peer


class LiveSuite(LLMSuite):
    deterministic: ClassVar[bool] = False  # it gives every call another id
    counts_usage = True
    calls_in_parallel = True
    gives_structure = True
    sees_images = True

    def tool_request(self) -> LLMRequest:
        return self.parallel_request()


def of_openai(peer: Aimock, model: str, **options: Any) -> LLM:
    return openai.create(LLMConfig(model, "sk-of-the-test", f"{peer.url}/v1", timeout=20, options=options))


def of_azure(peer: Aimock) -> LLM:
    azure = {"api_version": "2024-10-21", "deployment": "mine"}
    config = LLMConfig("gpt-4o", "key-of-the-test", peer.url, timeout=20, options={"azure": azure})
    return openai_compatible.create(config)


class TestResponses(LiveSuite, FailureSuite):
    answered = "usage"
    cut_after_words = False  # it cuts by events, of which those before the text are enough
    thinks_aloud = True

    @pytest.fixture
    async def llm(self, peer: Aimock) -> AsyncIterator[LLM]:
        llm = of_openai(peer, "gpt-5-mini")
        yield llm
        await llm.aclose()


class TestChat(LiveSuite, FailureSuite):
    answered = "usage"

    @pytest.fixture
    async def llm(self, peer: Aimock) -> AsyncIterator[LLM]:
        llm = of_openai(peer, "gpt-4o-mini", api="chat")
        yield llm
        await llm.aclose()


class TestAzure(LiveSuite):
    async def test_models_and_model_are_names(self, llm: LLM) -> None:
        assert llm.model == "gpt-4o"
        with pytest.raises(ProviderRequestError, match="404"):  # aimock has no list of models for Azure
            await llm.models()

    @pytest.fixture
    async def llm(self, peer: Aimock) -> AsyncIterator[LLM]:
        llm = of_azure(peer)
        yield llm
        await llm.aclose()


@pytest.fixture
async def llm(peer: Aimock) -> AsyncIterator[LLM]:
    llm = of_openai(peer, "gpt-5-mini")
    yield llm
    await llm.aclose()


async def test_responses_are_asked_and_thoughts_come_sealed(peer: Aimock, llm: LLM) -> None:
    asked = LLMSuite().reasoning_request()
    response = await complete(llm, asked)
    assert peer.asked()["path"] == "/v1/responses"
    state: Any = response.message.provider_state
    thought, said = state["openai"]["items"]
    assert thought["encrypted_content"], "aimock seals what it is asked to include"
    assert said == {"type": "message", "characters": len(response.message.content)}
    again = Message(Role.USER, "Are you sure?")
    await complete(llm, LLMRequest((*asked.messages, response.message, again)))
    # The journal holds the conversation as aimock understands it.
    assert peer.body() == {
        "model": "gpt-5-mini",
        "messages": [
            {"role": "user", "content": asked.messages[0].content},
            {"role": "assistant", "content": response.message.content},
            {"role": "user", "content": again.content},
        ],
        "stream": True,
    }


async def test_chat_completions_are_asked_field_by_field(peer: Aimock) -> None:
    llm = of_openai(peer, "gpt-4o-mini", api="chat")
    request = LLMSuite().structured_request()
    assert request.output_schema is not None
    await complete(llm, request)
    await llm.aclose()
    shape = {"name": "weather_report", "schema": request.output_schema.schema, "strict": True}
    assert peer.asked()["path"] == "/v1/chat/completions"
    assert peer.body() == {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": request.messages[0].content},
            {"role": "user", "content": request.messages[1].content},
        ],
        "response_format": {"type": "json_schema", "json_schema": shape},
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_azure_is_asked_at_its_deployment(peer: Aimock) -> None:
    llm = of_azure(peer)
    await complete(llm, asking("usage"))
    await llm.aclose()
    asked = peer.asked()
    assert asked["path"].partition("?")[0] == "/openai/deployments/mine/chat/completions"
    assert "api-key" in asked["headers"]
    assert "authorization" not in asked["headers"]


@pytest.mark.parametrize("api", ["responses", "chat"])
async def test_usage_is_as_the_server_counted(peer: Aimock, api: str) -> None:
    llm = of_openai(peer, "gpt-5-mini", api=api)
    usage = (await complete(llm, asking("usage"))).usage
    await llm.aclose()
    assert (usage.input, usage.output) == (7, 3)
