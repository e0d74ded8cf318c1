"""A server that answers by a list of replies and keeps what it was asked."""

import json
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import httpx2

__all__ = ["Reply", "Server", "chat_reply", "events", "refused", "responses_reply"]

Reply: TypeAlias = httpx2.Response | Callable[[dict[str, Any]], httpx2.Response]


class Server:
    """Gives its replies in order, the last one again and again.

    Args:
        replies: A response, or what makes one of the body of the request.
    """

    def __init__(self, *replies: Reply) -> None:
        self._replies = replies
        self.requests: list[httpx2.Request] = []
        """Every request, in the order of arrival."""
        self.transport = httpx2.MockTransport(self._answer)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """What each request said."""
        return [json.loads(request.content) for request in self.requests]

    @property
    def paths(self) -> list[str]:
        """Where each request went."""
        return [request.url.path for request in self.requests]

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        reply = self._replies[min(len(self.requests), len(self._replies)) - 1]
        if callable(reply):
            return reply(json.loads(request.content))
        return httpx2.Response(reply.status_code, headers=reply.headers, content=reply.content)


def refused(message: str, status: int = 400, **more: str) -> httpx2.Response:
    """An error as OpenAI words it."""
    return httpx2.Response(
        status, json={"error": {"message": message, "type": "invalid_request_error", **more}}
    )


def events(*said: object) -> httpx2.Response:
    """A stream of these events."""
    lines = [each if isinstance(each, str) else json.dumps(each) for each in said]
    content = "".join(f"data: {line}\n\n" for line in lines).encode()
    return httpx2.Response(200, headers={"content-type": "text/event-stream"}, content=content)


def chat_reply(text: str = "ok") -> httpx2.Response:
    """A chat completion."""
    return events({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": "stop"}]}, "[DONE]")


def responses_reply(text: str = "ok", *items: dict[str, Any], **final: Any) -> httpx2.Response:
    """A response that says `text`, after the items given."""
    done: Sequence[object] = [{"type": "response.output_item.done", "item": item} for item in items]
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    spoken: list[object] = [
        {"type": "response.output_text.delta", "delta": text},
        {"type": "response.output_item.done", "item": message},
    ]
    end: dict[str, Any] = {"type": "response.completed", "response": {"model": "m-1", "output": [], **final}}
    return events(*done, *(spoken if text else []), end)
