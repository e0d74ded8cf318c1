"""Responses as they go out, whole or as events.

An event's `sequence_number` is its place in the stream: the text's deltas count the code points that are out,
so that the same number is the same place in every reading. Numbers grow, and not always by one.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import orjson

from liteagent.contracts.errors import LiteAgentError
from liteagent.contracts.runs import RunStatus
from liteagent.features.gateway.extension import extension_of
from liteagent.features.gateway.hearing import Ending, Heard
from liteagent.features.gateway.naming import item_id, response_id
from liteagent.features.gateway.turns import Turn
from liteagent.features.gateway.usage import response_usage
from liteagent.infra.http.openai_error import openai_error

__all__ = ["events", "failure_event", "response"]

_CREATED, _IN_PROGRESS, _ITEM_ADDED, _PART_ADDED = 0, 1, 2, 3
_STATUSES: Mapping[RunStatus, str] = {
    RunStatus.PENDING: "queued",
    RunStatus.RUNNING: "in_progress",
    RunStatus.PAUSED: "incomplete",
    RunStatus.WAITING_HUMAN: "completed",
    RunStatus.COMPLETED: "completed",
    RunStatus.FAILED: "failed",
    RunStatus.CANCELLED: "cancelled",
}
_INCOMPLETE = {"length": "max_output_tokens", "content_filter": "content_filter"}
_ECHOED: Mapping[str, Any] = {
    "instructions": None,
    "max_output_tokens": None,
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "reasoning": {"effort": None, "summary": None},
    "store": True,
    "temperature": None,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "truncation": "disabled",
    "user": None,
    "metadata": {},
    "background": False,
}


def response(turn: Turn, ending: Ending | None, status: RunStatus = RunStatus.RUNNING) -> dict[str, Any]:
    """A response: as it is left, or as it stands while it goes on."""
    told = {name: turn.told.get(name, usual) for name, usual in _ECHOED.items()}
    state = _STATUSES[status if ending is None else ending.status]
    incomplete = None
    if ending is not None and state == "completed" and ending.finish_reason in _INCOMPLETE:
        state, incomplete = "incomplete", {"reason": _INCOMPLETE[ending.finish_reason]}
    return {
        "id": response_id(turn.run_id, turn.after),
        "object": "response",
        "created_at": turn.created,
        "status": state,
        "error": None if ending is None else _error(ending.error),
        "incomplete_details": incomplete,
        "model": turn.model,
        "output": [] if ending is None else _output(turn, ending),
        **told,
        "usage": None if ending is None else response_usage(ending.usage),
        "liteagent": extension_of(turn, ending),
    }


async def events(turn: Turn, heard: AsyncIterator[Heard], after: int) -> AsyncIterator[bytes]:
    """The response as server-sent events, as it is said.

    Args:
        turn: Whose it is.
        heard: What is said.
        after: The `sequence_number` of the last event that the reader has; -1 for one who has none.
    """
    begun = response(turn, None)
    for place, kind in ((_CREATED, "response.created"), (_IN_PROGRESS, "response.in_progress")):
        if place > after:
            yield _event(place, kind, {"response": begun})
    text = _TextEvents(turn)
    spoken = False
    async for each in heard:
        if isinstance(each, Ending):
            for event in _last(turn, each, after):
                yield event
            return
        if not spoken:
            spoken = True
            for event in text.begin(after):
                yield event
        out = after - _PART_ADDED  # code points that the reader has
        if each.end > out:
            yield text.delta(each.text[max(0, len(each.text) - each.end + max(out, 0)) :], each.end)


def failure_event(error: Exception) -> bytes:
    """A failure of the stream itself."""
    known = error if isinstance(error, LiteAgentError) else LiteAgentError("The stream broke off.")
    told = openai_error(known.status, known.to_json()).body["error"]
    fields = {"code": told["code"], "message": told["message"], "param": told["param"]}
    return _event(2**31, "error", fields)


class _TextEvents:
    """Events of the text: deltas differ in a text and a place, and the rest of their bytes is made once."""

    def __init__(self, turn: Turn) -> None:
        self._item = item_id("msg", turn.run_id)
        delta: dict[str, Any] = {
            "type": "response.output_text.delta",
            "item_id": self._item,
            "output_index": 0,
            "content_index": 0,
            "logprobs": [],
            "delta": "\0",
        }
        self._before, _, _ = orjson.dumps(delta).partition(rb'"\u0000"')

    def begin(self, after: int) -> Iterator[bytes]:
        if after < _ITEM_ADDED:
            item = _message(self._item, "in_progress", [])
            yield _event(_ITEM_ADDED, "response.output_item.added", {"output_index": 0, "item": item})
        if after < _PART_ADDED:
            place = {"item_id": self._item, "output_index": 0, "content_index": 0}
            yield _event(_PART_ADDED, "response.content_part.added", {**place, "part": _part("")})

    def delta(self, text: str, end: int) -> bytes:
        head = b"event: response.output_text.delta\ndata: "
        number = _PART_ADDED + end
        return head + b'%s%s,"sequence_number":%d}\n\n' % (self._before, orjson.dumps(text), number)


def _last(turn: Turn, ending: Ending, after: int) -> Iterator[bytes]:
    number = _PART_ADDED + len(ending.text) if ending.text else _IN_PROGRESS
    for kind, fields in _closing(turn, ending):
        number += 1
        if number > after:
            yield _event(number, kind, fields)


def _closing(turn: Turn, ending: Ending) -> Iterator[tuple[str, dict[str, Any]]]:
    output = _output(turn, ending)
    for index, item in enumerate(output):
        place = {"item_id": item["id"], "output_index": index}
        if item["type"] == "message":
            at = {**place, "content_index": 0}
            yield "response.output_text.done", {**at, "text": ending.text, "logprobs": []}
            yield "response.content_part.done", {**at, "part": item["content"][0]}
        else:
            begun = {**item, "arguments": "", "status": "in_progress"}
            told = {"arguments": item["arguments"], "name": item["name"]}
            yield "response.output_item.added", {"output_index": index, "item": begun}
            yield "response.function_call_arguments.delta", {**place, "delta": item["arguments"]}
            yield "response.function_call_arguments.done", {**place, **told}
        yield "response.output_item.done", {"output_index": index, "item": item}
    whole = response(turn, ending)
    kind = "incomplete" if whole["status"] == "cancelled" else whole["status"]
    yield f"response.{kind}", {"response": whole}


def _output(turn: Turn, ending: Ending) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if ending.text:
        item = item_id("msg", turn.run_id)
        items.append(_message(item, "completed", [_part(ending.text, ending)]))
    for index, call in enumerate(ending.calls):
        items.append(
            {
                "id": item_id("fc", turn.run_id, index),
                "type": "function_call",
                "status": "completed",
                "call_id": call["id"],
                "name": call["name"],
                "arguments": call["arguments"],
            }
        )
    return items


def _message(item: str, status: str, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": item, "type": "message", "status": status, "role": "assistant", "content": content}


def _part(text: str, ending: Ending | None = None) -> dict[str, Any]:
    annotations = [] if ending is None else [_annotation(text, each) for each in ending.citations]
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def _annotation(text: str, citation: Mapping[str, Any]) -> dict[str, Any]:
    document: Mapping[str, Any] = citation.get("document") or {}
    return {
        "type": "file_citation",
        "file_id": str(document.get("id", "")),
        "filename": str(document.get("name", "")),
        "index": max(0, text.find(f"[{citation.get('marker')}]")),
    }


def _error(error: LiteAgentError | None) -> dict[str, Any] | None:
    if error is None:
        return None
    told = openai_error(error.status, error.to_json()).body["error"]
    return {"code": told["code"] or "server_error", "message": told["message"]}


def _event(number: int, kind: str, fields: Mapping[str, Any]) -> bytes:
    data = orjson.dumps({"type": kind, **fields, "sequence_number": number})
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), data)
