"""Every LLM of ours passes the suite that other people's are to pass."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, ToolSpec
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm import builtin, openai, openai_compatible
from liteagent.testing import LLMSuite, ScriptedLLM
from tests.unit.providers.wire.recorded import RecordedWire

WIRE = Path(__file__).parents[1] / "unit" / "providers" / "wire"
SEARCH = ToolSpec("search_knowledge", "Search the documents.", {"type": "object", "properties": {}})
PASSAGES = {
    "passages": [{"n": 1, "document": "tea.md", "text": "Green tea is brewed at 70 degrees Celsius."}]
}


class TestScriptedLLM(LLMSuite):
    @pytest.fixture
    def llm(self) -> LLM:
        def answer(request: LLMRequest) -> str | ToolCall:
            return ToolCall("c1", SEARCH.name, "{}") if request.tools else "A sentence of some words."

        return ScriptedLLM([answer])

    def tool_request(self) -> LLMRequest:
        return LLMRequest(self.text_request().messages, (SEARCH,))

    def open_calls(self, llm: LLM, /) -> int:
        assert isinstance(llm, ScriptedLLM)
        return llm.open


class TestBuiltinLLM(LLMSuite):
    unit = "words"

    @pytest.fixture
    def llm(self) -> LLM:
        return builtin.create(LLMConfig(builtin.MODEL))

    def text_request(self) -> LLMRequest:
        asked = Message(Role.USER, "How hot is green tea brewed?")
        called = Message(Role.ASSISTANT, "", (ToolCall("c1", SEARCH.name, "{}"),))
        found = Message(Role.TOOL, json.dumps(PASSAGES), tool_call_id="c1")
        return LLMRequest((asked, called, found), (SEARCH,))

    def tool_request(self) -> LLMRequest:
        return LLMRequest(self.text_request().messages[:1], (SEARCH,))


class RecordedSuite(LLMSuite):
    """The suite against exchanges that were written from the reference of an API."""

    folder: ClassVar[str]
    counts_usage = True
    calls_in_parallel = True
    gives_structure = True
    sees_images = True

    @pytest.fixture
    def wire(self) -> Iterator[RecordedWire]:
        self._wire = RecordedWire(WIRE / self.folder)
        yield self._wire
        assert not self._wire.strange, "every request stands written in the folder"

    def tool_request(self) -> LLMRequest:
        return self.parallel_request()

    def open_calls(self, _llm: LLM, /) -> int:
        return self._wire.open


class TestOpenAIResponses(RecordedSuite):
    folder = "openai/responses"
    thinks_aloud = True

    @pytest.fixture
    def llm(self, wire: RecordedWire) -> LLM:
        return openai.create(LLMConfig("gpt-5-mini", "sk-x"), transport=wire)


class TestOpenAIChat(RecordedSuite):
    folder = "openai/chat"

    @pytest.fixture
    def llm(self, wire: RecordedWire) -> LLM:
        config = LLMConfig("gpt-4.1-mini", "sk-x", options={"api": "chat"})
        return openai.create(config, transport=wire)


class TestOpenAICompatible(RecordedSuite):
    folder = "openai/vllm"
    thinks_aloud = True

    @pytest.fixture
    def llm(self, wire: RecordedWire) -> LLM:
        config = LLMConfig("Qwen/Qwen3-8B", base_url="http://model.test/v1")
        return openai_compatible.create(config, transport=wire)
