"""`ollama` against exchanges written from the API's reference."""

from dataclasses import replace
from pathlib import Path

import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, LLMResponse, ModelInfo, Usage, complete
from liteagent.contracts.messages import Message, Role
from liteagent.providers.llm.ollama import create
from liteagent.testing.llm_suite import LLMSuite
from tests.unit.providers.wire.recorded import RecordedWire

FOLDER = Path(__file__).parent / "wire" / "ollama"


@pytest.fixture
def wire() -> RecordedWire:
    return RecordedWire(FOLDER)


@pytest.fixture
def llm(wire: RecordedWire) -> LLM:
    config = LLMConfig("qwen3:8b", headers={"X-Team": "blue"}, timeout=20)
    return create(config, transport=wire)


class TestOllama(LLMSuite):
    counts_usage = True
    calls_in_parallel = True
    gives_structure = True
    sees_images = True
    thinks_aloud = True

    @pytest.fixture(autouse=True)
    def nothing_stays_open(self, wire: RecordedWire) -> None:
        self.wire = wire

    def tool_request(self) -> LLMRequest:
        return self.parallel_request()

    def open_calls(self, _llm: LLM, /) -> int:
        return self.wire.open


async def test_text_usage_model_and_headers(llm: LLM, wire: RecordedWire) -> None:
    response = await complete(llm, LLMSuite().text_request())
    assert response == LLMResponse(
        Message(Role.ASSISTANT, "This is a sentence of some words — über 😀."),
        Usage(17, 12),
        "stop",
        "qwen3:8b",
    )
    sent = wire.headers[0]
    assert sent["host"] == "127.0.0.1:11434"
    assert sent["x-team"] == "blue"
    assert "authorization" not in sent
    assert wire.served == ["text"]


async def test_calls_without_ids_get_the_same_ones_each_time(llm: LLM) -> None:
    request = LLMSuite().parallel_request()
    first, second = await complete(llm, request), await complete(llm, request)
    assert first == second
    assert [(call.name, call.arguments) for call in first.message.tool_calls] == [
        ("get_weather", '{"city": "Paris"}'),
        ("get_weather", '{"city": "Rome"}'),
    ]
    longer = replace(request, messages=(Message(Role.SYSTEM, "Be kind."), *request.messages))
    assert longer != request


async def test_the_server_is_asked_once_what_its_model_can_do(llm: LLM, wire: RecordedWire) -> None:
    await complete(llm, LLMSuite().image_request())
    await complete(llm, LLMSuite().image_request())
    assert wire.served == ["show", "image", "image"]


async def test_its_models_with_their_windows(llm: LLM) -> None:
    assert await llm.models() == (ModelInfo("qwen3:8b", 40_960), ModelInfo("all-minilm:latest", 256))
