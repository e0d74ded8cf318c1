"""A streamed message of Anthropic, put together from its events: pure."""

import json
from collections.abc import Mapping
from typing import Any, Final, cast

from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.answer_text import Delta, deltas
from liteagent.providers.llm.anthropic_state import Block, state_of
from liteagent.providers.llm.anthropic_wire import Call
from liteagent.providers.llm.fingerprint import distinct
from liteagent.providers.llm.openai_shapes import Json, MalformedAnswerError, as_object, count_in, string_in
from liteagent.providers.vendors.wire_text import PiecewiseText, well_formed, well_formed_json

__all__ = ["Answer"]

_FINISH: Final = {
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "pause_turn": "length",
    "refusal": "content_filter",
    "tool_use": "tool_calls",
}
_COUNTS: Final = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
)


class Answer:
    """What a server has said so far, over one leg or, after pauses, several.

    Usage is zero when the server sends none. A call without an id, or with one that this answer has used
    before, gets an id derived from the request and the call.

    Args:
        request: What was asked; new ids derive from it.
        model: Who was asked; the name to report if the server names none.
        call: How it was asked.
    """

    def __init__(self, request: LLMRequest, model: str, call: Call) -> None:
        self._request = request
        self._asked = model
        self._model = model
        self._call = call
        self._blocks: list[_Part] = []
        self._open: dict[object, _Part] = {}
        self._counts: dict[str, int] = {}
        self._thought = 0
        self._usage = Usage()
        self._stop: str | None = None
        self.events = 0
        """How many events of the current leg have come."""
        self.finished = False
        """Whether the server has ended the current leg. One that ends before that was cut off."""

    @property
    def text(self) -> str:
        """The text so far."""
        return "".join(part.text for part in self._blocks if part.speaks)

    @property
    def paused(self) -> bool:
        """Whether the model wants to be asked to go on."""
        return self._stop == "pause_turn"

    def feed(self, event: object) -> list[Delta]:
        """Take one event in; what is new, often nothing.

        Raises:
            MalformedAnswerError: The event's shape is wrong.
        """
        data = as_object(event, "An event")
        self.events += 1
        kind = data.get("type")
        if kind == "content_block_start":
            return self._start(data)
        if kind == "content_block_delta":
            return self._delta(data)
        if kind == "content_block_stop":
            part = self._open.pop(data.get("index"), None)
            return part.end() if part else []
        if kind == "message_start":
            message = as_object(data.get("message") or {}, "A message")
            self._model = string_in(message, "model") or self._model
            self._count(message.get("usage"))
        elif kind == "message_delta":
            delta = as_object(data.get("delta") or {}, "A delta")
            self._stop = string_in(delta, "stop_reason") or self._stop
            self._count(data.get("usage"))
        elif kind == "message_stop":
            self.finished = True
        return []

    def end(self) -> list[Delta]:
        """The rest of what was said, when nothing more comes."""
        left = [item for part in self._open.values() for item in part.end()]
        self._open.clear()
        return left

    def next_leg(self) -> Call:
        """The request by which a paused answer goes on; what comes next is its continuation."""
        blocks = [part.block() for part in self._blocks]
        call = self._call.goes_on([block for block in blocks if block.get("text") != ""])
        self._usage += self._leg_usage()
        self._counts, self._thought, self._stop = {}, 0, None
        self.events, self.finished = 0, False
        return call

    def response(self) -> LLMResponse:
        """The whole answer.

        Raises:
            MalformedAnswerError: A tool call has no name.
        """
        calls = distinct([part.call() for part in self._blocks if part.calls], self._request)
        blocks = [part.block() for part in self._blocks]
        state = None if self._call.answer_tool else state_of(blocks, self._asked, self._call.fingerprint)
        message = Message(Role.ASSISTANT, self.text, tool_calls=calls, provider_state=state)
        return LLMResponse(
            message,
            self._usage + self._leg_usage(),
            self._finish_reason(bool(calls)),
            well_formed(self._model),
            "".join(part.thinking.text for part in self._blocks),
        )

    def _start(self, data: Json) -> list[Delta]:
        part = _Part(as_object(data.get("content_block"), "A content block"), self._call.answer_tool)
        self._blocks.append(part)
        self._open[data.get("index")] = part
        return part.begin()

    def _delta(self, data: Json) -> list[Delta]:
        part = self._open.get(data.get("index"))
        if part is None:
            raise MalformedAnswerError("A delta belongs to no content block.")
        return part.feed(as_object(data.get("delta"), "A delta"))

    def _count(self, usage: object) -> None:
        counts: Json = cast("Json", usage) if isinstance(usage, Mapping) else {}
        self._counts |= {name: count_in(counts, name) for name in _COUNTS if counts.get(name) is not None}
        self._thought = count_in(counts, "output_tokens_details", "thinking_tokens") or self._thought

    def _leg_usage(self) -> Usage:
        fresh, written, cached, output = (self._counts.get(name, 0) for name in _COUNTS)
        return Usage(
            fresh + written + cached, output, cached=cached, cache_write=written, reasoning=self._thought
        )

    def _finish_reason(self, called: bool) -> str:
        known = _FINISH.get(self._stop or "", "stop")
        if called:
            return "tool_calls" if known == "stop" else known
        return "stop" if known == "tool_calls" else known


