"""A server on 127.0.0.1 that answers raw bytes and counts who comes."""

import ssl
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
from anyio.abc import ByteStream, SocketAttribute
from anyio.streams.tls import TLSListener

from liteagent.infra.fetch.client import SafeFetch

__all__ = ["Answer", "Fetching", "Heard", "LocalServer", "response", "serving"]

Fetching = Callable[..., SafeFetch]
"""The fixture of that name."""


@dataclass(frozen=True)
class Heard:
    """A request as it came over the wire."""

    head: bytes
    body: bytes

    @property
    def line(self) -> str:
        return self.head.split(b"\r\n")[0].decode("latin-1")

    @property
    def headers(self) -> dict[str, str]:
        lines = [line.decode("latin-1").partition(": ") for line in self.head.split(b"\r\n")[1:] if line]
        return {name.lower(): value for name, _, value in lines}


def response(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """A whole response; `content_type` stands for `Content-Type`."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in ({"content-length": str(len(body))} | given).items()]
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1") + body


Writer = Callable[[ByteStream], Awaitable[None]]
Answer = bytes | Writer


@dataclass
class LocalServer:
    """Answers by path; a path that is not written down gets `ok`."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict[str, Answer])
    heard: list[Heard] = field(default_factory=list[Heard])
    connections: int = 0
    open: int = 0

    def url(self, path: str = "/", host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    async def handle(self, stream: ByteStream) -> None:
        self.connections += 1
        self.open += 1
        try:
            async with stream:
                while heard := await _request(stream):
                    self.heard.append(heard)
                    await self._answer(heard, stream)
        except (anyio.BrokenResourceError, anyio.EndOfStream):
            pass
        finally:
            self.open -= 1

    async def _answer(self, heard: Heard, stream: ByteStream) -> None:
        path = heard.line.split(" ")[1].partition("?")[0]
        answer = self.answers.get(path, response(b"ok"))
        if isinstance(answer, bytes):
            await stream.send(answer)
        else:
            await answer(stream)
            raise anyio.EndOfStream


async def _request(stream: ByteStream) -> Heard | None:
    data = b""
    while b"\r\n\r\n" not in data:
        try:
            data += await stream.receive()
        except anyio.EndOfStream:
            return None
        if data.startswith(b"\x16\x03"):
            await stream.send(response(b"speak HTTP", "400 Bad Request"))
            return None
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(Heard(head, b"").headers.get("content-length", "0"))
    while len(body) < length:
        body += await stream.receive()
    return Heard(head, body)


@asynccontextmanager
async def serving(
    answers: Mapping[str, Answer] | None = None, tls: ssl.SSLContext | None = None
) -> AsyncGenerator[LocalServer]:
    """A server while the block runs; `tls` makes it speak TLS."""
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    server = LocalServer(listener.extra(SocketAttribute.local_port), dict(answers or {}))
    wrapped = TLSListener(listener, tls, standard_compatible=False) if tls else listener
    failures: list[Exception] = []
    async with wrapped, anyio.create_task_group() as group:
        group.start_soon(wrapped.serve, server.handle)
        try:
            yield server
        except Exception as error:  # noqa: BLE001 - raised below, outside of the group that would wrap it
            failures.append(error)
        group.cancel_scope.cancel()
    for failure in failures:
        raise failure
