"""Server-sent events: ready bytes, a sign of life when idle, and a quiet end when the reader leaves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import orjson
import structlog
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from liteagent.contracts.errors import LiteAgentError
from liteagent.infra.http.frames import Frame

__all__ = ["EventStream", "encode", "stream_bytes", "stream_events"]

_PING_SECONDS = 15.0
_PING = b": ping\n\n"
_FIRST_FRAME_SECONDS = 1.0
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}

_log = structlog.stdlib.get_logger(__name__)


def encode(frame: Frame) -> bytes:
    """A frame's bytes. JSON has no bare line breaks, and ids and types are ours, so each is one line."""
    lines = [b"event: " + frame.type.encode(), b"data: " + orjson.dumps(frame.data, default=str)]
    if frame.id is not None:
        lines.insert(0, b"id: " + frame.id.encode())
    return b"\n".join(lines) + b"\n\n"


async def stream_events(frames: AsyncIterator[Frame]) -> Response:
    """The response that streams `frames`, once the first has come or is taking its time.

    Raises:
        Exception: Whatever the frames raise before the first one, so that it gets its own status.
    """
    return await stream_bytes(_encoded(frames), _failure)


async def stream_bytes(events: AsyncIterator[bytes], failure: Callable[[Exception], bytes]) -> Response:
    """The response that streams ready events, once the first has come or is taking its time.

    Args:
        events: What is sent, each as it is.
        failure: What is sent for an exception among them, once the status is out.

    Raises:
        Exception: Whatever the events raise before the first one, so that it gets its own status.
    """
    first = asyncio.ensure_future(_next(events))
    await asyncio.wait((first,), timeout=_FIRST_FRAME_SECONDS)
    if first.done():
        first.result()
    return EventStream(events, first, failure)


class EventStream(Response):
    """Streams events until they end or the client is gone; then their source is closed.

    Args:
        events: What comes after `first`.
        first: The first event, maybe still on its way; None where there is none.
        failure: What is sent for an exception.
        ping_seconds: After so long without an event a comment goes out.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        events: AsyncIterator[bytes],
        first: "asyncio.Future[bytes | None]",
        failure: Callable[[Exception], bytes],
        ping_seconds: float = _PING_SECONDS,
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(_HEADERS)
        self._events = events
        self._failure = failure
        self._first = first
        self._ping_seconds = ping_seconds
        self._sent_at = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send everything."""
        del scope
        try:
            await send(
                {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            )
            async with anyio.create_task_group() as group:
                group.start_soon(_until_gone, receive, group.cancel_scope)
                group.start_soon(self._keep_alive, send)
                await self._send_all(send)
                group.cancel_scope.cancel()
        finally:
            await self._close()

    async def _send_all(self, send: Send) -> None:
        try:
            if (first := await self._first) is not None:
                await self._send(send, first)
                async for event in self._events:
                    await self._send(send, event)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except OSError:  # what a server raises when the client has gone
            return
        except Exception as error:  # noqa: BLE001  the status is out: the stream itself has to tell
            _log_unknown(error)
            await send({"type": "http.response.body", "body": self._failure(error), "more_body": False})

    async def _send(self, send: Send, body: bytes) -> None:
        self._sent_at = anyio.current_time()
        await send({"type": "http.response.body", "body": body, "more_body": True})

    async def _keep_alive(self, send: Send) -> None:
        self._sent_at = anyio.current_time()
        while True:
            idle = anyio.current_time() - self._sent_at
            if idle >= self._ping_seconds:
                await self._send(send, _PING)
                idle = 0.0
            await anyio.sleep(self._ping_seconds - idle)

    async def _close(self) -> None:
        with anyio.CancelScope(shield=True):
            if not self._first.done():
                self._first.cancel()
                await asyncio.wait((self._first,))
            close: Any = getattr(self._events, "aclose", None)
            if close is not None:
                await close()


async def _next(events: AsyncIterator[bytes]) -> bytes | None:
    return await anext(events, None)


async def _encoded(frames: AsyncIterator[Frame]) -> AsyncIterator[bytes]:
    try:
        async for frame in frames:
            yield encode(frame)
    finally:
        close: Any = getattr(frames, "aclose", None)
        if close is not None:
            await close()


async def _until_gone(receive: Receive, scope: anyio.CancelScope) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def _log_unknown(error: Exception) -> None:
    if not isinstance(error, LiteAgentError):
        _log.error("stream_failed", exc_info=error)


def _failure(error: Exception) -> bytes:
    if isinstance(error, LiteAgentError):
        return encode(Frame(None, "error", {"error": error.to_json()}))
    told = LiteAgentError("The stream broke off. Go on from the last event with Last-Event-ID.")
    return encode(Frame(None, "error", {"error": told.to_json()}))
