"""An imitation of the embedding servers, on a socket, that keeps every request it gets."""

import base64
import json
import struct
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias

import anyio
import anyio.abc

from liteagent.testing.embedder_suite import EmbedderFault

__all__ = ["EmbeddingServer", "Request", "ollama_answer", "openai_answer", "serving"]

WIDTH = 8
_STATUS = {
    EmbedderFault.UNAUTHORISED: 401,
    EmbedderFault.FORBIDDEN: 403,
    EmbedderFault.NOT_FOUND: 404,
    EmbedderFault.TOO_LARGE: 413,
    EmbedderFault.RATE_LIMITED: 429,
    EmbedderFault.BROKEN: 500,
}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


Vector: TypeAlias = list[Any]
Answer: TypeAlias = Callable[[Request, list[Vector]], dict[str, Any]]


def openai_answer(request: Request, vectors: list[Vector]) -> dict[str, Any]:
    """As in OpenAI's reference: a list of objects with index and embedding, and usage."""
    packed = request.body.get("encoding_format") == "base64"
    numbered = all(number is not None for vector in vectors for number in vector)
    items = [
        {"object": "embedding", "index": i, "embedding": _packed(v) if packed and numbered else v}
        for i, v in enumerate(vectors)
    ]
    usage = {"prompt_tokens": 5 * len(vectors), "total_tokens": 5 * len(vectors)}
    return {"object": "list", "data": items[::-1], "model": request.body["model"], "usage": usage}


def ollama_answer(request: Request, vectors: list[Vector]) -> dict[str, Any]:
    """As in Ollama's reference for /api/embed."""
    return {
        "model": request.body["model"],
        "embeddings": vectors,
        "total_duration": 14143917,
        "load_duration": 1019500,
        "prompt_eval_count": 5 * len(vectors),
    }


def _packed(vector: Vector) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def vector_of(text: str, width: int) -> Vector:
    digest = sha256(text.encode()).digest() * (1 + width // 32)
    return [(byte - 127.5) / 10 for byte in digest[:width]]


@dataclass
class EmbeddingServer:
    answer: Answer
    fault: EmbedderFault | None = None
    refuse: Callable[[dict[str, Any]], str | None] = lambda _: None
    requests: list[Request] = field(default_factory=list[Request])
    gone: anyio.Event = field(default_factory=anyio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, *, task_status: anyio.abc.TaskStatus[None] = anyio.TASK_STATUS_IGNORED) -> None:
        listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
        self.port = listener.extra(anyio.abc.SocketAttribute.local_port)
        task_status.started()
        async with listener:
            await listener.serve(self._handle)

    async def _handle(self, stream: anyio.abc.SocketStream) -> None:
        async with stream:
            try:
                while (request := await _read(stream)) is not None:
                    self.requests.append(request)
                    await stream.send(await self._reply(request, stream))
                    if self.fault is EmbedderFault.CUT:
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                self.gone.set()

    async def _reply(self, request: Request, stream: anyio.abc.SocketStream) -> bytes:
        if self.fault is EmbedderFault.HANG:
            await stream.receive()
            raise AssertionError("the client must go away")
        if self.fault is not None and self.fault in _STATUS:
            echo = {"error": {"message": f"no! {request.headers.get('authorization')}", "code": "x"}}
            extra = {"Retry-After": "7"} if self.fault is EmbedderFault.RATE_LIMITED else {}
            return _response(_STATUS[self.fault], json.dumps(echo).encode(), extra)
        if reason := self.refuse(request.body):
            return _response(400, json.dumps({"error": reason}).encode())
        return self._vectors(request)

    def _vectors(self, request: Request) -> bytes:
        width = request.body.get("dimensions", WIDTH)
        vectors = [vector_of(text, width) for text in request.body["input"]]
        if self.fault is EmbedderFault.TOO_FEW:
            vectors.pop()
        if self.fault is EmbedderFault.RAGGED:
            vectors[-1].pop()
        if self.fault is EmbedderFault.NOT_A_NUMBER:
            vectors[0][0] = None
        content = json.dumps(self.answer(request, vectors)).encode()
        if self.fault is EmbedderFault.GARBAGE:
            content = b"<html>Welcome</html>"
        if self.fault is EmbedderFault.OTHER_SHAPE:
            content = b'{"data": {"embedding": 5}, "embeddings": "none"}'
        whole = _response(200, content)
        return whole[:-10] if self.fault is EmbedderFault.CUT else whole


async def _read(stream: anyio.abc.SocketStream) -> Request | None:
    data = b""
    while b"\r\n\r\n" not in data:
        data += await stream.receive()
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        body += await stream.receive()
    method, path, _ = first.split(" ")
    return Request(method, path, headers, json.loads(body or b"{}"))


def _response(status: int, content: bytes, headers: dict[str, str] | None = None) -> bytes:
    fields = {"content-type": "application/json", "content-length": str(len(content)), **(headers or {})}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"HTTP/1.1 {status} X\r\n{head}\r\n".encode() + content


@asynccontextmanager
async def serving(answer: Answer) -> AsyncGenerator[EmbeddingServer]:
    server = EmbeddingServer(answer)
    async with anyio.create_task_group() as group:
        await group.start(server.serve)
        yield server
        group.cancel_scope.cancel()
