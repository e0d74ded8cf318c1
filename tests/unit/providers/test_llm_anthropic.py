"""`anthropic` against exchanges written from the API's reference."""

from pathlib import Path

import pytest

from liteagent.contracts.llm import (
    LLM,
    LLMConfig,
    LLMRequest,
    LLMResponse,
    ModelInfo,
    ReasoningDelta,
    Usage,
    complete,
)
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.anthropic import create
from liteagent.testing.llm_suite import LLMSuite
from tests.unit.providers.wire.recorded import RecordedWire

FOLDER = Path(__file__).parent / "wire" / "anthropic"


@pytest.fixture
def wire() -> RecordedWire:
    return RecordedWire(FOLDER)


@pytest.fixture
def llm(wire: RecordedWire) -> LLM:
    config = LLMConfig("claude-haiku-5-5", "sk-ant-of-the-test", headers={"X-Team": "blue"}, timeout=20)
    return create(config, transport=wire)


class TestAnthropic(LLMSuite):
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
        Usage(14, 15),
        "stop",
        "claude-haiku-5-5-20261001",
    )
    sent = wire.headers[0]
    assert sent["host"] == "api.anthropic.com"
    assert sent["authorization"] == "Bearer sk-ant-of-the-test"
    assert sent["anthropic-version"]
    assert sent["x-team"] == "blue"
    assert wire.open == 0


async def test_calls_side_by_side_with_text_and_the_cache_counted(llm: LLM) -> None:
    response = await complete(llm, LLMSuite().parallel_request())
    assert response.message.content == "I will look twice."
    assert response.message.tool_calls == (
        ToolCall("toolu_01Paris", "get_weather", '{"city": "Paris"}'),
        ToolCall("toolu_01Rome", "get_weather", '{"city": "Rome"}'),
    )
    assert response.usage == Usage(1231, 64, cache_write=1200)
    assert response.message.provider_state is None


async def test_the_results_of_calls_go_back_in_one_turn(llm: LLM, wire: RecordedWire) -> None:
    request = LLMSuite().parallel_request()
    first = await complete(llm, request)
    results = tuple(Message(Role.TOOL, "sunny", tool_call_id=call.id) for call in first.message.tool_calls)
    second = await complete(llm, LLMRequest((*request.messages, first.message, *results), request.tools))
    assert wire.served == ["parallel", "parallel_results"]
    assert second.usage == Usage(1302, 11, cached=1200, cache_write=90)


async def test_thinking_is_told_counted_and_kept(llm: LLM) -> None:
    items = [item async for item in llm.stream(LLMSuite().reasoning_request())]
    assert [item.text for item in items if isinstance(item, ReasoningDelta)] == [
        "2, 3, 5, 7, 11, 13, ",
        "17, 19: eight.",
    ]
    response = items[-1]
    assert isinstance(response, LLMResponse)
    assert response.usage == Usage(20, 48, reasoning=39)
    assert response.message.content == "There are eight."
    assert response.message.provider_state is not None


async def test_its_models_with_what_the_server_says_of_them(llm: LLM) -> None:
    assert await llm.models() == (
        ModelInfo("claude-opus-5-5", 1_000_000, 128_000),
        ModelInfo("claude-haiku-5-5", 1_000_000, 128_000),
    )