class _Part:
    """One content block as it grows."""

    def __init__(self, begun: Json, answer_tool: str) -> None:
        self._begun = begun
        self.kind = string_in(begun, "type")
        self._is_answer = bool(answer_tool) and begun.get("name") == answer_tool
        self.calls = self.kind == "tool_use" and not self._is_answer
        self.speaks = self.kind == "text" or self._is_answer
        self._said = PiecewiseText()
        self.thinking = PiecewiseText()
        self._json: list[str] = []
        self._signature = [string_in(begun, "signature")] if self.kind == "thinking" else []

    @property
    def text(self) -> str:
        return self._said.text

    def begin(self) -> list[Delta]:
        """What the block brings along already."""
        if self.kind == "text":
            return deltas("", self._said.feed(string_in(self._begun, "text")))
        if self.kind == "thinking":
            return deltas(self.thinking.feed(string_in(self._begun, "thinking")), "")
        return []

    def feed(self, delta: Json) -> list[Delta]:
        kind = delta.get("type")
        if kind == "text_delta" and self.kind == "text":
            return deltas("", self._said.feed(string_in(delta, "text")))
        if kind == "thinking_delta":
            return deltas(self.thinking.feed(string_in(delta, "thinking")), "")
        if kind == "signature_delta":
            self._signature.append(string_in(delta, "signature"))
        elif kind == "input_json_delta":
            piece = string_in(delta, "partial_json")
            self._json.append(piece)
            return deltas("", self._said.feed(piece)) if self._is_answer else []
        return []

    def end(self) -> list[Delta]:
        """What was held back."""
        whole = ""
        if self._is_answer and not self._json:
            whole = self._said.feed(self._arguments())
        return deltas(self.thinking.end(), whole + self._said.end())

    def call(self) -> ToolCall:
        name = string_in(self._begun, "name")
        if not name:
            raise MalformedAnswerError("A tool call has no name.")
        return ToolCall(well_formed(string_in(self._begun, "id")), well_formed(name), self._arguments())

    def block(self) -> Block:
        """The block as it is sent back."""
        if self.kind == "text":
            return {"type": "text", "text": self.text}
        if self.kind == "thinking":
            signature = "".join(self._signature)
            return {"type": "thinking", "thinking": self.thinking.text, "signature": signature}
        block = cast("dict[str, Any]", well_formed_json(self._begun))
        if self._json:
            block["input"] = _read("".join(self._json))
        return block

    def _arguments(self) -> str:
        given = self._begun.get("input")
        written = "".join(self._json)
        return well_formed(written) or (json.dumps(given) if isinstance(given, Mapping) else "{}")


def _read(written: str) -> object:
    try:
        return well_formed_json(json.loads(written))
    except (ValueError, RecursionError):
        return {}
