"""A server made of exchanges that stand written in a folder, checked field by field."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

__all__ = ["RecordedWire"]


@dataclass(frozen=True, slots=True)
class _Exchange:
    name: str
    asked: dict[str, Any]
    answer: Path


class _Body(httpx2.AsyncByteStream):
    def __init__(self, server: "RecordedWire", content: bytes) -> None:
        self._server = server
        self._content = content
        server.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self._content.splitlines(keepends=True):
            yield line

    async def aclose(self) -> None:
        self._server.open -= 1


class RecordedWire(httpx2.AsyncBaseTransport):
    """Answers a request that equals one of `*.request.json`, in method, path and every field of the body,
    with what stands in `*.answer.sse` or `*.answer.json` beside it. Any other request is answered with 418
    and kept in `strange`.

    Args:
        folder: Holds the exchanges.
    """

    def __init__(self, folder: Path) -> None:
        self._exchanges = [_read(path) for path in sorted(folder.glob("*.request.json"))]
        self.open = 0
        """How many answers are not closed."""
        self.served: list[str] = []
        """Names of the exchanges that took place."""
        self.headers: list[dict[str, str]] = []
        """Of each request."""
        self.strange: list[dict[str, Any]] = []
        """Requests that no exchange knows."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        content = await request.aread()
        asked = {"method": request.method, "path": request.url.path}
        if content:
            asked["body"] = json.loads(content)
        self.headers.append(dict(request.headers))
        for exchange in self._exchanges:
            if exchange.asked == asked:
                self.served.append(exchange.name)
                return self._answer(exchange.answer)
        self.strange.append(asked)
        return httpx2.Response(418, json={"error": {"message": f"not written down: {json.dumps(asked)}"}})

    def _answer(self, path: Path) -> httpx2.Response:
        kind = "text/event-stream" if path.suffix == ".sse" else "application/json"
        return httpx2.Response(200, headers={"content-type": kind}, stream=_Body(self, path.read_bytes()))


def _read(path: Path) -> _Exchange:
    name = path.name.removesuffix(".request.json")
    answers = list(path.parent.glob(f"{name}.answer.*"))
    assert len(answers) == 1, f"{name} has one answer"
    return _Exchange(name, json.loads(path.read_bytes()), answers[0])
