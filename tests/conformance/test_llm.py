"""Every LLM of ours passes the suite that other people's are to pass."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence

import httpx2
import pytest

from liteagent.contracts.llm import LLM, LLMConfig, LLMRequest, ToolSpec
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm import builtin, openai_compatible
from liteagent.testing import LLMSuite, ScriptedLLM

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


class _Body(httpx2.AsyncByteStream):
    def __init__(self, server: "_Server", lines: list[str]) -> None:
        self._server = server
        self._lines = lines
        server.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self._lines:
            yield f"data: {line}\n\n".encode()

    async def aclose(self) -> None:
        self._server.open -= 1


class _Server(httpx2.AsyncBaseTransport):
    """Speaks just enough of the protocol, and counts the bodies that are not closed."""

    def __init__(self) -> None:
        self.open = 0

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.method == "GET":
            return httpx2.Response(200, json={"data": [{"id": "tiny"}]})
        wants_tool = "tools" in json.loads(await request.aread())
        lines = self._call() if wants_tool else self._text()
        return httpx2.Response(200, headers={"content-type": "text/event-stream"}, stream=_Body(self, lines))

    def _text(self) -> list[str]:
        return self._lines([{"content": word} for word in ("A ", "sentence ", "of ", "words.")], "stop")

    def _call(self) -> list[str]:
        functions = [{"name": SEARCH.name, "arguments": '{"query"'}, {"arguments": ': "tea"}'}]
        return self._lines([{"tool_calls": [{"index": 0, "function": f}]} for f in functions], "tool_calls")

    def _lines(self, deltas: Sequence[Mapping[str, object]], reason: str) -> list[str]:
        chunks: list[dict[str, object]] = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
        chunks.append({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})
        return [*map(json.dumps, chunks), "[DONE]"]


class TestOpenAICompatibleLLM(LLMSuite):
    @pytest.fixture
    def server(self) -> _Server:
        return _Server()

    @pytest.fixture
    def llm(self, server: _Server) -> LLM:
        self._server = server
        return openai_compatible.create(LLMConfig("tiny", base_url="http://model.test/v1"), transport=server)

    def tool_request(self) -> LLMRequest:
        return LLMRequest(self.text_request().messages, (SEARCH,))

    def open_calls(self, _llm: LLM, /) -> int:
        return self._server.open
