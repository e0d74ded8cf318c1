"""What happens to every request and response: an id, a line in the log, HEAD, headers for browsers."""

import contextlib
import logging
import re
import time
from collections.abc import Mapping
from typing import Any

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liteagent.infra.system import new_id

__all__ = ["HeadRequests", "RequestIds", "SecurityHeaders"]

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
}

_log = structlog.stdlib.get_logger("liteagent.http")


class RequestIds:
    """Gives each request the id in its `X-Request-Id`, or a fresh one, in the log and the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        began, status = time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_id)
            finally:
                # Whoever watches over the server asks every few seconds; that is no news.
                level = logging.DEBUG if scope["path"].startswith("/health") else logging.INFO
                _log.log(level, "request", **_facts(scope, status, time.perf_counter() - began))


class SecurityHeaders:
    """Tells browsers what they must not do with a response; a route that needs more sets its own header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _guard(MutableHeaders(scope=message), scope)
            await send(message)

        await self._app(scope, receive, send_guarded)


class HeadRequests:
    """Answers HEAD wherever GET is answered, with GET's headers and no body."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.start":
                await send(message)
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            elif message.get("more_body"):
                raise _NobodyListensError

        # From this version on, a stream learns from `send` that nobody listens.
        as_get = {**scope, "method": "GET", "asgi": {**scope["asgi"], "spec_version": "2.4"}}
        with contextlib.suppress(_NobodyListensError):
            await self._app(as_get, receive, send_head)


class _NobodyListensError(OSError):
    pass


def _request_id(scope: Scope) -> str:
    asked = Headers(scope=scope).get("x-request-id", "")
    return asked if _REQUEST_ID.fullmatch(asked) else new_id()


def _facts(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    # Without the query: it may hold what a user typed.
    return {
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
    }


def _guard(headers: MutableHeaders, scope: Scope) -> None:
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    if scope["path"].startswith("/api/"):
        headers.setdefault("Cache-Control", "no-store")
    if scope.get("scheme") == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
