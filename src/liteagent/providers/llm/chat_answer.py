"""A streamed chat completion, put together from its chunks: pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, cast

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.answer_text import AnswerText, Delta, deltas
from liteagent.providers.llm.fingerprint import distinct
from liteagent.providers.llm.openai_shapes import (
    Json,
    MalformedAnswerError,
    as_object,
    count_in,
    objects_in,
    string_in,
)
from liteagent.providers.vendors.wire_text import PiecewiseText, well_formed

__all__ = ["ChatAnswer"]

_FINISH: Final = {
    "content_filter": "content_filter",
    "function_call": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "tool_calls": "tool_calls",
}
_REASONING: Final = ("reasoning_content", "reasoning")


class ChatAnswer:
    """What a server has said so far.

    Usage is zero when the server sends none: a count is never made up. A call without an id, or with one that
    this answer has used before, gets an id derived from the request and the call, so the same request and
    answer always give the same ids.

    Args:
        request: What was asked; new ids derive from it.
        model: Name to report if the server does not name one.
        stop: Texts at which the answer is cut here, as the server does not look for them.
        keep_as: Key under which the reasoning before calls is kept in the message; None keeps nothing.
    """

    lack = "It holds no choices."
    """What an answer lacks that is nothing of this protocol."""

    def __init__(
        self, request: LLMRequest, model: str, stop: Sequence[str] = (), keep_as: str | None = None
    ) -> None:
        self._request = request
        self._model = model
        self._text = AnswerText(stop)
        self._thoughts = PiecewiseText()
        self._thought_name = ""
        self._keep_as = keep_as
        self._calls: list[_CallPieces] = []
        self._usage = Usage()
        self._finish: str | None = None
        self._refused = False
        self.events = 0
        """How many chunks have come."""
        self.understood = 0
        """How many of them held a choice."""

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text.text

    @property
    def finished(self) -> bool:
        """Whether the server has said why it stopped. An answer that ends before that was cut off."""
        return self._finish is not None

    def feed(self, event: object) -> list[Delta]:
        """Take one chunk in; what is new, often nothing.

        Raises:
            MalformedAnswerError: The chunk's shape is wrong.
        """
        self.events += 1
        data = as_object(event, "A chunk")
        self._model = string_in(data, "model") or self._model
        self._usage = _usage(data.get("usage")) or self._usage
        return [delta for choice in objects_in(data, "choices") for delta in self._choice(choice)]

    def end(self) -> list[Delta]:
        """The rest, when nothing more comes."""
        return deltas(self._thoughts.end(), self._text.end())

    def response(self) -> LLMResponse:
        """The whole answer.

        Raises:
            MalformedAnswerError: A tool call has no name.
        """
        named = () if self._text.stopped else enumerate(self._calls)
        calls = distinct([self._named(number, call) for number, call in named], self._request)
        message = Message(Role.ASSISTANT, self.text, tool_calls=calls, provider_state=self._state())
        return LLMResponse(
            message, self._usage, self._finish_reason(), well_formed(self._model), self._thoughts.text
        )

    def _choice(self, choice: Json) -> list[Delta]:
        if choice.get("index") not in (0, None):
            return []
        self.understood += 1
        self._finish = string_in(choice, "finish_reason") or self._finish
        delta = as_object(choice.get("delta") or {}, "A delta")
        for fragment in objects_in(delta, "tool_calls"):
            self._fragment(fragment)
        refusal = string_in(delta, "refusal")
        self._refused = self._refused or bool(refusal)
        spoken, thought = _content(delta.get("content"))
        return deltas(self._thoughts.feed(self._thought(delta) + thought), self._text.feed(spoken + refusal))

    def _thought(self, delta: Json) -> str:
        for name in _REASONING:
            said = delta.get(name)
            if isinstance(said, str) and said:
                self._thought_name = name
                return said
        return ""

    def _fragment(self, fragment: Json) -> None:
        function = as_object(fragment.get("function") or {}, "A function")
        given, name = string_in(fragment, "id"), string_in(function, "name")
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
        if self._text.stopped:
            return "stop"
        if self._calls:
            return "tool_calls" if known == "stop" else known
        return "stop" if known == "tool_calls" else known

    def _state(self) -> JsonObject | None:
        if not (self._keep_as and self._thought_name and self._calls):
            return None
        return {self._keep_as: {self._thought_name: self._thoughts.text}}


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


def _content(value: object) -> tuple[str, str]:
    """What is said, and what is thought."""
    if not isinstance(value, list):
        return string_in({"content": value}, "content"), ""
    # Some servers stream the parts of a message.
    parts = objects_in({"content": cast("list[object]", value)}, "content")
    thoughts = [thought for part in parts for thought in _thoughts_of(part)]
    return "".join(string_in(part, "text") for part in parts), "".join(thoughts)


def _thoughts_of(part: Json) -> list[str]:
    said = part.get("thinking")
    if isinstance(said, str):
        return [said]
    return [string_in(piece, "text") for piece in objects_in(part, "thinking")]


def _arguments(value: object) -> str:
    if isinstance(value, Mapping):  # the arguments as an object instead of its JSON text
        return json.dumps(value)
    return string_in({"arguments": value}, "arguments")


def _usage(value: object) -> Usage | None:
    if not isinstance(value, Mapping):
        return None
    counts = cast("Json", value)
    read, written = count_in(counts, "prompt_tokens"), count_in(counts, "completion_tokens")
    cached = count_in(counts, "prompt_tokens_details", "cached_tokens")
    return Usage(
        read,
        written,
        cached=min(read, cached or count_in(counts, "prompt_cache_hit_tokens")),
        cache_write=min(read, count_in(counts, "prompt_tokens_details", "cache_write_tokens")),
        reasoning=min(written, count_in(counts, "completion_tokens_details", "reasoning_tokens")),
    )
