"""A streamed chat completion, put together from its chunks: pure."""

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, cast

from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.fingerprint import call_id
from liteagent.providers.vendors.wire_text import PiecewiseText, well_formed

__all__ = ["Answer", "MalformedAnswerError"]

_Json: TypeAlias = Mapping[str, object]

_FINISH = {
    "content_filter": "content_filter",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
}


class MalformedAnswerError(ValueError):
    """A chunk is not of the shape that the protocol promises; stays inside the provider."""


class Answer:
    """What a server has said so far.

    Usage is zero when the server sends none: a count is never made up. A call without an id, or with one that
    this answer has used before, gets an id derived from the request and the call, so the same request and
    answer always give the same ids. Reasoning that servers stream beside the text is left out.

    Args:
        request: What was asked; new ids derive from it.
        model: Name to report if the server does not name one.
    """

    def __init__(self, request: LLMRequest, model: str) -> None:
        self._request = request
        self._model = model
        self._text = PiecewiseText()
        self._calls: list[_CallPieces] = []
        self._usage = Usage()
        self._finish: str | None = None
        self._refused = False
        self.chunks = 0
        """How many chunks have come."""
        self.choices = 0
        """How many of them held a choice."""

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text.text

    @property
    def finished(self) -> bool:
        """Whether the server has said why it stopped. An answer that ends before that was cut off."""
        return self._finish is not None

    def feed(self, chunk: object) -> str:
        """Take one chunk in; the new text, often none.

        Raises:
            MalformedAnswerError: The chunk's shape is wrong.
        """
        self.chunks += 1
        data = _object(chunk, "A chunk")
        self._model = _string(data, "model") or self._model
        self._usage = _usage(data.get("usage")) or self._usage
        return "".join(self._choice(choice) for choice in _objects(data, "choices"))

    def end(self) -> str:
        """The rest of the text, when nothing more comes."""
        return self._text.end()

    def response(self) -> LLMResponse:
        """The whole answer.

        Raises:
            MalformedAnswerError: A tool call has no name.
        """
        calls = tuple(self._named(number, call) for number, call in enumerate(self._calls))
        message = Message(Role.ASSISTANT, self.text, tool_calls=_distinct(calls, self._request))
        return LLMResponse(message, self._usage, self._finish_reason(), well_formed(self._model))

    def _choice(self, choice: _Json) -> str:
        if choice.get("index") not in (0, None):
            return ""
        self.choices += 1
        self._finish = _string(choice, "finish_reason") or self._finish
        delta = _object(choice.get("delta") or {}, "A delta")
        for fragment in _objects(delta, "tool_calls"):
            self._fragment(fragment)
        refusal = _string(delta, "refusal")
        self._refused = self._refused or bool(refusal)
        return self._text.feed(_content(delta.get("content")) + refusal)

    def _fragment(self, fragment: _Json) -> None:
        function = _object(fragment.get("function") or {}, "A function")
        given, name = _string(fragment, "id"), _string(function, "name")
        call = self._call_for(fragment.get("index"), given, name)
        call.id = call.id or given
        if name != call.name:
            call.name += name
        call.arguments.append(_arguments(function.get("arguments")))

    def _call_for(self, index: object, given: str, name: str) -> "_CallPieces":
        # Servers that number every call 0, or none, tell calls apart by id or by naming another function.
        same = [call for call in self._calls if call.index == index]
        if same and not _another(same[-1], index, given, name):
            return same[-1]
        if index is not None and not isinstance(index, int):
            raise MalformedAnswerError("The index of a tool call is no number.")
        self._calls.append(_CallPieces(index))
        return self._calls[-1]

    def _named(self, number: int, call: "_CallPieces") -> ToolCall:
        if not call.name:
            raise MalformedAnswerError(f"Tool call {number + 1} has no name.")
        written = well_formed("".join(call.arguments)) or "{}"
        return ToolCall(well_formed(call.id), well_formed(call.name), written)

    def _finish_reason(self) -> str:
        known = _FINISH.get(self._finish or "", "stop")
        if self._refused:
            return "content_filter"
        if self._calls:
            return "tool_calls" if known == "stop" else known
        return "stop" if known == "tool_calls" else known


class _CallPieces:
    def __init__(self, index: int | None) -> None:
        self.index = index
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


def _another(call: _CallPieces, index: object, given: str, name: str) -> bool:
    if given and call.id:
        return given != call.id and bool(name)
    return index is None and bool(name) and bool(call.name)


def _distinct(calls: Sequence[ToolCall], request: LLMRequest) -> tuple[ToolCall, ...]:
    given: dict[str, ToolCall] = {}
    for number, call in enumerate(calls):
        if not call.id or call.id in given:
            made = call_id(request, number, call.name, call.arguments)
            call = ToolCall(made, call.name, call.arguments)
        given[call.id] = call
    return tuple(given.values())


def _object(value: object, what: str) -> _Json:
    if not isinstance(value, Mapping):
        raise MalformedAnswerError(f"{what} of the answer is no object.")
    return cast("_Json", value)


def _objects(data: _Json, key: str) -> list[_Json]:
    value = data.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise MalformedAnswerError(f"{key!r} in the answer is no list.")
    return [_object(item, f"An item of {key!r}") for item in cast("list[object]", value)]


def _string(data: _Json, key: str) -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise MalformedAnswerError(f"{key!r} in the answer is no string.")
    return value


def _content(value: object) -> str:
    if isinstance(value, list):  # some servers stream the parts of a message
        parts = _objects({"content": cast("list[object]", value)}, "content")
        return "".join(_string(part, "text") for part in parts)
    return _string({"content": value}, "content")


def _arguments(value: object) -> str:
    if isinstance(value, Mapping):  # the arguments as an object instead of its JSON text
        return json.dumps(value)
    return _string({"arguments": value}, "arguments")


def _usage(value: object) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    counts = cast("_Json", value)
    return Usage(_count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens")))


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
