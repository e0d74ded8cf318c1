"""A streamed response of OpenAI's Responses API, put together from its events: pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, cast

from liteagent.contracts.json import JsonObject
from liteagent.contracts.llm import LLMRequest, LLMResponse, Usage
from liteagent.contracts.messages import Message, Role, ToolCall
from liteagent.providers.llm.answer_text import AnswerText, Delta, deltas
from liteagent.providers.llm.fingerprint import distinct
from liteagent.providers.llm.openai_shapes import (
    Json,
    MalformedAnswerError,
    ReportedError,
    as_object,
    count_in,
    objects_in,
    string_in,
)
from liteagent.providers.vendors.wire_text import PiecewiseText, well_formed, well_formed_json

__all__ = ["ResponsesAnswer"]

_PARAGRAPH: Final = "\n\n"
_KEPT_OF_REASONING: Final = ("type", "id", "summary", "content", "encrypted_content")
_INCOMPLETE: Final = {"max_output_tokens": "length", "content_filter": "content_filter"}


class ResponsesAnswer:
    """What a server has said so far; an id that a call lacks is derived as in `ChatAnswer`.

    Args:
        request: What was asked; new ids derive from it.
        model: Name to report if the server does not name one.
        provider: Key under which the message keeps what the model wants to hear again.
    """

    lack = "It holds no events of a response."
    """What an answer lacks that is nothing of this protocol."""

    def __init__(self, request: LLMRequest, model: str, provider: str) -> None:
        self._request = request
        self._asked = model
        self._model = model
        self._provider = provider
        self._text = AnswerText(request.stop)
        self._thoughts = PiecewiseText()
        self._items: list[dict[str, Any]] = []
        self._calls: list[ToolCall] = []
        self._counted = 0
        self._parted = False
        self._final: Json | None = None
        self._refused = False
        self._on: dict[str, Callable[[Json], list[Delta]]] = {
            "error": self._error,
            "response.completed": self._end,
            "response.failed": self._error,
            "response.incomplete": self._end,
            "response.output_item.done": self._item,
            "response.output_text.delta": self._spoken,
            "response.reasoning_summary_part.added": self._part,
            "response.reasoning_summary_text.delta": self._thought,
            "response.reasoning_text.delta": self._thought,
            "response.refusal.delta": self._refusal,
        }
        self.events = 0
        """How many events have come."""
        self.understood = 0
        """How many of them are a response's."""

    @property
    def text(self) -> str:
        """The text so far."""
        return self._text.text

    @property
    def finished(self) -> bool:
        """Whether the server has said that the answer is over. One that ends before was cut off."""
        return self._final is not None

    def feed(self, event: object) -> list[Delta]:
        """Take one event in; what is new, often nothing.

        Raises:
            MalformedAnswerError: The event's shape is wrong.
            ReportedError: The event says that the server failed.
        """
        self.events += 1
        data = as_object(event, "An event")
        kind = string_in(data, "type")
        self.understood += kind.startswith("response.")
        return self._on.get(kind, _nothing)(data)

    def end(self) -> list[Delta]:
        """The rest, when nothing more comes."""
        return deltas(self._thoughts.end(), self._text.end())

    def response(self) -> LLMResponse:
        """The whole answer.

        Raises:
            MalformedAnswerError: A tool call has no name.
        """
        final = self._final or {}
        calls = () if self._text.stopped else distinct(self._calls, self._request)
        message = Message(Role.ASSISTANT, self.text, tool_calls=calls, provider_state=self._state())
        model = well_formed(string_in(final, "model") or self._model)
        usage = _usage(final.get("usage"))
        return LLMResponse(message, usage, self._finish_reason(final, calls), model, self._thoughts.text)

    def _spoken(self, event: Json) -> list[Delta]:
        said = string_in(event, "delta")
        begins = bool(said) and bool(self._counted) and self._counted == len(self._text.text)
        return deltas("", self._text.feed((_PARAGRAPH if begins else "") + said))

    def _refusal(self, event: Json) -> list[Delta]:
        self._refused = True
        return self._spoken(event)

    def _thought(self, event: Json) -> list[Delta]:
        parted, self._parted = self._parted and bool(self._thoughts.text), False
        return deltas(self._thoughts.feed((_PARAGRAPH if parted else "") + string_in(event, "delta")), "")

    def _part(self, _event: Json) -> list[Delta]:
        self._parted = True
        return []

    def _item(self, event: Json) -> list[Delta]:
        item = as_object(event.get("item"), "An item")
        kind = string_in(item, "type")
        if kind == "function_call":
            self._calls.append(_call(item))
            self._items.append({"type": kind, "call_id": self._calls[-1].id})
        elif kind == "reasoning":
            self._parted = True
            if isinstance(item.get("encrypted_content"), str):
                kept = {name: item[name] for name in _KEPT_OF_REASONING if item.get(name) is not None}
                self._items.append(cast("dict[str, Any]", well_formed_json(kept)))
        elif kind == "message":
            return self._message(item)
        return []

    def _message(self, item: Json) -> list[Delta]:
        whole = "".join(
            string_in(part, "text") + string_in(part, "refusal") for part in objects_in(item, "content")
        )
        # A server that streams no deltas says it all here.
        late = self._spoken({"delta": whole}) if len(self._text.text) == self._counted else []
        phase = item.get("phase")
        self._items.append(
            {
                "type": "message",
                "characters": len(self._text.text) - self._counted,
                **({"phase": well_formed(phase)} if isinstance(phase, str) else {}),
            }
        )
        self._counted = len(self._text.text)
        return late

    def _end(self, event: Json) -> list[Delta]:
        final = as_object(event.get("response"), "A response")
        self._final = final
        if self._items or self._calls or self._text.text:
            return []
        # A server that streams no items says them all here.
        items = objects_in(final, "output")
        return [delta for item in items for delta in self._item({"item": item})]

    def _error(self, event: Json) -> list[Delta]:
        response = event.get("response")
        body = cast("Json", response).get("error") if isinstance(response, Mapping) else event
        raise ReportedError(cast("Json", body) if isinstance(body, Mapping) else {})

    def _finish_reason(self, final: Json, calls: Sequence[ToolCall]) -> str:
        details = final.get("incomplete_details")
        reason = cast("Json", details).get("reason") if isinstance(details, Mapping) else None
        if self._refused:
            return "content_filter"
        if self._text.stopped:
            return "stop"
        return _INCOMPLETE.get(str(reason), "tool_calls" if calls else "stop")

    def _state(self) -> JsonObject | None:
        """The order of what was said, thought and called, where it is more than the message tells."""
        if not any(item["type"] == "reasoning" or "phase" in item for item in self._items):
            return None
        return {self._provider: {"model": self._asked, "items": list(self._items)}}


def _nothing(_event: Json) -> list[Delta]:
    return []


def _call(item: Json) -> ToolCall:
    name = string_in(item, "name")
    if not name:
        raise MalformedAnswerError("A tool call has no name.")
    given = string_in(item, "call_id") or string_in(item, "id")
    return ToolCall(well_formed(given), well_formed(name), well_formed(string_in(item, "arguments")) or "{}")


def _usage(value: object) -> Usage:
    read, written = count_in(value, "input_tokens"), count_in(value, "output_tokens")
    return Usage(
        read,
        written,
        cached=min(read, count_in(value, "input_tokens_details", "cached_tokens")),
        cache_write=min(read, count_in(value, "input_tokens_details", "cache_write_tokens")),
        reasoning=min(written, count_in(value, "output_tokens_details", "reasoning_tokens")),
    )
