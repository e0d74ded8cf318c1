"""A streamed chat of Ollama, put together from its lines: pure."""

import json
from collections.abc import Mapping

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.answer_text import Delta, deltas
from liteagent.providers.llm.fingerprint import distinct
from liteagent.providers.llm.ollama_wire import PROVIDER
from liteagent.providers.llm.openai_shapes import (
    Json,
    MalformedAnswerError,
    ReportedError,
    as_object,
    count_in,
    objects_in,
    string_in,
)
from liteagent.providers.vendors.wire_text import PiecewiseText, well_formed

__all__ = ["Answer"]


class Answer:
    """What a server has said so far.

    Usage is zero when the server sends none. A call without an id, or with one that this answer has used
    before, gets an id derived from the request and the call.

    Args:
        request: What was asked; new ids derive from it.
        model: Name to report if the server names none.
    """

    def __init__(self, request: LLMRequest, model: str) -> None:
        self._request = request
        self._model = model
        self._said = PiecewiseText()
        self._thought = PiecewiseText()
        self._calls: list[ToolCall] = []
        self._usage = Usage()
        self._reason = ""
        self.finished = False
        """Whether the server has ended its answer. One that ends before that was cut off."""

    @property
    def text(self) -> str:
        """The text so far."""
        return self._said.text

    def feed(self, line: object) -> list[Delta]:
        """Take one line in; what is new, often nothing.

        Raises:
            MalformedAnswerError: The line's shape is wrong.
            ReportedError: The server says that it failed.
        """
        data = as_object(line, "A line")
        if data.get("error"):
            raise ReportedError(data)
        self._model = string_in(data, "model") or self._model
        message = as_object(data.get("message") or {}, "A message")
        for call in objects_in(message, "tool_calls"):
            self._call(as_object(call.get("function"), "A function"), string_in(call, "id"))
        thought = self._thought.feed(string_in(message, "thinking"))
        said = self._said.feed(string_in(message, "content"))
        if data.get("done") is True:
            self._end(data)
        return deltas(thought, said)

    def end(self) -> list[Delta]:
        """The rest of what was said, when nothing more comes."""
        return deltas(self._thought.end(), self._said.end())

    def response(self) -> LLMResponse:
        """The whole answer."""
        calls = distinct(self._calls, self._request)
        message = Message(Role.ASSISTANT, self.text, tool_calls=calls, provider_state=self._state())
        model = well_formed(self._model)
        return LLMResponse(message, self._usage, self._finish_reason(), model, self._thought.text)

    def _call(self, function: Json, given: str) -> None:
        name = well_formed(string_in(function, "name"))
        if not name:
            raise MalformedAnswerError("A tool call has no name.")
        arguments = _arguments(function.get("arguments"))
        self._calls.append(ToolCall(well_formed(given), name, arguments))

    def _end(self, data: Json) -> None:
        self.finished = True
        self._reason = string_in(data, "done_reason")
        self._usage = Usage(count_in(data, "prompt_eval_count"), count_in(data, "eval_count"))

    def _state(self) -> JsonObject | None:
        thought = self._thought.text
        return {PROVIDER: {"thinking": thought}} if thought and self._calls else None

    def _finish_reason(self) -> str:
        if self._reason == "length":
            return "length"
        return "tool_calls" if self._calls else "stop"


def _arguments(value: object) -> str:
    if isinstance(value, Mapping):
        return well_formed(json.dumps(value, ensure_ascii=False))
    return well_formed(string_in({"arguments": value}, "arguments")) or "{}"
