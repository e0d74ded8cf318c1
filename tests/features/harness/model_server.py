"""A small OpenAI-compatible server that does what a test has written down for it."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, cast

__all__ = ["ModelServer"]


@dataclass(frozen=True, slots=True)
class _Reply:
    pieces: Sequence[str | asyncio.Event] = ()
    calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    end: Literal["finish", "cut", "hang"] = "finish"
    raw: bytes | None = None


class ModelServer:
    """An OpenAI-compatible server that gives written replies in order, and `OK.` after the last."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.asked = asyncio.Event()
        self.keys: list[str] = []
        self._replies: list[_Reply] = []
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> "ModelServer":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_error: object) -> None:
        assert self._server is not None
        self._server.close()
        for handler in self._handlers:
            handler.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/v1"

    def say(self, *pieces: str | asyncio.Event) -> None:
        """Stream these pieces; at an event, wait for it first."""
        self._replies.append(_Reply(pieces))

    def call(self, name: str, /, **arguments: Any) -> None:
        """Call a tool."""
        self._replies.append(_Reply(calls=[(name, arguments)]))

    def fail(self, status: int, **headers: str) -> None:
        """Answer with an error."""
        self._replies.append(_Reply(status=status, headers=headers))

    def cut(self, *pieces: str) -> None:
        """Break off after these pieces."""
        self._replies.append(_Reply(pieces, end="cut"))

    def hang(self, *pieces: str) -> None:
        """Say nothing more after these pieces."""
        self._replies.append(_Reply(pieces, end="hang"))

    def garbage(self, raw: bytes = b"<html><body>It works!</body></html>") -> None:
        """Answer with something else than a completion."""
        self._replies.append(_Reply(raw=raw))

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = cast("asyncio.Task[None]", asyncio.current_task())
        self._handlers.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            return  # the client has gone
        finally:
            self._handlers.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if line)
        body = await reader.readexactly(int(fields.get("content-length", 0)))
        self.keys.append(fields.get("authorization", ""))
        if head.startswith("GET"):
            models = {"object": "list", "data": [{"id": "fake-1", "object": "model"}]}
            reply = self._replies.pop(0) if self._replies else _Reply(raw=json.dumps(models).encode())
        else:
            self.requests.append(json.loads(body))
            self.asked.set()
            reply = self._replies.pop(0) if self._replies else _Reply(["OK."])
        await self._send(reply, reader, writer)

    async def _send(self, reply: _Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reply.status != 200 or reply.raw is not None:
            said = json.dumps({"error": {"message": f"no, said the server to {self.keys[-1]}"}}).encode()
            kind = "text/html" if (reply.raw or b"").startswith(b"<") else "application/json"
            writer.write(_head(reply.status, kind, reply.headers) + (reply.raw or said))
            await writer.drain()
            return
        writer.write(_head(200, "text/event-stream", {}))
        for piece in reply.pieces:
            if isinstance(piece, asyncio.Event):
                await piece.wait()
            else:
                await _chunk(writer, {"content": piece})
        for index, (name, arguments) in enumerate(reply.calls):
            function = {"name": name, "arguments": json.dumps(arguments)}
            call = {"index": index, "id": f"call_{len(self.requests)}_{index}", "function": function}
            await _chunk(writer, {"tool_calls": [{"type": "function", **call}]})
        if reply.end == "hang":
            await reader.read()
        if reply.end == "finish":
            await _chunk(writer, {}, "tool_calls" if reply.calls else "stop")


def _head(status: int, kind: str, headers: Mapping[str, str]) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} -\r\ncontent-type: {kind}\r\nconnection: close\r\n{more}\r\n".encode()


async def _chunk(writer: asyncio.StreamWriter, delta: Mapping[str, Any], finish: str | None = None) -> None:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5} if finish else None
    chunk = {
        "id": "c",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": "fake-1",
        "choices": [choice],
        "usage": usage,
    }
    writer.write(f"data: {json.dumps(chunk)}\n\n".encode())
    await writer.drain()
