"""Messages of Anthropic's stream, made of their events."""

import json
from typing import Any

import httpx2

__all__ = ["begun", "delta", "ended", "event", "named", "said", "text"]


def said(*blocks: dict[str, Any], reason: str = "end_turn") -> httpx2.Response:
    """A message of these content blocks, each of them whole from its start."""
    parts = [
        {"type": kind, "index": number, **({"content_block": block} if "start" in kind else {})}
        for number, block in enumerate(blocks)
        for kind in ("content_block_start", "content_block_stop")
    ]
    begin = {"type": "message_start", "message": {"model": "m-1", "usage": {"input_tokens": 3}}}
    end = {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": {"output_tokens": 2}}
    return named(begin, *parts, end, {"type": "message_stop"})


def named(*sent: dict[str, Any] | str) -> httpx2.Response:
    """A stream of events, each under its type; a string stands as it is."""
    lines = [each if isinstance(each, str) else event(each) for each in sent]
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, headers=headers, content="".join(lines).encode())


def event(sent: dict[str, Any]) -> str:
    """An event as it stands in a stream."""
    return f"event: {sent['type']}\ndata: {json.dumps(sent)}\n\n"


def begun(number: int, block: dict[str, Any]) -> dict[str, Any]:
    """The beginning of a content block."""
    return {"type": "content_block_start", "index": number, "content_block": block}


def delta(number: int, kind: str, **what: Any) -> dict[str, Any]:
    """A piece of a content block."""
    return {"type": "content_block_delta", "index": number, "delta": {"type": kind, **what}}


def ended(reason: str | None = "end_turn", **usage: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two events that end a message."""
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, {
        "type": "message_stop"
    }


def text(words: str) -> dict[str, Any]:
    """A text as a content block."""
    return {"type": "text", "text": words}
