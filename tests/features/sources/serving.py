"""An ASGI application on a free port of 127.0.0.1, for as long as a block runs."""

import socket
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import uvicorn

__all__ = ["Answer", "Heard", "serving", "webserver"]

Send: TypeAlias = Callable[[Any], Awaitable[None]]
App: TypeAlias = Callable[[Any, Any, Send], Awaitable[None]]


@dataclass(frozen=True)
class Heard:
    """A request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


def webserver(answer: Callable[[Heard], Answer]) -> App:
    """An application that answers each request as a whole; paths keep their escapes."""

    async def app(scope: Any, _receive: Any, send: Send) -> None:
        headers = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        heard = Heard(
            scope["method"], scope["raw_path"].decode(), scope["query_string"].decode("latin-1"), headers
        )
        said = answer(heard)
        lines = [(name.encode(), value.encode("latin-1")) for name, value in said.headers.items()]
        length = (b"content-length", str(len(said.body)).encode())
        await send({"type": "http.response.start", "status": said.status, "headers": [*lines, length]})
        body = b"" if heard.method == "HEAD" else said.body
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def serving(app: App, lifespan: Literal["on", "off"] = "off") -> AsyncGenerator[str]:
    """The address of the application: `http://127.0.0.1:PORT`."""
    config = uvicorn.Config(
        app, lifespan=lifespan, log_config=None, date_header=False, timeout_graceful_shutdown=1
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    listening = socket.create_server(("127.0.0.1", 0))
    await server.startup([listening])
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        await server.shutdown([listening])
