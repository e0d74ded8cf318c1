"""Chat Completions as they go out, whole or in chunks.

A chunk's `id:` line is a place in the stream: 0 for the first chunk, then how many code points of the answer
are out. `Last-Event-ID` with the same `Idempotency-Key` goes on after it.
"""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import orjson

from liteagent.contracts.errors import LiteAgentError
from liteagent.features.gateway.extension import extension_of
from liteagent.features.gateway.hearing import Ending, Heard
from liteagent.features.gateway.naming import completion_id
from liteagent.features.gateway.turns import Turn, failure_of
from liteagent.features.gateway.usage import chat_usage
from liteagent.infra.http.openai_error import openai_error

__all__ = ["chunks", "completion", "failure_chunk"]

_DONE = b"data: [DONE]\n\n"
_FINISHES = frozenset({"stop", "length", "tool_calls", "content_filter"})
_NOTHING: Mapping[str, Any] = {}


def completion(turn: Turn, ending: Ending) -> bytes:
    """The whole answer as JSON."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": ending.text or (None if ending.calls else ""),
        "refusal": None,
    }
    if ending.calls:
        message["tool_calls"] = _calls(ending)
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _finish(ending)}
    return orjson.dumps(
        {
            **_head(turn, "chat.completion"),
            "choices": [choice],
            "usage": chat_usage(ending.usage),
            "liteagent": extension_of(turn, ending),
        }
    )


async def chunks(
    turn: Turn, heard: AsyncIterator[Heard], after: int, *, include_usage: bool
) -> AsyncIterator[bytes]:
    """The answer as server-sent events, as it is said, ending with `[DONE]`.

    Args:
        turn: Whose it is.
        heard: What is said.
        after: The place of the last chunk that the reader has; -1 for one who has none.
        include_usage: Whether the last chunk tells what was consumed.
    """
    text = _TextChunks(turn, include_usage)
    if after < 0:
        yield text.first()
    async for each in heard:
        if isinstance(each, Ending):
            for chunk in _last(turn, each, after, include_usage=include_usage):
                yield chunk
        elif each.end > after:
            yield text.chunk(each.text[max(0, len(each.text) - each.end + after) :], each.end)


def failure_chunk(error: Exception) -> bytes:
    """A failure inside of a stream, and its end."""
    known = error if isinstance(error, LiteAgentError) else LiteAgentError("The stream broke off.")
    return b"data: " + orjson.dumps(openai_error(known.status, known.to_json()).body) + b"\n\n" + _DONE


class _TextChunks:
    """Chunks that differ in a text and a place: the rest of their bytes is made once."""

    def __init__(self, turn: Turn, include_usage: bool) -> None:
        self._turn = turn
        self._include_usage = include_usage
        delta = {"content": "\0"}
        whole = orjson.dumps(_chunk(turn, delta, None, include_usage=include_usage))
        self._before, _, self._after = whole.partition(rb'"\u0000"')

    def first(self) -> bytes:
        delta = {"role": "assistant", "content": "", "refusal": None}
        chunk = _chunk(self._turn, delta, None, include_usage=self._include_usage)
        return _event(0, {**chunk, "liteagent": extension_of(self._turn)})

    def chunk(self, text: str, place: int) -> bytes:
        return b"id: %d\ndata: %s%s%s\n\n" % (place, self._before, orjson.dumps(text), self._after)


def _last(turn: Turn, ending: Ending, after: int, *, include_usage: bool) -> Iterator[bytes]:
    failure = failure_of(ending, turn)
    if failure is not None:
        raise failure
    place = len(ending.text)
    for index, call in enumerate(_calls(ending)):
        place += 1
        if place > after:
            delta = {"tool_calls": [{"index": index, **call}]}
            yield _event(place, _chunk(turn, delta, None, include_usage=include_usage))
    place += 1
    if place > after:
        chunk = _chunk(turn, _NOTHING, _finish(ending), include_usage=include_usage)
        yield _event(place, {**chunk, "liteagent": extension_of(turn, ending)})
    place += 1
    if include_usage and place > after:
        told: dict[str, Any] = {
            **_head(turn, "chat.completion.chunk"),
            "choices": [],
            "usage": chat_usage(ending.usage),
        }
        yield _event(place, told)
    yield _DONE


def _head(turn: Turn, kind: str) -> dict[str, Any]:
    return {"id": completion_id(turn.run_id), "object": kind, "created": turn.created, "model": turn.model}


def _chunk(
    turn: Turn, delta: Mapping[str, Any], finish: str | None, *, include_usage: bool
) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    chunk = {**_head(turn, "chat.completion.chunk"), "choices": [choice]}
    return {**chunk, "usage": None} if include_usage else chunk


def _event(place: int, data: Mapping[str, Any]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (place, orjson.dumps(data))


def _calls(ending: Ending) -> list[dict[str, Any]]:
    return [
        {
            "id": each["id"],
            "type": "function",
            "function": {"name": each["name"], "arguments": each["arguments"]},
        }
        for each in ending.calls
    ]


def _finish(ending: Ending) -> str:
    return ending.finish_reason if ending.finish_reason in _FINISHES else "stop"
